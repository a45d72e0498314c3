/// A request that cannot be answered as asked: a status and a sentence that the client may see.
package struct HTTPError: Error, Sendable {
    package var status: HTTPStatus
    package var message: String
    /// Further fields of the answer, such as Allow or Retry-After.
    package var fields: HTTPFields
    /// What to answer with where `{"error": ...}` alone would say too little, or where the client
    /// wants another form of it.
    package var body: [UInt8]?
    /// The media type of `body`, nil for JSON.
    package var bodyType: String?
    /// What the log sees and the client does not.
    package var cause: (any Error)?

    package init(
        _ status: HTTPStatus, _ message: String, fields: HTTPFields = HTTPFields(),
        cause: (any Error)? = nil
    ) {
        self.status = status
        self.message = message
        self.fields = fields
        self.cause = cause
    }
}

extension HTTPError {
    /// The answer that tells the client: `{"error": "<message>"}`, the cause left out.
    package var response: HTTPResponse {
        var response = HTTPResponse.json(body ?? Array("{\"error\":\(Self.quoted(message))}".utf8))
        response.status = status
        if let bodyType { response.fields["Content-Type"] = bodyType }
        for field in fields.all { response.fields.append(field.name, field.value) }
        return response
    }

    /// A body, of that many bytes if they are known, is over the limit.
    static func bodyTooLarge(bytes: Int?, limit: Int) -> HTTPError {
        let has = bytes.map { "has \($0) bytes" } ?? "is too large"
        return HTTPError(
            .contentTooLarge,
            "The body \(has), the limit is \(limit) bytes (RFC 9110, section 15.5.14).")
    }

    /// A JSON string (RFC 8259, section 7).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
