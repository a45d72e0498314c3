/// Writes requests, as strictly as answers are written.
package enum HTTPRequestEncoder {
    private static let ownFields = [
        "Connection", "Content-Length", "Expect", "Host", "Transfer-Encoding",
    ]

    /// The head of a request with a body of so many bytes.
    ///
    /// - Throws: 400 if the method or a field has a character that would end its line.
    package static func head(
        method: HTTPMethod, url: HTTPURL, fields: HTTPFields, bodyBytes: Int
    ) throws(HTTPError) -> [UInt8] {
        guard !method.rawValue.isEmpty, method.rawValue.utf8.allSatisfy(\.isTokenByte) else {
            throw HTTPError(.badRequest, "The method is not a token (RFC 9110, section 9.1).")
        }
        var text = "\(method.rawValue) \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\n"
        for field in fields.all {
            guard field.isSendable else {
                throw HTTPError(
                    .badRequest,
                    "The request has a header field that cannot be sent "
                        + "(RFC 9110, section 5.5).")
            }
            guard !ownFields.contains(where: { $0.equalsIgnoringCase(field.name) }) else {
                continue
            }
            text += "\(field.name): \(field.value)\r\n"
        }
        // A POST without a body still says so (RFC 9110, section 8.6).
        if bodyBytes > 0 || ![.get, .head, .options].contains(method) {
            text += "Content-Length: \(bodyBytes)\r\n"
        }
        return Array((text + "\r\n").utf8)
    }
}
