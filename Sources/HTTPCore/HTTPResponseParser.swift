/// The head of a final answer.
package struct HTTPResponseHead: Sendable {
    package let status: HTTPStatus
    package let fields: HTTPFields
    package let framing: HTTPFraming
    /// Whether the server lets the connection stay (RFC 9112, section 9.3).
    package let keepsAlive: Bool

    package init(status: HTTPStatus, fields: HTTPFields, framing: HTTPFraming, keepsAlive: Bool) {
        self.status = status
        self.fields = fields
        self.framing = framing
        self.keepsAlive = keepsAlive
    }
}

/// Reads one answer from bytes in whatever pieces they come, as strictly as requests are read.
///
///     statusLine -> fields -> (interim: statusLine) -> sized | chunked | untilClose -> ended
///
/// A server is no more trusted than a client: errors have status 502, since what is wrong is
/// what a server further up has sent.
package struct HTTPResponseParser: Sendable {
    /// What has arrived.
    package enum Event: Sendable {
        case incomplete
        case head(HTTPResponseHead)
        /// Some of the body, in order.
        case piece([UInt8])
        case end
    }

    private enum State {
        case statusLine
        case fields(HTTPStatusLine)
        case sized(missing: Int)
        case chunked(HTTPChunkedDecoder)
        case untilClose(room: Int)
        case ended
    }

    private var state = State.statusLine
    private var input = HTTPInput()
    private var section = HTTPFieldSection(bytesMax: 0, countMax: 0)
    private var interimCount = 0
    private var keepsAlive = false
    private let method: HTTPMethod
    private let limits: HTTPLimits
    private let bodyBytesMax: Int

    /// - Parameters:
    ///   - method: Of the request: the answer to HEAD has no body.
    ///   - bodyBytesMax: A longer body is refused when its length is told, or else when it is
    ///     exceeded; nothing over the limit is handed out.
    package init(method: HTTPMethod, limits: HTTPLimits, bodyBytesMax: Int) {
        self.method = method
        self.limits = limits
        self.bodyBytesMax = bodyBytesMax
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) { input.append(bytes) }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { input.append($0) }
    }

    /// True if the answer is whole and the connection fit for another request. Bytes behind the
    /// answer are nobody's answer: a connection that brings some is not used again.
    package var isReusable: Bool {
        guard case .ended = state else { return false }
        return keepsAlive && input.isEmpty
    }

    /// What comes next; call it until it is incomplete or the end.
    package mutating func next() throws(HTTPError) -> Event {
        do throws(HTTPError) {
            return try advance()
        } catch {
            throw HTTPError(
                error.status == .contentTooLarge ? .contentTooLarge : .badGateway, error.message)
        }
    }

    /// The connection has ended: that is an end only for a body without a length.
    package mutating func finish() throws(HTTPError) {
        switch state {
        case .untilClose, .ended: state = .ended
        case .statusLine, .fields, .sized, .chunked:
            throw HTTPError(
                .badGateway, "The connection ended before the answer did (RFC 9112, section 8).")
        }
    }

    private mutating func advance() throws(HTTPError) -> Event {
        while true {
            switch state {
            case .statusLine: guard try takeStatusLine() else { return .incomplete }
            case .fields(let line):
                guard let line = try takeField(behind: line) else { return .incomplete }
                if let head = try complete(line) { return .head(head) }
            case .sized(missing: 0): state = .ended
            case .sized(let missing):
                guard !input.isEmpty else { return .incomplete }
                let piece = input.take(upTo: missing)
                state = .sized(missing: missing - piece.count)
                return .piece(Array(piece))
            case .chunked(var chunks):
                let step = try chunks.next(from: &input)
                state = .chunked(chunks)
                switch step {
                case .incomplete: return .incomplete
                case .piece(let piece): return .piece(Array(piece))
                case .end: state = .ended
                }
            case .untilClose(let room):
                guard !input.isEmpty else { return .incomplete }
                guard input.count <= room else {
                    throw HTTPError.bodyTooLarge(bytes: nil, limit: bodyBytesMax)
                }
                let piece = input.take(upTo: room)
                state = .untilClose(room: room - piece.count)
                return .piece(Array(piece))
            case .ended: return .end
            }
        }
    }
}

