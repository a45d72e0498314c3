import Glibc
import HTTPCore

/// A blocking socket that sends what a test wants, however wrong it is.
final class RawClient: Sendable {
    struct Failure: Error { let call: String }

    /// One answer as it came.
    struct Answer: Equatable {
        let status: Int
        let fields: HTTPFields
        let body: String
    }

    private let socket: Int32

    /// So long a test waits for what must come; nothing waits for it in vain when all is well.
    private static let patienceSeconds = 20

    init(port: Int, receiveBufferBytes: Int32? = nil) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(call: "socket") }
        if var bytes = receiveBufferBytes {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(call: "connect") }
    }

    init(unixPath: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(call: "socket") }
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status = Self.withAddress(unixPath) { connect(socket, $0, $1) }
        guard status == 0 else { throw Failure(call: "connect") }
    }

    /// A socket's file whose process is gone.
    static func leaveStaleSocket(at path: String) throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(call: "socket") }
        defer { close(socket) }
        guard withAddress(path, { bind(socket, $0, $1) }) == 0, listen(socket, 1) == 0 else {
            throw Failure(call: "bind")
        }
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    deinit { close(socket) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send") }
            sent += count
        }
    }

    func endInput() { shutdown(socket, Int32(SHUT_WR)) }

    /// Some bytes, none if the server has closed.
    func receive(upTo count: Int = 64 * 1024) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = recv(socket, &buffer, count, 0)
        guard received >= 0 else { throw Failure(call: "recv") }
        return Array(buffer.prefix(received))
    }

    /// Everything until the server closes.
    func receiveAll() throws -> String {
        var all: [UInt8] = []
        while case let piece = try receive(), !piece.isEmpty { all += piece }
        return String(decoding: all, as: UTF8.self)
    }

    /// The next answer, which must have a Content-Length or none of a body.
    func answer() throws -> Answer {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let byte = try receive(upTo: 1)
            guard !byte.isEmpty else { throw Failure(call: "the server closed within a head") }
            head += byte
        }
        var lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")[...]
        let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        var fields = HTTPFields()
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields.append(String(parts[0]), String(parts[1].drop(while: { $0 == " " })))
        }
        var body: [UInt8] = []
        let length = fields["Content-Length"].flatMap { Int($0) } ?? 0
        while body.count < length {
            let piece = try receive(upTo: length - body.count)
            guard !piece.isEmpty else { throw Failure(call: "the server closed within a body") }
            body += piece
        }
        return Answer(status: status, fields: fields, body: String(decoding: body, as: UTF8.self))
    }
}
