/// Where a message's body ends (RFC 9112, section 6.3).
package enum HTTPFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
    /// A response without a length ends with its connection.
    case untilClose

    /// The framing that the fields declare, or nil if they declare none.
    ///
    /// Two readers that disagree about the end of a message let a request be smuggled past one of
    /// them (RFC 9112, section 11.2), so everything that could be read in two ways is refused.
    static func declared(in fields: HTTPFields, versionMinor: Int) throws(HTTPError) -> Self? {
        let codings = fields.values(of: "Transfer-Encoding")
        let lengths = fields.values(of: "Content-Length")
        guard codings.isEmpty else {
            guard lengths.isEmpty else {
                throw HTTPError(
                    .badRequest,
                    "There are both Content-Length and Transfer-Encoding "
                        + "(RFC 9112, section 6.3).")
            }
            guard versionMinor > 0 else {
                throw HTTPError(
                    .badRequest, "HTTP/1.0 has no Transfer-Encoding (RFC 9112, section 6.1).")
            }
            try checkCodings(codings.flatMap(\.listMembers))
            return .chunked
        }
        guard let length = lengths.first else { return nil }
        guard lengths.count == 1 else {
            throw HTTPError(
                .badRequest, "Content-Length is there more than once (RFC 9112, section 6.3).")
        }
        guard let bytes = length.utf8.decimalNumber else {
            throw HTTPError(
                .badRequest, "Content-Length is not a decimal number (RFC 9110, section 8.6).")
        }
        return .length(bytes)
    }

    private static func checkCodings(_ codings: [String]) throws(HTTPError) {
        let isChunked = codings.map { $0.equalsIgnoringCase("chunked") }
        guard let isLastChunked = isChunked.last, !codings.contains("") else {
            throw HTTPError(
                .badRequest, "Transfer-Encoding names no coding (RFC 9112, section 6.1).")
        }
        guard !isChunked.dropLast().contains(true) else {
            throw HTTPError(
                .badRequest, "The chunked coding is not the last one (RFC 9112, section 6.3).")
        }
        guard isLastChunked, codings.count == 1 else {
            throw HTTPError(
                .notImplemented,
                "Of transfer codings only chunked is understood "
                    + "(RFC 9112, section 6.1).")
        }
    }
}
