/// Finds the route that answers a request.
///
/// Literal segments win over captures, and captures over `{name...}`. If the best pattern does
/// not know the method, the next best one that does is taken: so `GET /books/{id}` and
/// `POST /books/search` live side by side, and `GET /books/search` asks for the book "search".
package struct HTTPRouter: Sendable {
    /// Choices of a listener that go beyond its routes.
    package struct Options: Sendable {
        /// Pages of other origins that may ask; nil adds no fields and answers no preflight.
        package var cors: HTTPCrossOrigin?
        /// `/books/` asks for `/books`, and the other way round.
        package var ignoresTrailingSlash: Bool

        package init(cors: HTTPCrossOrigin? = nil, ignoresTrailingSlash: Bool = false) {
            self.cors = cors
            self.ignoresTrailingSlash = ignoresTrailingSlash
        }
    }

    /// What is to be done with a request.
    package enum Decision: Sendable {
        /// Call the route's handler with this request, whose parameters are filled in.
        case route(HTTPRoute, HTTPRequest)
        /// The router answers itself: OPTIONS, 404, 405.
        case answer(HTTPResponse)
    }

    private var nodes: [HTTPRouteNode] = [HTTPRouteNode()]
    private let options: Options
    private let methods: [HTTPMethod]

    /// - Throws: 500 if a pattern is malformed or two routes answer the same requests.
    package init(routes: [HTTPRoute], options: Options = Options()) throws(HTTPError) {
        self.options = options
        methods = Self.allowed(routes.map(\.method))
        for route in routes { try add(route) }
    }

    package func route(_ request: HTTPRequest) -> Decision {
        if let cors = options.cors, cors.isPreflight(request) {
            return .answer(cors.preflight(request))
        }
        guard request.path != "*" else { return .answer(Self.optionsAnswer(methods)) }
        let candidates = candidates(for: request)
        let found = Self.pick(request.method, from: candidates)
        if let (endpoint, captures) = found {
            var request = request
            request.parameters = Dictionary(
                zip(endpoint.names, captures), uniquingKeysWith: { first, _ in first })
            return .route(endpoint.route, request)
        }
        guard !candidates.isEmpty else {
            return .answer(
                HTTPError(.notFound, "There is nothing at \(request.path).").response)
        }
        let known = candidates.flatMap { $0.endpoints.map(\.route.method) }
        return .answer(Self.refusal(of: request.method, allowing: Self.allowed(known)))
    }

    /// The largest body that is read for a request whose head has arrived, if its route says so.
    package func bodyBytesMax(for request: HTTPRequest) -> Int? {
        guard case .route(let route, _) = route(request) else { return nil }
        return route.bodyBytesMax
    }

    /// Adds what the options ask of every answer, those of the router among them.
    package func finish(_ response: HTTPResponse, origin: String?) -> HTTPResponse {
        guard let cors = options.cors else { return response }
        var response = response
        cors.mark(&response, origin: origin)
        return response
    }
}

extension HTTPRouter {
    private struct Candidate {
        let endpoints: [HTTPRouteNode.Endpoint]
        let captures: [String]
    }

    private static func pick(
        _ method: HTTPMethod, from candidates: [Candidate]
    ) -> (HTTPRouteNode.Endpoint, [String])? {
        let methods = method == .head ? [HTTPMethod.head, .get] : [method]
        for candidate in candidates {
            for method in methods {
                let endpoint = candidate.endpoints.first { $0.route.method == method }
                if let endpoint { return (endpoint, candidate.captures) }
            }
        }
        return nil
    }

    private static func allowed(_ methods: [HTTPMethod]) -> [HTTPMethod] {
        let implied: [HTTPMethod] = methods.contains(.get) ? [.head, .options] : [.options]
        return Set(methods + implied).sorted { $0.rawValue < $1.rawValue }
    }

