/// What a request line asks for, taken apart and decoded (RFC 9112, section 3.2).
struct HTTPTarget: Sendable {
    var path: String
    var segments: [String]
    var query: [(name: String, value: String)]
    /// Host and port of the absolute form, which overrule the Host field.
    var authority: String?

    init(
        parsing bytes: ArraySlice<UInt8>, method: HTTPMethod, limits: HTTPLimits
    ) throws(HTTPError) {
        if bytes.first == UInt8(ascii: "/") {
            try self.init(origin: bytes, authority: nil, limits: limits)
        } else if bytes.elementsEqual([UInt8(ascii: "*")]) {
            guard method == .options else {
                throw HTTPError(
                    .badRequest, "The target * belongs to OPTIONS only (RFC 9112, section 3.2.4).")
            }
            self.init(path: "*", segments: [], query: [], authority: nil)
        } else {
            try self.init(absolute: bytes, limits: limits)
        }
    }

    /// `http://host/path`, which every server must take (RFC 9112, section 3.2.2).
    private init(absolute bytes: ArraySlice<UInt8>, limits: HTTPLimits) throws(HTTPError) {
        let schemes: [[UInt8]] = [Array("http://".utf8), Array("https://".utf8)]
        let scheme = schemes.first { scheme in
            bytes.count >= scheme.count
                && zip(bytes, scheme).allSatisfy { HTTPFields.lowercased($0) == $1 }
        }
        guard let scheme else {
            throw HTTPError(
                .badRequest,
                "The request target is neither a path nor an http address "
                    + "(RFC 9112, section 3.2).")
        }
        let rest = bytes.dropFirst(scheme.count)
        let isEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
        let end = rest.firstIndex(where: isEnd) ?? rest.endIndex
        let authority = String(decoding: rest[..<end], as: UTF8.self)
        try HTTPHost.check(authority)
        let origin = rest[end...]
        let slash = origin.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        try self.init(origin: slash + origin, authority: authority, limits: limits)
    }

    private init(
        origin bytes: ArraySlice<UInt8>, authority: String?, limits: HTTPLimits
    ) throws(HTTPError) {
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let path = bytes[..<mark]
        let query = bytes[mark...].dropFirst()
        guard path.allSatisfy(\.isPathByte), query.allSatisfy(\.isQueryByte) else {
            throw HTTPError(
                .badRequest,
                "The request target has a character that must be percent-encoded "
                    + "(RFC 3986, section 3).")
        }
        let (decoded, segments) = try Self.split(path, limits: limits)
        self.init(
            path: decoded, segments: segments,
            query: try HTTPPercent.query(query, itemsMax: limits.queryItemsMax),
            authority: authority)
    }

    private init(
        path: String, segments: [String], query: [(name: String, value: String)],
        authority: String?
    ) {
        self.path = path
        self.segments = segments
        self.query = query
        self.authority = authority
    }

    /// Segments are parted before they are decoded, so that %2F stays inside its segment.
    private static func split(
        _ path: ArraySlice<UInt8>, limits: HTTPLimits
    ) throws(HTTPError) -> (String, [String]) {
        let parts = path.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= limits.pathSegmentsMax else {
            throw HTTPError(
                .uriTooLong,
                "The path has \(parts.count) segments, the limit is "
                    + "\(limits.pathSegmentsMax) (RFC 9110, section 15.5.15).")
        }
        var segments: [String] = []
        segments.reserveCapacity(parts.count)
        for part in parts {
            let segment = try HTTPPercent.decode(part, plusIsSpace: false)
            guard segment != ".", segment != ".." else {
                throw HTTPError(
                    .badRequest,
                    "The path has a dot segment, which the client must resolve "
                        + "(RFC 3986, section 5.2.4).")
            }
            segments.append(segment)
        }
        let decoded =
            path.contains(UInt8(ascii: "%"))
            ? "/" + segments.joined(separator: "/") : String(decoding: path, as: UTF8.self)
        return (decoded, segments)
    }
}
