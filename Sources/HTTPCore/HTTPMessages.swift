/// A request method (RFC 9110, section 9).
package struct HTTPMethod: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let get = Self(rawValue: "GET")
    package static let head = Self(rawValue: "HEAD")
    package static let post = Self(rawValue: "POST")
    package static let put = Self(rawValue: "PUT")
    package static let patch = Self(rawValue: "PATCH")
    package static let delete = Self(rawValue: "DELETE")
    package static let options = Self(rawValue: "OPTIONS")
}

/// One complete request: its body has arrived, its chunks are joined.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// The path, percent-decoded, beginning with a slash; `*` for the server as a whole.
    package var path: String { didSet { segments = Self.segments(of: path) } }
    /// The path between its slashes, parted before it was decoded: %2F parts nothing.
    package private(set) var segments: [String]
    /// Names and values after the question mark, decoded, in order; a plus sign is a space.
    package var query: [(name: String, value: String)]
    package var fields: HTTPFields
    package var body: [UInt8]
    /// The values that the route's pattern captured, by name.
    package var parameters: [String: String] = [:]
    /// True if the peer's address is 127.0.0.0/8 or ::1.
    package var isFromLoopback = false
    /// True if the request came through a file that only this user's processes may open.
    package var isFromDomainSocket = false

    package init(
        method: HTTPMethod, path: String, query: [(name: String, value: String)] = [],
        fields: HTTPFields = HTTPFields(), body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.segments = Self.segments(of: path)
        self.query = query
        self.fields = fields
        self.body = body
    }

    /// A request for a target that came off the wire.
    init(method: HTTPMethod, target: HTTPTarget, fields: HTTPFields) {
        self.method = method
        path = target.path
        segments = target.segments
        query = target.query
        self.fields = fields
        body = []
    }

    private static func segments(of path: String) -> [String] {
        guard path.utf8.first == UInt8(ascii: "/") else { return [] }
        return path.utf8.dropFirst()
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String($0) ?? "" }
    }

    /// The first query value of that name.
    package func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}

/// What is sent back; the transport adds Date, Content-Length and Connection.
package struct HTTPResponse: Sendable {
    package var status: HTTPStatus
    package var fields: HTTPFields
    package var body: HTTPBody

    package init(
        status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields(), body: HTTPBody = .bytes([])
    ) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A body with its media type.
    package init(status: HTTPStatus = .ok, type: String, bytes: [UInt8]) {
        self.init(status: status, fields: ["Content-Type": type], body: .bytes(bytes))
    }

    package static func text(_ text: String, status: HTTPStatus = .ok) -> Self {
        Self(status: status, type: "text/plain; charset=utf-8", bytes: Array(text.utf8))
    }

    /// A JSON text that is already encoded.
    package static func json(_ bytes: [UInt8], status: HTTPStatus = .ok) -> Self {
        Self(status: status, type: "application/json; charset=utf-8", bytes: bytes)
    }
}

/// Where the bytes of a response come from.
package enum HTTPBody: Sendable {
    case bytes([UInt8])
    /// `range` of the file at `path`, sent by the kernel without passing through the process.
    case file(path: String, range: Range<Int>)
    /// Pieces whose number nobody knows yet, sent as chunks (RFC 9112, section 7.1).
    case pieces(HTTPPieces)
}

/// A body that is made while it is sent, no faster than the client reads.
///
/// `next` is called on a worker thread, never twice at once, until it returns nil. If it throws,
/// the connection is cut: the head has gone out, so nothing else can tell the client.
package struct HTTPPieces: Sendable {
    package let next: @Sendable () throws(HTTPError) -> [UInt8]?

    package init(_ next: @escaping @Sendable () throws(HTTPError) -> [UInt8]?) {
        self.next = next
    }
}