    private static func refusal(
        of method: HTTPMethod, allowing methods: [HTTPMethod]
    ) -> HTTPResponse {
        guard method != .options else { return optionsAnswer(methods) }
        let allow = methods.map(\.rawValue).joined(separator: ", ")
        return HTTPError(
            .methodNotAllowed, "The method \(method.rawValue) is not allowed here, only \(allow).",
            fields: ["Allow": allow]
        ).response
    }

    private static func optionsAnswer(_ methods: [HTTPMethod]) -> HTTPResponse {
        HTTPResponse(
            status: .noContent,
            fields: ["Allow": methods.map(\.rawValue).joined(separator: ", ")])
    }

    private func candidates(for request: HTTPRequest) -> [Candidate] {
        var segments = request.segments[...]
        if options.ignoresTrailingSlash, segments.last == "" { segments.removeLast() }
        var found: [Candidate] = []
        collect(from: 0, segments, captures: [], into: &found)
        return found
    }

    /// Goes down the tree, best branch first. Every node lies on one path only, so a request
    /// costs at most as many steps as there are nodes, whatever its segments are.
    private func collect(
        from index: Int, _ segments: ArraySlice<String>, captures: [String],
        into found: inout [Candidate]
    ) {
        let node = nodes[index]
        if let first = segments.first {
            let rest = segments.dropFirst()
            if let literal = node.literals[first] {
                collect(from: literal, rest, captures: captures, into: &found)
            }
            if let capture = node.capture, !first.isEmpty {
                collect(from: capture, rest, captures: captures + [first], into: &found)
            }
        } else if !node.endpoints.isEmpty {
            found.append(Candidate(endpoints: node.endpoints, captures: captures))
        }
        // A slash inside a segment would look like a border between two once they are joined.
        let canJoin = !segments.contains { $0.contains("/") }
        let isBelow = !segments.isEmpty || options.ignoresTrailingSlash
        if !node.restEndpoints.isEmpty, canJoin, isBelow {
            let joined = segments.joined(separator: "/")
            found.append(Candidate(endpoints: node.restEndpoints, captures: captures + [joined]))
        }
    }

    private mutating func add(_ route: HTTPRoute) throws(HTTPError) {
        var segments = try HTTPPattern(route.pattern).segments
        if options.ignoresTrailingSlash, segments.last == .literal("") { segments.removeLast() }
        let names = segments.compactMap(\.name)
        var index = 0
        var takesRest = false
        for segment in segments {
            switch segment {
            case .literal(let text):
                if nodes[index].literals[text] == nil { nodes[index].literals[text] = appendNode() }
                index = nodes[index].literals[text] ?? index
            case .capture:
                if nodes[index].capture == nil { nodes[index].capture = appendNode() }
                index = nodes[index].capture ?? index
            case .rest: takesRest = true
            }
        }
        let endpoint = HTTPRouteNode.Endpoint(route: route, names: names)
        let isFree = nodes[index].add(endpoint, takesRest: takesRest)
        guard isFree else {
            throw HTTPError(
                .internalError, "Two routes answer \(route.method.rawValue) \(route.pattern).")
        }
    }

    private mutating func appendNode() -> Int {
        nodes.append(HTTPRouteNode())
        return nodes.count - 1
    }
}

/// One place in the tree of patterns; children are indices into the router's nodes.
struct HTTPRouteNode: Sendable {
    struct Endpoint: Sendable {
        let route: HTTPRoute
        /// The names of the captures on the way here, in order.
        let names: [String]
    }

    var literals: [String: Int] = [:]
    var capture: Int?
    private(set) var endpoints: [Endpoint] = []
    private(set) var restEndpoints: [Endpoint] = []

    /// Returns false if the method is taken already.
    mutating func add(_ endpoint: Endpoint, takesRest: Bool) -> Bool {
        let present = takesRest ? restEndpoints : endpoints
        guard !present.contains(where: { $0.route.method == endpoint.route.method }) else {
            return false
        }
        if takesRest { restEndpoints.append(endpoint) } else { endpoints.append(endpoint) }
        return true
    }
}
