/// A request that is complete, with what its connection must know to answer it.
package struct HTTPIncomingRequest: Sendable {
    package var request: HTTPRequest
    /// 0 for HTTP/1.0, which knows no chunks.
    package var versionMinor: Int
    /// Whether the client wants the connection to stay (RFC 9112, section 9.3).
    package var keepsAlive: Bool
}

/// Reads requests from bytes in whatever pieces they come (RFC 9112).
///
///     requestLine -> fields -> sized | chunked -> requestLine ...      any -> refused
///
/// Feed it with `append`, then call `next` until it wants more. A refusal is final: what
/// follows on the connection can no longer be told from an attack, so it must be closed.
package struct HTTPRequestParser: Sendable {
    /// What the bytes so far amount to.
    package enum Step: Sendable {
        case incomplete
        case request(HTTPIncomingRequest)
        case refused(HTTPError)
    }

    /// How far the current request has come; a connection waits differently in each.
    package enum Phase: Sendable {
        /// Not one byte of it is there.
        case idle
        case head
        case body
    }

    private enum State {
        case requestLine
        case fields(HTTPRequestLine)
        case sized(missing: Int)
        case chunked
        case refused(HTTPError)
    }

    private var state = State.requestLine
    private var input = HTTPInput()
    private var emptyLines = 0
    // Kept beside the state: a growing array inside an enum would be copied at each step.
    private var section: HTTPFieldSection
    private var incoming: HTTPIncomingRequest?
    private var body: [UInt8] = []
    private var chunks: HTTPChunkedDecoder
    private let limits: HTTPLimits
    private let bodyBytesMax: @Sendable (HTTPRequest) -> Int

    /// Memory for a body is claimed ahead only up to here: a length is a promise, not a body.
    private static let bodyBytesReservedMax = 64 * 1024

    /// - Parameters:
    ///   - limits: What is refused as too long.
    ///   - bodyBytesMax: The limit on the body of a request of which only the head has arrived.
    package init(limits: HTTPLimits, bodyBytesMax: @escaping @Sendable (HTTPRequest) -> Int) {
        self.limits = limits
        self.bodyBytesMax = bodyBytesMax
        section = HTTPFieldSection(bytesMax: 0, countMax: 0)
        chunks = HTTPChunkedDecoder(bodyBytesMax: 0, limits: limits)
    }

    /// A parser that takes every body up to the limits' own.
    package init(limits: HTTPLimits) {
        let bytes = limits.bodyBytesMax
        self.init(limits: limits) { _ in bytes }
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) { input.append(bytes) }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { input.append($0) }
    }

    package var phase: Phase {
        switch state {
        case .requestLine: input.isEmpty ? .idle : .head
        case .fields, .refused: .head
        case .sized, .chunked: .body
        }
    }

    /// What has arrived of the body that is being read.
    package var bodyBytes: Int { body.count }

    /// Gives up the request that is being read and its memory; nothing more is read.
    package mutating func abandon(_ reason: HTTPError) {
        state = .refused(reason)
        body = []
    }

    /// True if the client holds its body back until it is told to continue
    /// (RFC 9110, section 10.1.1); if the body has begun to come there is no need to tell it.
    package var expectsContinue: Bool {
        guard phase == .body, body.isEmpty, input.isEmpty, let incoming else { return false }
        return incoming.versionMinor > 0 && incoming.request.fields["Expect"] != nil
    }

    /// The next request, if all of it has arrived.
    package mutating func next() -> Step {
        do {
            while true {
                switch state {
                case .requestLine: guard try takeRequestLine() else { return .incomplete }
                case .fields(let line):
                    guard try takeField(of: line) else { return .incomplete }
                case .sized(let missing):
                    let piece = input.take(upTo: missing)
                    body.append(contentsOf: piece)
                    state = .sized(missing: missing - piece.count)
                    return missing == piece.count ? finish() : .incomplete
                case .chunked:
                    switch try chunks.next(from: &input) {
                    case .incomplete: return .incomplete
                    case .piece(let piece): body.append(contentsOf: piece)
                    case .end: return finish()
                    }
                case .refused(let error): return .refused(error)
                }
            }
        } catch {
            state = .refused(error)
            return .refused(error)
        }
    }

    private mutating func finish() -> Step {
        guard var complete = incoming else { return .incomplete }
        complete.request.body = body
        state = .requestLine
        incoming = nil
        body = []
        emptyLines = 0
        return .request(complete)
    }
}

