/// An `http` or `https` address, taken apart as a client needs it (RFC 9110, section 4.2).
package struct HTTPURL: Sendable, Hashable {
    /// How the server is spoken to.
    package enum Scheme: String, Sendable {
        case http, https

        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// A name or a numeric address, an IPv6 one without its brackets.
    package let host: String
    package let port: Int
    /// Path and query as they go into the request line; at least a slash.
    package let target: String

    private static let portMax = 65_535

    /// - Throws: 400 if the text is no such address, names a user, or has a fragment.
    package init(_ text: String) throws(HTTPError) {
        guard let mark = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased())
        else { throw Self.invalid(text, "does not begin with http:// or https://") }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = String(rest[..<end])
        let target = String(rest[end...])
        guard HTTPHost.isValid(authority) else {
            throw Self.invalid(text, "has no valid host")
        }
        guard target.utf8.allSatisfy(\.isQueryByte) else {
            throw Self.invalid(text, "has a character that must be percent-encoded")
        }
        self.scheme = scheme
        self.target = target.hasPrefix("/") ? target : "/" + target
        (host, port) = try Self.split(authority, defaultPort: scheme.defaultPort, of: text)
    }

    private static func split(
        _ authority: String, defaultPort: Int, of text: String
    ) throws(HTTPError) -> (String, Int) {
        // Only behind the bracket of an IPv6 address does a colon part off the port.
        let hostEnd = authority.lastIndex(of: "]") ?? authority.startIndex
        let colon = authority[hostEnd...].lastIndex(of: ":") ?? authority.endIndex
        let digits = authority[colon...].dropFirst()
        let port = digits.isEmpty ? defaultPort : Int(digits) ?? 0
        guard port > 0, port <= portMax else { throw invalid(text, "has no valid port") }
        let host = authority[..<colon]
        return (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host), port)
    }

    private static func invalid(_ text: String, _ fault: String) -> HTTPError {
        HTTPError(.badRequest, "The address \(text) \(fault).")
    }

    /// The Host field: the port only where it is not the usual one.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// Scheme, host and port, which a redirect within the same origin keeps.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }
}
