import HTTPCore

/// What a client asks for.
package struct HTTPClientRequest: Sendable {
    package var method: HTTPMethod
    /// With scheme and host: `http://trainer:9926/feed/latest.json`.
    package var url: String
    package var fields: HTTPFields
    package var body: [UInt8]
    /// Instead of the client's limit, for a server that is asked to think or to wait.
    package var answerTime: Duration?

    package init(
        _ method: HTTPMethod = .get, _ url: String, fields: HTTPFields = HTTPFields(),
        body: [UInt8] = [], answerTime: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.answerTime = answerTime
    }

    /// Adds a Range field for the positions from `start` to the end (RFC 9110, section 14.2).
    package mutating func resume(from start: Int, ifEntityTag tag: String? = nil) {
        fields["Range"] = "bytes=\(start)-"
        if let tag { fields["If-Range"] = tag }
    }
}

/// A whole answer; redirects are answers like others, to be followed or not by who asked.
package struct HTTPClientResponse: Sendable {
    package let status: HTTPStatus
    package let fields: HTTPFields
    package let body: [UInt8]

    package init(status: HTTPStatus, fields: HTTPFields, body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// How long a client waits and how much it reads.
package struct HTTPClientLimits: Sendable {
    /// Until a connection stands, for each address of the host.
    package var connectTime = Duration.seconds(5)
    /// From the sent request to the end of the answer's head.
    package var answerTime = Duration.seconds(30)
    /// A body must bring `bodyBytesPerWindowMin` in each window, unless it ends in it.
    package var bodyWindow = Duration.seconds(10)
    package var bodyBytesPerWindowMin = 80 * 1024
    /// Of one answer, where the call does not say otherwise.
    package var bodyBytesMax = 16 * 1024 * 1024
    package var codec = HTTPLimits()
    /// Connections that are kept for the next request, over all servers.
    package var idleConnectionsMax = 8
    package var idleTime = Duration.seconds(30)

    package init() {}
}

/// Why there is no answer.
package struct HTTPClientError: Error, Sendable {
    /// What kind of failure it is; a caller retries some and not others.
    package enum Code: Sendable {
        /// The request cannot be sent as it is: the address or a field.
        case invalidRequest
        case nameNotResolved
        case connectFailed
        /// The caller's deadline or one of the client's times has passed.
        case timedOut
        /// The body came more slowly than the limit.
        case tooSlow
        /// The server went away in the middle.
        case connectionLost
        /// The answer is not HTTP as it should be.
        case invalidAnswer
        case bodyTooLarge
        /// The caller's closure threw; its error is the cause.
        case receiverFailed
        /// The client was stopped.
        case stopped
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
