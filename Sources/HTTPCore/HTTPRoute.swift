/// How a route answers, and therefore on which thread.
package enum HTTPHandler: Sendable {
    /// Runs on the event loop, between two other clients: computes, never waits.
    case immediate(@Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse)
    /// Runs on the event loop as long as all that it needs is at hand; nil sends the request on to
    /// a worker thread, where the second form may wait.
    case prompt(
        @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse?,
        otherwise: @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse)
    /// Runs on a worker thread: may wait for a disk, a lock or a long search.
    case waiting(@Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse)
    /// Is called on the event loop, returns at once, and answers later from any thread.
    case deferred(@Sendable (HTTPRequest, HTTPReply) -> Void)
}

/// The single answer to a deferred request; whoever answers second is ignored.
package struct HTTPReply: Sendable {
    private let send: @Sendable (Result<HTTPResponse, HTTPError>) -> Void

    package init(_ send: @escaping @Sendable (Result<HTTPResponse, HTTPError>) -> Void) {
        self.send = send
    }

    package func callAsFunction(_ answer: Result<HTTPResponse, HTTPError>) { send(answer) }
}

/// A method, a path pattern and what happens.
///
/// A pattern is a path whose segments may be `{name}` (captures one segment) and whose last one
/// may be `{name...}` (captures the rest, which may be empty). Literal segments win over captures.
package struct HTTPRoute: Sendable {
    package let method: HTTPMethod
    package let pattern: String
    package let handler: HTTPHandler
    /// The largest body that this route takes; nil leaves it to the listener's limits.
    package let bodyBytesMax: Int?

    package init(
        _ method: HTTPMethod, _ pattern: String, bodyBytesMax: Int? = nil, _ handler: HTTPHandler
    ) {
        self.method = method
        self.pattern = pattern
        self.bodyBytesMax = bodyBytesMax
        self.handler = handler
    }
}
