import Glibc

/// Sockets that listen: one for each event loop on the same port, between which the kernel
/// divides the connections (SO_REUSEPORT).
enum ListeningSocket {
    /// Opens `count` of them and says which port they have.
    static func open(
        _ listener: HTTPListener, count: Int, backlog: Int32
    ) throws(HTTPTransportError) -> (sockets: [Int32], port: Int) {
        let where_ = "\(listener.address) port \(listener.port)"
        do throws(SystemError) {
            let resolved = try SocketAddress.resolve(
                host: listener.address, port: listener.port, isNumeric: true)
            guard let address = resolved.first else {
                throw SystemError(call: "getaddrinfo", number: EADDRNOTAVAIL)
            }
            if listener.port != 0 { try refuseSharing(address) }
            return try open(address, listener: listener, count: count, backlog: backlog)
        } catch {
            switch error.number {
            case EADDRINUSE:
                throw HTTPTransportError(
                    .addressInUse, "Another process listens on \(where_).", cause: error)
            case EADDRNOTAVAIL:
                throw HTTPTransportError(
                    .invalidAddress, "\(where_) is not a numeric address of this machine.",
                    cause: error)
            default:
                throw HTTPTransportError(.socket, "Cannot listen on \(where_).", cause: error)
            }
        }
    }

    /// SO_REUSEPORT would let a second node of the same user take half of the first one's
    /// connections in silence. A socket without it cannot be bound beside one that listens.
    private static func refuseSharing(_ address: SocketAddress) throws(SystemError) {
        close(try bound(to: address, sharesPort: false))
    }

    private static func open(
        _ address: SocketAddress, listener: HTTPListener, count: Int, backlog: Int32
    ) throws(SystemError) -> (sockets: [Int32], port: Int) {
        var sockets: [Int32] = []
        do throws(SystemError) {
            var address = address
            for _ in 0..<count {
                let socket = try bound(to: address, sharesPort: true)
                sockets.append(socket)
                guard listen(socket, backlog) == 0 else { throw SystemError.last("listen") }
                address = try SocketAddress.local(of: socket)
            }
            return (sockets, address.port)
        } catch {
            for socket in sockets { close(socket) }
            throw error
        }
    }

    private static func bound(
        to address: SocketAddress, sharesPort: Bool
    ) throws(SystemError) -> Int32 {
        let type = Int32(
            SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        do throws(SystemError) {
            try set(SO_REUSEADDR, level: SOL_SOCKET, on: descriptor)
            if sharesPort { try set(SO_REUSEPORT, level: SOL_SOCKET, on: descriptor) }
            let status = address.withPointer { bind(descriptor, $0, $1) }
            guard status == 0 else { throw SystemError.last("bind") }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Switches an option of a socket on.
    static func set(_ option: Int32, level: Int32, on socket: Int32) throws(SystemError) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard setsockopt(socket, level, option, &on, size) == 0 else {
            throw SystemError.last("setsockopt")
        }
    }
}
