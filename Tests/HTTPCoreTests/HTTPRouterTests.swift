import HTTPCore
import Testing

@Suite struct HTTPRouterTests {
    private static func route(
        _ method: HTTPMethod, _ pattern: String, bodyBytesMax: Int? = nil
    ) -> HTTPRoute {
        HTTPRoute(
            method, pattern, bodyBytesMax: bodyBytesMax,
            .immediate { _ throws(HTTPError) in .text(pattern) })
    }

    private static let routes = [
        route(.get, "/books"), route(.post, "/books"), route(.get, "/books/{id}"),
        route(.post, "/books/search", bodyBytesMax: 7), route(.get, "/books/{id}/notes/{note}"),
        route(.get, "/ui/{path...}"), route(.get, "/ui/app.js"), route(.get, "/"),
        route(.delete, "/{any}"),
    ]

    /// Pattern and captures, or the status of the router's own answer.
    private static func find(
        _ method: HTTPMethod, _ target: String, options: HTTPRouter.Options = .init()
    ) throws -> String {
        let router = try HTTPRouter(routes: routes, options: options)
        let text = head(line: "\(method.rawValue) \(target) HTTP/1.1")
        let request = try #require(firstRequest(in: text))
        switch router.route(request) {
        case .answer(let response): return "\(response.status.code)"
        case .route(let route, let request):
            let captures = request.parameters.sorted { $0.key < $1.key }
            return ([route.pattern] + captures.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        }
    }

    @Test(
        arguments: [
            (.get, "/", "/"), (.get, "/books", "/books"), (.head, "/books", "/books"),
            (.get, "/books/7", "/books/{id} id=7"), (.post, "/books/search", "/books/search"),
            (.get, "/books/search", "/books/{id} id=search"),
            (.get, "/books/a%2Fb", "/books/{id} id=a/b"),
            (.get, "/books/a%20b", "/books/{id} id=a b"),
            (.get, "/books/7/notes/8", "/books/{id}/notes/{note} id=7 note=8"),
            (.get, "/ui/", "/ui/{path...} path="),
            (.get, "/ui/a/b.css", "/ui/{path...} path=a/b.css"),
            (.get, "/ui/app.js", "/ui/app.js"),
            (.get, "/ui/app.js/x", "/ui/{path...} path=app.js/x"),
            (.delete, "/books", "/{any} any=books"),
            (.get, "/nothing/there", "404"), (.get, "/books/", "404"), (.get, "/ui", "405"),
            (.get, "/books//notes/8", "404"), (.get, "/ui/..%2Fsecret", "404"),
            (.put, "/books", "405"), (.post, "/books/7", "405"), (.options, "/books", "204"),
            (.get, "//", "404"),
        ] as [(HTTPMethod, String, String)])
    func `the best route that knows the method is taken`(
        method: HTTPMethod, target: String, expected: String
    ) throws {
        #expect(try Self.find(method, target) == expected)
    }

    @Test(arguments: [
        ("/books/", "/books"), ("/books", "/books"), ("/books/7/", "/books/{id} id=7"),
        ("/ui", "/ui/{path...} path="), ("/ui/", "/ui/{path...} path="), ("/", "/"),
        ("/books//", "404"),
    ])
    func `a trailing slash can be ignored`(target: String, expected: String) throws {
        let options = HTTPRouter.Options(ignoresTrailingSlash: true)

        #expect(try Self.find(.get, target, options: options) == expected)
    }

    @Test func `405 says what is allowed`() throws {
        let router = try HTTPRouter(routes: Self.routes)

        guard case .answer(let response) = router.route(HTTPRequest(method: .put, path: "/books"))
        else {
            Issue.record("A route was found.")
            return
        }

        #expect(response.status == .methodNotAllowed)
        #expect(response.fields["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST")
    }

    @Test func `an error is told as JSON`() throws {
        let router = try HTTPRouter(routes: [])
        let request = HTTPRequest(method: .get, path: "/a\"b\n")

        guard case .answer(let response) = router.route(request),
            case .bytes(let bytes) = response.body
        else {
            Issue.record("There is no answer.")
            return
        }

        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == #"{"error":"There is nothing at /a\"b\u000a."}"#)
    }

    @Test(arguments: [
        ["/a/{x}", "/a/{y}"], ["/a", "/a"], ["a"], ["/{}"], ["/{a"], ["/a}"], ["/x{a}"],
        ["/{a}/{a}"], ["/{a...}/b"], ["/{...}"], ["/{a...}", "/{b...}"],
    ])
    func `patterns that are malformed or in conflict are refused`(patterns: [String]) {
        #expect(throws: HTTPError.self) {
            try HTTPRouter(routes: patterns.map { Self.route(.get, $0) })
        }
    }

    @Test func `a route may have its own limit on bodies`() throws {
        let router = try HTTPRouter(routes: Self.routes)

        let own = router.bodyBytesMax(for: HTTPRequest(method: .post, path: "/books/search"))
        let general = router.bodyBytesMax(for: HTTPRequest(method: .post, path: "/books"))

        #expect(own == 7)
        #expect(general == nil)
    }

    @Test(
        arguments: [(nil, "https://a"), (["https://a"], "https://a"), (["https://b"], nil)]
            as [(Set<String>?, String?)])
    func `a preflight is answered for the origins that are allowed`(
        origins: Set<String>?, allowed: String?
    ) throws {
        let cors = HTTPCrossOrigin(origins: origins)
        let router = try HTTPRouter(routes: Self.routes, options: .init(cors: cors))
        let request = HTTPRequest(
            method: .options, path: "/books",
            fields: ["Origin": "https://a", "Access-Control-Request-Method": "POST"])

        guard case .answer(let answer) = router.route(request) else {
            Issue.record("A route was found.")
            return
        }
        let response = router.finish(answer, origin: "https://a")

        #expect(response.status == .noContent)
        #expect(response.fields["Access-Control-Allow-Origin"] == allowed)
        #expect(response.fields["Vary"] == "Origin")
        let names = response.fields["Access-Control-Allow-Headers"]
        #expect(names == (allowed == nil ? nil : "Content-Type, Authorization, Accept"))
    }

    @Test func `without CORS no answer speaks of origins`() throws {
        let router = try HTTPRouter(routes: [])

        #expect(router.finish(HTTPResponse(), origin: "https://a").fields.all.isEmpty)
    }
}
