import Foundation

/// One connection of a load.
struct LoadSocket {
    enum Event {
        case nothing
        case closed
        /// A whole answer, and when its request was due.
        case answer(status: Int, due: Int)
    }

    let descriptor: Int32
    /// When the request that is under way was due; nil if none is.
    private(set) var due: Int?
    private var scanner = AnswerScanner()

    init(port: Int) throws(MeasurementError) {
        guard let port = UInt16(exactly: port) else {
            throw MeasurementError(.server, "there is no port \(port)")
        }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .last("socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let error = MeasurementError(
                .server, "port \(port) does not answer: \(String(cString: strerror(errno)))")
            close()
            throw error
        }
        var on: Int32 = 1
        // Without it the kernel might hold a request back; a load that is slower is still a load.
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    func close() { Foundation.close(descriptor) }

    /// - Precondition: no request is under way, so the kernel's buffer is empty and takes all.
    mutating func send(_ request: [UInt8], due: Int) throws(MeasurementError) {
        precondition(self.due == nil, "one request at a time")
        let count = Foundation.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
        // A server that has just closed is found when it is read from.
        guard count == request.count || errno == EPIPE || errno == ECONNRESET else {
            throw .last("send")
        }
        self.due = due
    }

    mutating func receive(into buffer: inout [UInt8]) throws(MeasurementError) -> Event {
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            let isWaiting = count < 0 && (errno == EAGAIN || errno == EINTR)
            return isWaiting ? .nothing : .closed
        }
        guard let due else { throw MeasurementError(.server, "an answer came unasked") }
        guard let status = try scanner.feed(buffer[..<count]) else { return .nothing }
        self.due = nil
        return .answer(status: status, due: due)
    }
}