extension HTTPResponseParser {
    private mutating func takeStatusLine() throws(HTTPError) -> Bool {
        guard let line = try takeLine(bytesMax: limits.requestLineBytesMax) else { return false }
        section = HTTPFieldSection(
            bytesMax: limits.headerBytesMax, countMax: limits.fieldCountMax)
        state = .fields(try HTTPStatusLine(parsing: line))
        return true
    }

    /// Returns the status line once all fields behind it are there.
    private mutating func takeField(
        behind statusLine: HTTPStatusLine
    ) throws(HTTPError) -> HTTPStatusLine? {
        while let line = try takeLine(bytesMax: section.lineBytesMax) {
            guard !line.isEmpty else { return statusLine }
            try section.add(line)
        }
        return nil
    }

    private mutating func takeLine(bytesMax: Int) throws(HTTPError) -> ArraySlice<UInt8>? {
        do throws(HTTPInput.Fault) {
            return try input.takeLine(bytesMax: bytesMax)
        } catch {
            switch (error, state) {
            case (.tooLong, .fields): throw section.tooLarge
            case (.tooLong, _):
                throw HTTPError(
                    .badGateway,
                    "The status line has more than \(limits.requestLineBytesMax) "
                        + "bytes (RFC 9112, section 4).")
            case (.bareLineFeed, _), (.bareCarriageReturn, _):
                throw HTTPError(
                    .badGateway, "A line does not end in CR LF (RFC 9112, section 2.2).")
            }
        }
    }

    /// Nil if the head was an interim one, behind which the final one follows.
    private mutating func complete(_ line: HTTPStatusLine) throws(HTTPError) -> HTTPResponseHead? {
        let fields = section.fields
        guard line.status.code >= HTTPStatus.ok.code else {
            try countInterim(line.status)
            state = .statusLine
            return nil
        }
        let declared = try HTTPFraming.declared(in: fields, versionMinor: line.versionMinor)
        let hasNoBody = method == .head || line.status.isBodiless
        let framing = hasNoBody ? .none : declared ?? .untilClose
        switch framing {
        case .none: state = .sized(missing: 0)
        case .length(let bytes):
            guard bytes <= bodyBytesMax else {
                throw .bodyTooLarge(bytes: bytes, limit: bodyBytesMax)
            }
            state = .sized(missing: bytes)
        case .chunked:
            state = .chunked(HTTPChunkedDecoder(bodyBytesMax: bodyBytesMax, limits: limits))
        case .untilClose: state = .untilClose(room: bodyBytesMax)
        }
        keepsAlive =
            line.versionMinor > 0 && framing != .untilClose
            && !fields.list("Connection", contains: "close")
        return HTTPResponseHead(
            status: line.status, fields: fields, framing: framing, keepsAlive: keepsAlive)
    }

    private mutating func countInterim(_ status: HTTPStatus) throws(HTTPError) {
        let switchingProtocols = 101
        guard status.code != switchingProtocols else {
            throw HTTPError(
                .badGateway,
                "The server switched to a protocol that nobody asked for "
                    + "(RFC 9110, section 15.2.2).")
        }
        interimCount += 1
        guard interimCount <= limits.interimResponsesMax else {
            throw HTTPError(
                .badGateway,
                "There are more than \(limits.interimResponsesMax) interim answers "
                    + "(RFC 9110, section 15.2).")
        }
    }
}

/// The first line of an answer (RFC 9112, section 4).
struct HTTPStatusLine: Sendable {
    let status: HTTPStatus
    let versionMinor: Int

    private static let codes = 100...599

    init(parsing line: ArraySlice<UInt8>) throws(HTTPError) {
        let parts = line.split(
            separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
        let versions = [Array("HTTP/1.0".utf8), Array("HTTP/1.1".utf8)]
        guard let version = parts.first, let minor = versions.firstIndex(of: Array(version)) else {
            throw HTTPError(
                .badGateway,
                "The answer does not begin with HTTP/1.1 or HTTP/1.0 "
                    + "(RFC 9112, section 4).")
        }
        guard parts.count > 1, parts[1].count == 3, let code = parts[1].decimalNumber,
            Self.codes.contains(code)
        else {
            throw HTTPError(
                .badGateway, "The answer has no valid status code (RFC 9110, section 15).")
        }
        guard parts.dropFirst(2).joined().allSatisfy(\.isFieldValueByte) else {
            throw HTTPError(
                .badGateway, "The status line has a control character (RFC 9112, section 4).")
        }
        status = HTTPStatus(code)
        versionMinor = minor
    }
}
