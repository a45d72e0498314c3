import Glibc
import HTTPCore

/// One request and its answer on a connection.
struct ClientCall {
    let request: HTTPClientRequest
    let url: HTTPURL
    let limits: HTTPClientLimits
    /// The caller's deadline.
    let end: MonotonicTime?
    let bodyBytesMax: Int
    private(set) var receivedBytes = 0
    private var parser: HTTPResponseParser

    private static let receiveBytesMax = 64 * 1024

    init(
        request: HTTPClientRequest, url: HTTPURL, limits: HTTPClientLimits, end: MonotonicTime?,
        bodyBytesMax: Int
    ) {
        self.request = request
        self.url = url
        self.limits = limits
        self.end = end
        self.bodyBytesMax = bodyBytesMax
        parser = HTTPResponseParser(
            method: request.method, limits: limits.codec, bodyBytesMax: bodyBytesMax)
    }

    var isReusable: Bool { parser.isReusable }

    /// Whether the request may be sent once more after a kept connection broke: idempotent
    /// methods of which nothing was answered (RFC 9110, section 9.2.2).
    func mayRepeat(after error: HTTPClientError) -> Bool {
        let isIdempotent = [.get, .head, .options, .put, .delete].contains(request.method)
        return isIdempotent && error.code == .connectionLost && receivedBytes == 0
    }

    func deadline(after time: Duration) -> MonotonicTime {
        let own = MonotonicTime.now().advanced(by: time)
        return end.map { min($0, own) } ?? own
    }

    mutating func exchange(
        on socket: ClientSocket,
        head: (HTTPResponseHead) throws -> Void, piece: ([UInt8]) throws -> Void
    ) throws(HTTPClientError) -> HTTPResponseHead {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.receiveBytesMax, alignment: MemoryLayout<UInt>.alignment)
        defer { buffer.deallocate() }
        try send(on: socket)
        let answer = try receiveHead(on: socket, buffer)
        try Self.hand(answer, to: head)
        try receiveBody(on: socket, buffer, piece: piece)
        return answer
    }

    private func send(on socket: ClientSocket) throws(HTTPClientError) {
        let bytes: [UInt8]
        do throws(HTTPError) {
            bytes = try HTTPRequestEncoder.head(
                method: request.method, url: url, fields: request.fields,
                bodyBytes: request.body.count)
        } catch {
            throw HTTPClientError(.invalidRequest, error.message, cause: error)
        }
        let deadline = deadline(after: request.answerTime ?? limits.answerTime)
        do throws(ClientSocket.Failure) {
            try socket.send(bytes + request.body, until: deadline)
        } catch {
            // A server that refuses a body answers and closes before it has read all of it, so
            // there may be an answer to read.
            if case .system = error { return }
            throw self.error(for: error)
        }
    }

    private mutating func receiveHead(
        on socket: ClientSocket, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(HTTPClientError) -> HTTPResponseHead {
        let deadline = deadline(after: request.answerTime ?? limits.answerTime)
        while true {
            if case .head(let head) = try nextEvent() { return head }
            try receive(on: socket, buffer, until: deadline)
        }
    }

    private mutating func receiveBody(
        on socket: ClientSocket, _ buffer: UnsafeMutableRawBufferPointer,
        piece: ([UInt8]) throws -> Void
    ) throws(HTTPClientError) {
        var rate = BodyRate(limits: limits)
        while true {
            switch try nextEvent() {
            case .piece(let bytes): try Self.hand(bytes, to: piece)
            case .end: return
            case .head: preconditionFailure("An answer has one head.")
            case .incomplete:
                try rate.check(authority: url.authority)
                let before = receivedBytes
                try receiveInWindow(on: socket, buffer, until: rate.windowEnd)
                rate.add(receivedBytes - before)
            }
        }
    }

    /// Returns without bytes at the window's end, so that its sum is looked at.
    private mutating func receiveInWindow(
        on socket: ClientSocket, _ buffer: UnsafeMutableRawBufferPointer,
        until windowEnd: MonotonicTime
    ) throws(HTTPClientError) {
        let isLast = end.map { $0 <= windowEnd } ?? false
        do throws(HTTPClientError) {
            try receive(on: socket, buffer, until: end.map { min($0, windowEnd) } ?? windowEnd)
        } catch {
            guard error.code == .timedOut, !isLast else { throw error }
        }
    }

    private mutating func receive(
        on socket: ClientSocket, _ buffer: UnsafeMutableRawBufferPointer,
        until deadline: MonotonicTime
    ) throws(HTTPClientError) {
        let count: Int
        do throws(ClientSocket.Failure) {
            count = try socket.receive(into: buffer, until: deadline)
        } catch {
            throw self.error(for: error)
        }
        receivedBytes += count
        guard count == 0 else {
            return parser.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        do throws(HTTPError) {
            try parser.finish()
        } catch {
            throw HTTPClientError(
                .connectionLost, "\(url.authority) closed the connection too early.", cause: error)
        }
    }

    private mutating func nextEvent() throws(HTTPClientError) -> HTTPResponseParser.Event {
        do throws(HTTPError) {
            return try parser.next()
        } catch {
            let isTooLarge = error.status == .contentTooLarge
            throw HTTPClientError(
                isTooLarge ? .bodyTooLarge : .invalidAnswer,
                "The answer of \(url.authority) is refused: \(error.message)", cause: error)
        }
    }

    static func hand<Part>(
        _ part: Part, to receiver: (Part) throws -> Void
    ) throws(HTTPClientError) {
        do {
            try receiver(part)
        } catch {
            throw HTTPClientError(
                .receiverFailed, "What was received could not be used.", cause: error)
        }
    }
}

extension ClientCall {
    /// The one place where a socket's failure becomes the client's error.
    func error(for failure: ClientSocket.Failure) -> HTTPClientError {
        switch failure {
        case .timedOut:
            HTTPClientError(.timedOut, "\(url.authority) took too long to answer.", cause: failure)
        case .stopped: HTTPClientError(.stopped, "The client was stopped.")
        case .system(let error):
            HTTPClientError(
                .connectionLost, "The connection to \(url.authority) broke: \(error).",
                cause: error)
        }
    }
}
