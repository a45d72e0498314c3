/// Writes the head of an answer, whose framing only the transport decides.
package struct HTTPResponseEncoder: Sendable {
    /// The request was HEAD: the head is that of GET, and nothing follows it.
    package var isHead: Bool
    /// 0 if the client speaks HTTP/1.0, which knows no chunks.
    package var versionMinor: Int
    package var keepsAlive: Bool

    package init(isHead: Bool, versionMinor: Int, keepsAlive: Bool) {
        self.isHead = isHead
        self.versionMinor = versionMinor
        self.keepsAlive = keepsAlive
    }

    /// What must follow the head.
    package enum Payload: Sendable, Equatable {
        case none
        /// The body as it is.
        case plain
        /// The body as it is, and its end is the end of the connection.
        case untilClose
        case chunked
    }

    /// Fields that say where the message ends: what a handler sets there is not sent.
    private static let ownFields = [
        "Connection", "Content-Length", "Date", "Keep-Alive", "Transfer-Encoding",
    ]

    /// Appends status line and fields to `output` and says what has to follow.
    ///
    /// - Throws: 500 if a field of the response has a line end or another character that would
    ///   let it become two fields (RFC 9110, section 5.5); `output` is unchanged then.
    package func encode(
        _ response: HTTPResponse, date: String, into output: inout [UInt8]
    ) throws(HTTPError) -> Payload {
        let (payload, framing) = framing(of: response)
        for field in response.fields.all { try Self.check(field) }
        output.append(contentsOf: "HTTP/1.1 \(response.status.code) ".utf8)
        output.append(contentsOf: response.status.phrase.utf8)
        output.append(contentsOf: "\r\nDate: ".utf8)
        output.append(contentsOf: date.utf8)
        output.append(contentsOf: ASCII.lineEnd)
        for field in response.fields.all where !Self.isOwn(field.name) {
            output.append(contentsOf: field.name.utf8)
            output.append(contentsOf: ": ".utf8)
            output.append(contentsOf: field.value.utf8)
            output.append(contentsOf: ASCII.lineEnd)
        }
        output.append(contentsOf: framing.utf8)
        output.append(contentsOf: connection(after: payload).utf8)
        output.append(contentsOf: ASCII.lineEnd)
        return payload
    }

    private func framing(of response: HTTPResponse) -> (Payload, String) {
        guard !response.status.isBodiless else { return (.none, "") }
        switch response.body {
        case .bytes(let bytes):
            return (isHead ? .none : .plain, "Content-Length: \(bytes.count)\r\n")
        case .file(_, let range):
            return (isHead ? .none : .plain, "Content-Length: \(range.count)\r\n")
        case .pieces where versionMinor == 0:
            return (isHead ? .none : .untilClose, "")
        case .pieces:
            return (isHead ? .none : .chunked, "Transfer-Encoding: chunked\r\n")
        }
    }

    private func connection(after payload: Payload) -> String {
        if !keepsAlive || payload == .untilClose { return "Connection: close\r\n" }
        return versionMinor == 0 ? "Connection: keep-alive\r\n" : ""
    }

    private static func isOwn(_ name: String) -> Bool {
        ownFields.contains { $0.equalsIgnoringCase(name) }
    }

    private static func check(_ field: HTTPFields.Field) throws(HTTPError) {
        guard field.isSendable else {
            throw HTTPError(
                .internalError,
                "The answer has a header field that cannot be sent "
                    + "(RFC 9110, section 5.5).")
        }
    }
}

extension HTTPResponseEncoder {
    /// `100 Continue`, sent once before the answer (RFC 9110, section 15.2.1).
    package static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends one chunk; an empty piece would be the end, so it adds nothing.
    package static func appendChunk(_ piece: [UInt8], to output: inout [UInt8]) {
        guard !piece.isEmpty else { return }
        output.append(contentsOf: String(piece.count, radix: 16).utf8)
        output.append(contentsOf: ASCII.lineEnd)
        output.append(contentsOf: piece)
        output.append(contentsOf: ASCII.lineEnd)
    }

    /// The chunk of size 0 and the empty trailer.
    package static let lastChunk = Array("0\r\n\r\n".utf8)
}
