/// A status code with the phrase that RFC 9110 gives it.
package struct HTTPStatus: Sendable, Hashable {
    package let code: Int

    package init(_ code: Int) { self.code = code }

    package static let `continue` = Self(100)
    package static let ok = Self(200)
    package static let created = Self(201)
    package static let accepted = Self(202)
    package static let noContent = Self(204)
    package static let partialContent = Self(206)
    package static let found = Self(302)
    package static let seeOther = Self(303)
    package static let notModified = Self(304)
    package static let temporaryRedirect = Self(307)
    package static let permanentRedirect = Self(308)
    package static let badRequest = Self(400)
    package static let unauthorized = Self(401)
    package static let forbidden = Self(403)
    package static let notFound = Self(404)
    package static let methodNotAllowed = Self(405)
    package static let notAcceptable = Self(406)
    package static let requestTimeout = Self(408)
    package static let conflict = Self(409)
    package static let gone = Self(410)
    package static let preconditionFailed = Self(412)
    package static let contentTooLarge = Self(413)
    package static let uriTooLong = Self(414)
    package static let unsupportedMediaType = Self(415)
    package static let rangeNotSatisfiable = Self(416)
    package static let expectationFailed = Self(417)
    package static let unprocessableContent = Self(422)
    package static let tooManyRequests = Self(429)
    package static let fieldsTooLarge = Self(431)
    package static let internalError = Self(500)
    package static let notImplemented = Self(501)
    package static let badGateway = Self(502)
    package static let unavailable = Self(503)
    package static let gatewayTimeout = Self(504)
    package static let versionNotSupported = Self(505)
    package static let insufficientStorage = Self(507)
}

extension HTTPStatus {
    /// The phrase of the status line, which no program reads (RFC 9112, section 4).
    package var phrase: String { Self.phrases[code] ?? "Unknown" }

    /// True if an answer of this status never has a body (RFC 9112, section 6.3).
    var isBodiless: Bool {
        code < Self.ok.code || self == .noContent || self == .notModified
    }

    private static let phrases: [Int: String] = [
        100: "Continue", 101: "Switching Protocols",
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
        301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
        307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout",
        409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
        413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
        416: "Range Not Satisfiable", 417: "Expectation Failed", 422: "Unprocessable Content",
        429: "Too Many Requests", 431: "Request Header Fields Too Large",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
        507: "Insufficient Storage",
    ]
}
