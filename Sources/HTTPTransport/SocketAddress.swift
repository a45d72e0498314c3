import CEpoll
import Glibc

/// An internet address with its port, or a path, as the kernel writes it.
struct SocketAddress: Sendable {
    private var storage: sockaddr_storage
    private var length: socklen_t

    private init(storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    /// What the kernel takes of a domain socket's path, its closing zero not counted.
    static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// The address of a domain socket; nil for a path that does not fit or is none.
    init?(path: String) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.pathBytesMax, !bytes.contains(0) else {
            return nil
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self = withUnsafePointer(to: address) { pointer in
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Self.copy($0, length: size)
            }
        }
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// All addresses of a host; a numeric one costs no look-up.
    static func resolve(
        host: String, port: Int, isNumeric: Bool
    ) throws(SystemError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (isNumeric ? AI_NUMERICHOST : AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &list)
        guard status == 0 else {
            throw SystemError(call: "getaddrinfo \(host)", number: resolverNumber(status))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let node = entry {
            if let address = node.pointee.ai_addr {
                addresses.append(copy(address, length: node.pointee.ai_addrlen))
            }
            entry = node.pointee.ai_next
        }
        return addresses
    }

    /// The resolver has numbers of its own; nearest to them in errno, whose texts people know.
    private static func resolverNumber(_ status: Int32) -> Int32 {
        switch status {
        case EAI_SYSTEM: errno
        case EAI_MEMORY: ENOMEM
        case EAI_AGAIN: EAGAIN
        default: EADDRNOTAVAIL
        }
    }

    private static func copy(
        _ address: UnsafePointer<sockaddr>, length: socklen_t
    ) -> SocketAddress {
        var storage = sockaddr_storage()
        let size = min(Int(length), MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
        }
        return SocketAddress(storage: storage, length: socklen_t(size))
    }

    /// The address that `socket` is bound to.
    static func local(of socket: Int32) throws(SystemError) -> SocketAddress {
        try read(call: "getsockname") { getsockname(socket, $0, $1) }
    }

    /// Takes a connection off a listener's queue.
    static func accept(
        from listener: Int32
    ) throws(SystemError) -> (socket: Int32, peer: SocketAddress) {
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        var socket: Int32 = -1
        let peer = try read(call: "accept4") { address, length in
            socket = retrying { accept4(listener, address, length, flags) }
            return socket
        }
        return (socket, peer)
    }

    private static func read(
        call: String,
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
        guard result >= 0 else { throw SystemError.last(call) }
        return SocketAddress(storage: storage, length: length)
    }
}

extension SocketAddress {
    var port: Int {
        switch family {
        case AF_INET: Int(UInt16(bigEndian: inet { $0.sin_port }))
        case AF_INET6: Int(UInt16(bigEndian: inet6 { $0.sin6_port }))
        default: 0
        }
    }

    var peer: Connection.Peer {
        if family == AF_UNIX { return .domainSocket }
        return isLoopback ? .loopback : .remote
    }

    /// 127.0.0.0/8, ::1, or the former written as IPv6 (RFC 4291, section 2.5.5.2).
    private var isLoopback: Bool {
        let loopbackNetwork: UInt8 = 127
        switch family {
        case AF_INET:
            return UInt32(bigEndian: inet { $0.sin_addr.s_addr }) >> 24 == loopbackNetwork
        case AF_INET6:
            let bytes = inet6 { withUnsafeBytes(of: $0.sin6_addr) { Array($0) } }
            let isOne = bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
            let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF, loopbackNetwork]
            return isOne || bytes.starts(with: mapped)
        default: return false
        }
    }

    private func inet<R>(_ body: (sockaddr_in) -> R) -> R {
        withUnsafeBytes(of: storage) { body($0.load(as: sockaddr_in.self)) }
    }

    private func inet6<R>(_ body: (sockaddr_in6) -> R) -> R {
        withUnsafeBytes(of: storage) { body($0.load(as: sockaddr_in6.self)) }
    }
}
