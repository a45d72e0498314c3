import Glibc

/// A socket that listens for one event loop.
///
/// On a port each loop has one of its own, between which the kernel divides the connections
/// (SO_REUSEPORT).
struct ListeningSocket: Sendable {
    let descriptor: Int32
    /// What is removed when the socket is closed.
    private let file: DomainSocketFile?

    func close() {
        file?.remove()
        Glibc.close(descriptor)
    }

    /// Opens what `count` loops need and says which port it has.
    static func open(
        _ listener: HTTPListener, count: Int, backlog: Int32
    ) throws(HTTPTransportError) -> (sockets: [ListeningSocket?], port: Int) {
        switch listener.endpoint {
        case .internet(let address, let port):
            let opened = try open(address: address, port: port, count: count, backlog: backlog)
            return (opened.sockets.map { Self(descriptor: $0, file: nil) }, opened.port)
        case .domainSocket(let path):
            let opened = try DomainSocket.open(path: path, backlog: backlog)
            let socket = Self(descriptor: opened.descriptor, file: opened.file)
            return ([socket] + Array(repeating: nil, count: count - 1), 0)
        }
    }

    private static func open(
        address: String, port: Int, count: Int, backlog: Int32
    ) throws(HTTPTransportError) -> (sockets: [Int32], port: Int) {
        let where_ = "\(address) port \(port)"
        do throws(SystemError) {
            let resolved = try SocketAddress.resolve(
                host: address, port: port, isNumeric: true)
            guard let address = resolved.first else {
                throw SystemError(call: "getaddrinfo", number: EADDRNOTAVAIL)
            }
            if port != 0 { try refuseSharing(address) }
            return try open(address, count: count, backlog: backlog)
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
        Glibc.close(try bound(to: address, sharesPort: false))
    }

    private static func open(
        _ address: SocketAddress, count: Int, backlog: Int32
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
            for socket in sockets { Glibc.close(socket) }
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
            Glibc.close(descriptor)
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
