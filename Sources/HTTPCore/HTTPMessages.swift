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
    /// The path, percent-decoded, beginning with a slash.
    package var path: String
    /// Names and values after the question mark, decoded, in order; a plus sign is a space.
    package var query: [(name: String, value: String)]
    package var fields: HTTPFields
    package var body: [UInt8]
    /// The values that the route's pattern captured, by name.
    package var parameters: [String: String] = [:]
    /// True if the peer's address is 127.0.0.0/8 or ::1.
    package var isFromLoopback = false

    package init(
        method: HTTPMethod, path: String, query: [(name: String, value: String)] = [],
        fields: HTTPFields = HTTPFields(), body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
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
}

/// A status code with the phrase that RFC 9110 gives it.
package struct HTTPStatus: Sendable, Hashable {
    package let code: Int
    package init(_ code: Int) { self.code = code }

    package static let ok = Self(200)
    package static let created = Self(201)
    package static let noContent = Self(204)
    package static let partialContent = Self(206)
    package static let permanentRedirect = Self(308)
    package static let notModified = Self(304)
    package static let badRequest = Self(400)
    package static let unauthorized = Self(401)
    package static let forbidden = Self(403)
    package static let notFound = Self(404)
    package static let methodNotAllowed = Self(405)
    package static let requestTimeout = Self(408)
    package static let conflict = Self(409)
    package static let preconditionFailed = Self(412)
    package static let contentTooLarge = Self(413)
    package static let uriTooLong = Self(414)
    package static let unsupportedMediaType = Self(415)
    package static let rangeNotSatisfiable = Self(416)
    package static let expectationFailed = Self(417)
    package static let unprocessableContent = Self(422)
    package static let fieldsTooLarge = Self(431)
    package static let internalError = Self(500)
    package static let notImplemented = Self(501)
    package static let unavailable = Self(503)
    package static let versionNotSupported = Self(505)
    package static let insufficientStorage = Self(507)
}
