/// The first line of a request (RFC 9112, section 3).
struct HTTPRequestLine: Sendable {
    let method: HTTPMethod
    let target: HTTPTarget
    /// 0 for HTTP/1.0 and 1 for HTTP/1.1.
    let versionMinor: Int

    init(parsing line: ArraySlice<UInt8>, limits: HTTPLimits) throws(HTTPError) {
        let parts = line.split(
            separator: ASCII.space, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw HTTPError(
                .badRequest,
                "The request line is not a method, a target and a version with "
                    + "single spaces (RFC 9112, section 3).")
        }
        guard parts[0].allSatisfy(\.isTokenByte) else {
            throw HTTPError(.badRequest, "The method is not a token (RFC 9110, section 9.1).")
        }
        method = HTTPMethod(rawValue: String(decoding: parts[0], as: UTF8.self))
        versionMinor = try Self.versionMinor(parts[2])
        guard method.rawValue != "CONNECT" else {
            throw HTTPError(
                .notImplemented, "This server opens no tunnels (RFC 9110, section 9.3.6).")
        }
        target = try HTTPTarget(parsing: parts[1], method: method, limits: limits)
    }

    private static func versionMinor(_ bytes: ArraySlice<UInt8>) throws(HTTPError) -> Int {
        let prefix = Array("HTTP/".utf8)
        let number = Array(bytes.dropFirst(prefix.count))
        guard bytes.starts(with: prefix), number.count == 3, number[0].isDigit,
            number[1] == UInt8(ascii: "."), number[2].isDigit
        else {
            throw HTTPError(
                .badRequest, "The request line has no HTTP version (RFC 9112, section 2.3).")
        }
        guard number[0] == UInt8(ascii: "1"), number[2] <= UInt8(ascii: "1") else {
            throw HTTPError(
                .versionNotSupported,
                "HTTP/1.1 and HTTP/1.0 are spoken here (RFC 9110, section 15.6.6).")
        }
        return Int(number[2] - UInt8(ascii: "0"))
    }
}