extension HTTPRequestParser {
    /// Returns false if the line has not arrived.
    private mutating func takeRequestLine() throws(HTTPError) -> Bool {
        if let first = input.first, !first.isTokenByte, first != ASCII.carriageReturn {
            // A TLS greeting has no line end to wait for.
            throw HTTPError(
                .badRequest, "The request does not begin with a method (RFC 9112, section 3).")
        }
        guard let line = try takeLine(bytesMax: limits.requestLineBytesMax) else { return false }
        guard !line.isEmpty else {
            emptyLines += 1
            guard emptyLines <= limits.emptyLinesMax else {
                throw HTTPError(
                    .badRequest,
                    "There are more than \(limits.emptyLinesMax) empty lines before "
                        + "the request (RFC 9112, section 2.2).")
            }
            return true
        }
        section = HTTPFieldSection(
            bytesMax: limits.headerBytesMax, countMax: limits.fieldCountMax)
        state = .fields(try HTTPRequestLine(parsing: line, limits: limits))
        return true
    }

    private mutating func takeField(of requestLine: HTTPRequestLine) throws(HTTPError) -> Bool {
        guard let line = try takeLine(bytesMax: section.lineBytesMax) else { return false }
        guard line.isEmpty else {
            try section.add(line)
            return true
        }
        try begin(requestLine, fields: section.fields)
        return true
    }

    private mutating func takeLine(bytesMax: Int) throws(HTTPError) -> ArraySlice<UInt8>? {
        do {
            return try input.takeLine(bytesMax: bytesMax)
        } catch {
            switch (error, state) {
            case (.tooLong, .fields): throw section.tooLarge
            case (.tooLong, _):
                throw HTTPError(
                    .uriTooLong,
                    "The request line has more than \(limits.requestLineBytesMax) "
                        + "bytes (RFC 9112, section 3).")
            case (.bareLineFeed, _), (.bareCarriageReturn, _):
                throw HTTPError(
                    .badRequest, "A line does not end in CR LF (RFC 9112, section 2.2).")
            }
        }
    }

    /// The head is complete: decides what follows it.
    private mutating func begin(_ line: HTTPRequestLine, fields: HTTPFields) throws(HTTPError) {
        var request = HTTPRequest(method: line.method, target: line.target, fields: fields)
        try checkHost(fields, versionMinor: line.versionMinor)
        if let authority = line.target.authority { request.fields["Host"] = authority }
        let framing = try HTTPFraming.declared(in: fields, versionMinor: line.versionMinor)
        try checkExpectation(fields, versionMinor: line.versionMinor)
        incoming = HTTPIncomingRequest(
            request: request, versionMinor: line.versionMinor,
            keepsAlive: Self.keepsAlive(fields, versionMinor: line.versionMinor))
        switch framing {
        case .none?, .untilClose?, nil: state = .sized(missing: 0)
        case .length(let bytes)?:
            let limit = bytes == 0 ? 0 : bodyBytesMax(request)
            guard bytes <= limit else { throw .bodyTooLarge(bytes: bytes, limit: limit) }
            body.reserveCapacity(min(bytes, Self.bodyBytesReservedMax))
            state = .sized(missing: bytes)
        case .chunked?:
            chunks = HTTPChunkedDecoder(bodyBytesMax: bodyBytesMax(request), limits: limits)
            state = .chunked
        }
    }

    private func checkHost(_ fields: HTTPFields, versionMinor: Int) throws(HTTPError) {
        let hosts = fields.values(of: "Host")
        guard hosts.count <= 1, versionMinor == 0 || hosts.count == 1 else {
            throw HTTPError(
                .badRequest,
                "There are \(hosts.count) Host fields where one is needed "
                    + "(RFC 9112, section 3.2).")
        }
        if let host = hosts.first { try HTTPHost.check(host) }
    }

    private func checkExpectation(_ fields: HTTPFields, versionMinor: Int) throws(HTTPError) {
        guard versionMinor > 0 else { return }
        let expectations = fields.values(of: "Expect").flatMap(\.listMembers)
        guard expectations.allSatisfy({ $0.equalsIgnoringCase("100-continue") }) else {
            throw HTTPError(
                .expectationFailed,
                "Of expectations only 100-continue is met (RFC 9110, section 10.1.1).")
        }
    }

    private static func keepsAlive(_ fields: HTTPFields, versionMinor: Int) -> Bool {
        guard !fields.list("Connection", contains: "close") else { return false }
        return versionMinor > 0 || fields.list("Connection", contains: "keep-alive")
    }
}
