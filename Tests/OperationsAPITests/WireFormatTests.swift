import Compression
import Foundation
import HTTPCore
import JSON
import TestSupport
import Testing
import WireFormats

@testable import OperationsAPI

/// The operations API as it is spoken: types of bodies and answers, packing, the domain socket.
@Suite struct WireFormatTests {
    private static let describe: JSONValue = ["operation": "describe_all"]
    private static let listUsers: JSONValue = ["operation": "list_users"]

    /// Asks with fields of its own and returns the answer as it is sent.
    private static func ask(
        _ fixture: OperationsFixture, _ body: [UInt8], _ fields: HTTPFields = [:],
        login: String? = OperationsFixture.admin, change: (inout HTTPRequest) -> Void = { _ in }
    ) throws -> HTTPResponse {
        var request = HTTPRequest(method: .post, path: "/", fields: fields, body: body)
        request.fields["Authorization"] = login
        change(&request)
        return try fixture.response(to: request)
    }

    private static func bytes(_ response: HTTPResponse) throws -> [UInt8] {
        guard case .bytes(let bytes) = response.body else {
            throw FixtureError(description: "an operation answers with bytes")
        }
        return bytes
    }

    private static func search(_ fixture: OperationsFixture, _ fields: HTTPFields) throws
        -> HTTPResponse
    {
        let body: JSONValue = [
            "operation": "search_by_value", "schema": "dev", "table": "dog",
            "search_attribute": "id", "search_value": "*", "get_attributes": ["id", "name"],
        ]
        return try ask(fixture, body.encoded(), fields)
    }
}

// MARK: Bodies

extension WireFormatTests {
    @Test(arguments: [
        nil, "application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
        "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
    ])
    func `a body of this type is read as JSON`(type: String?) throws {
        var fields = HTTPFields()
        fields["Content-Type"] = type

        let response = try Self.ask(OperationsFixture(), Self.describe.encoded(), fields)

        #expect(response.status == .ok)
    }

    @Test(arguments: [
        ("application/cbor", CBOR.encode(describe)),
        ("application/x-msgpack", MessagePack.encode(describe)),
        ("application/msgpack", MessagePack.encode(describe)),
    ])
    func `a binary body is read`(type: String, body: [UInt8]) throws {
        let response = try Self.ask(OperationsFixture(), body, ["Content-Type": type])

        #expect(response.status == .ok)
    }

    @Test(arguments: ["application/xml", "multipart/form-data; boundary=x", "application/cborx"])
    func `a body of a type that nobody reads is refused`(type: String) throws {
        let response = try Self.ask(
            OperationsFixture(), Self.describe.encoded(), ["Content-Type": type])

        #expect(response.status == .unsupportedMediaType)
    }

    @Test(arguments: [
        ("application/json", "Invalid JSON."), ("application/cbor", "invalid CBOR"),
        ("application/x-msgpack", "invalid MessagePack"),
    ])
    func `a body that is not what its type says is refused`(type: String, text: String) throws {
        let response = try Self.ask(OperationsFixture(), [0xC1], ["Content-Type": type])

        #expect(response.status == .badRequest)
        #expect(String(decoding: try Self.bytes(response), as: UTF8.self).contains(text))
    }

    @Test(arguments: ["application/json", "application/cbor", "application/x-msgpack"])
    func `every format has the same limit of depth`(type: String) throws {
        func status(_ depth: Int) throws -> HTTPStatus {
            var value: JSONValue = 1
            for _ in 0..<(depth - 1) { value = [value] }
            let body: JSONValue = ["operation": "describe_all", "unknown": value]
            let bytes =
                switch type {
                case "application/cbor": CBOR.encode(body)
                case "application/x-msgpack": MessagePack.encode(body)
                default: body.encoded()
                }
            return try Self.ask(OperationsFixture(), bytes, ["Content-Type": type]).status
        }

        #expect(try status(OperationsAPI.depthMax) == .ok)
        #expect(try status(OperationsAPI.depthMax + 1) == .badRequest)
    }

    @Test(arguments: ["gzip", "x-gzip", "GZIP"])
    func `a packed body is unpacked`(coding: String) throws {
        let response = try Self.ask(
            OperationsFixture(), Gzip.compress(Self.describe.encoded()),
            ["Content-Encoding": coding])

        #expect(response.status == .ok)
    }

    @Test func `a packed body that is damaged is refused`() throws {
        let packed = Gzip.compress(Self.describe.encoded()).dropLast()

        let response = try Self.ask(
            OperationsFixture(), Array(packed), ["Content-Encoding": "gzip"])

        #expect(response.status == .badRequest)
    }

    @Test(arguments: ["br", "gzip, gzip", "deflate"])
    func `a coding that nobody unpacks is refused`(coding: String) throws {
        let response = try Self.ask(
            OperationsFixture(), Self.describe.encoded(), ["Content-Encoding": coding])

        #expect(response.status == .unsupportedMediaType)
        #expect(response.fields["Accept-Encoding"] == "gzip")
    }

    @Test func `a packed body is as large as any other once it is unpacked`() throws {
        let request = HTTPRequest(
            method: .post, path: "/", fields: ["Content-Encoding": "gzip"],
            body: Gzip.compress(Array(repeating: UInt8(ascii: " "), count: 1_000) + Array("1".utf8))
        )

        #expect(
            try RequestBody.value(of: request, bytesMax: 1_001, limits: JSONLimits())
                == .integer(1))
        let error = #expect(throws: HTTPError.self) {
            try RequestBody.value(of: request, bytesMax: 1_000, limits: JSONLimits())
        }
        #expect(error?.status == .contentTooLarge)
        #expect(error?.message.contains("1000") == true)
    }

    @Test func `a key that arrives as floating point is the whole number that it is`() throws {
        let fixture = try OperationsFixture.withDogs()
        let insert: JSONValue = [
            "operation": "insert", "schema": "dev", "table": "dog",
            "records": [["id": 1_690_000_000_000]],
        ]

        _ = try Self.ask(fixture, CBOR.encode(insert), ["Content-Type": "application/cbor"])

        try fixture.expectAnswer(
            [["id": 1_690_000_000_000]],
            [
                "operation": "search_by_hash", "schema": "dev", "table": "dog",
                "hash_values": [1_690_000_000_000], "get_attributes": ["id"],
            ])
    }
}

// MARK: Answers

extension WireFormatTests {
    @Test(arguments: [
        (nil, "application/json; charset=utf-8"), ("*/*", "application/json; charset=utf-8"),
        ("image/png", "application/json; charset=utf-8"), ("application/cbor", "application/cbor"),
        ("application/x-msgpack", "application/x-msgpack"), ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.1, application/cbor;q=0.5", "application/cbor"),
    ])
    func `an answer has the type that the client likes best`(accept: String?, type: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"], ["id": 2]])
        var fields = HTTPFields()
        fields["Accept"] = accept

        let response = try Self.search(fixture, fields)

        #expect(response.fields["Content-Type"] == type)
        #expect(response.fields.values(of: "Vary") == ["Accept, Accept-Encoding"])
        let rows: JSONValue = [["id": 1, "name": "Penny"], ["id": 2, "name": nil]]
        let bytes = try Self.bytes(response)
        switch type {
        case "application/cbor": #expect(try CBOR.decode(bytes) == rows)
        case "application/x-msgpack": #expect(try MessagePack.decode(bytes) == rows)
        case "text/csv; charset=utf-8":
            #expect(String(decoding: bytes, as: UTF8.self) == "\"id\",\"name\"\n1,\"Penny\"\n2,\n")
        default: #expect(try JSONValue(parsing: bytes) == rows)
        }
    }

    @Test func `an answer that is no table is JSON for a client that wants one`() throws {
        let response = try Self.ask(
            OperationsFixture(), Self.describe.encoded(), ["Accept": "text/csv"])

        #expect(response.fields["Content-Type"] == "application/json; charset=utf-8")
        #expect(response.fields["Content-Disposition"] == nil)
    }

    @Test(arguments: ["application/cbor", "application/x-msgpack", "text/csv", "*/*"])
    func `an error comes in the same form, with its fields`(accept: String) throws {
        let response = try Self.ask(
            OperationsFixture(), Self.describe.encoded(), ["Accept": accept], login: nil)

        let bytes = try Self.bytes(response)
        let body =
            switch accept {
            case "application/cbor": try CBOR.decode(bytes)
            case "application/x-msgpack": try MessagePack.decode(bytes)
            default: try JSONValue(parsing: bytes)
            }
        #expect(body == ["error": "Must login"])
        #expect(response.status == .unauthorized)
        #expect(response.fields["WWW-Authenticate"] == "Basic")
        #expect(response.fields.values(of: "Vary") == ["Accept, Accept-Encoding"])
        #expect(response.fields["Server-Timing"] != nil)
        #expect(response.fields.values(of: "Content-Type").count == 1)
    }

    @Test func `an answer is packed from its limit on, if the client unpacks it`() throws {
        func answer(_ bytes: Int, _ field: String?) -> HTTPResponse {
            var request = HTTPRequest(method: .post, path: "/")
            request.fields["Accept-Encoding"] = field
            let text = String(repeating: "a", count: bytes - 2)
            return AnswerFormat(request).response(.string(text))
        }

        let packed = answer(AnswerFormat.gzipBytesMin, "gzip")
        #expect(packed.fields["Content-Encoding"] == "gzip")
        let text = try Gzip.decompress(Self.bytes(packed), bytesMax: AnswerFormat.gzipBytesMin)
        #expect(text.count == AnswerFormat.gzipBytesMin)
        #expect(answer(AnswerFormat.gzipBytesMin - 1, "gzip").fields["Content-Encoding"] == nil)
        #expect(answer(AnswerFormat.gzipBytesMin, nil).fields["Content-Encoding"] == nil)
        #expect(answer(AnswerFormat.gzipBytesMin, "gzip;q=0").fields["Content-Encoding"] == nil)
    }

    @Test func `an answer says how long it took`() throws {
        let response = try Self.ask(OperationsFixture(), Self.describe.encoded())

        let timing = try #require(response.fields["Server-Timing"])
        #expect(timing.wholeMatch(of: /db;dur=[0-9]+(\.[0-9]+)?/) != nil)
    }

    @Test func `a page of another origin may ask, and caches keep the answers apart`() throws {
        let api = try OperationsFixture().api
        let router = try HTTPRouter(routes: api.routes, options: .init(cors: HTTPCrossOrigin()))
        var request = HTTPRequest(method: .options, path: "/")
        request.fields = ["Origin": "http://a.example", "Access-Control-Request-Method": "POST"]

        guard case .answer(let answer) = router.route(request) else {
            throw FixtureError(description: "a preflight reaches no operation")
        }
        let preflight = router.finish(answer, origin: "http://a.example")
        #expect(preflight.fields["Access-Control-Allow-Origin"] == "http://a.example")
        #expect(
            preflight.fields["Access-Control-Allow-Headers"]
                == "Content-Type, Authorization, Accept")
        #expect(
            preflight.fields["Access-Control-Allow-Methods"]
                == "POST, GET, PUT, DELETE, PATCH, OPTIONS")
        #expect(preflight.fields["Access-Control-Allow-Credentials"] == nil)

        let finished = router.finish(
            AnswerFormat(request).response(1), origin: "http://a.example")
        #expect(finished.fields.values(of: "Vary") == ["Accept, Accept-Encoding, Origin"])
    }
}

// MARK: The domain socket

extension WireFormatTests {
    @Test func `a request from the domain socket acts as a super user`() throws {
        let response = try Self.ask(
            OperationsFixture(), Self.listUsers.encoded(), login: nil
        ) { $0.isFromDomainSocket = true }

        #expect(response.status == .ok)
    }

    @Test func `a request from the loopback address has to log in`() throws {
        let response = try Self.ask(
            OperationsFixture(), Self.listUsers.encoded(), login: nil
        ) { $0.isFromLoopback = true }

        #expect(response.status == .unauthorized)
    }

    @Test func `the loopback address needs no login where the node is told so`() throws {
        let fixture = try OperationsFixture(login: LoginRules(trustsLoopback: true))
        let ask = { (login: String?, isLocal: Bool) in
            try Self.ask(fixture, Self.listUsers.encoded(), login: login) {
                $0.isFromLoopback = isLocal
            }.status
        }

        #expect(try ask(nil, true) == .ok)
        #expect(try ask(nil, false) == .unauthorized)
        #expect(try ask(OperationsFixture.basic("admin", "wrong"), true) == .unauthorized)
    }
}

// MARK: Pages

extension WireFormatTests {
    private static func page(_ path: String) throws -> HTTPResponse {
        let api = try OperationsFixture().api
        let route = try #require(api.routes.first { $0.method == .get && $0.pattern == path })
        guard case .immediate(let answer) = route.handler else {
            throw FixtureError(description: "a page waits for nothing")
        }
        return try answer(HTTPRequest(method: .get, path: path))
    }

    @Test func `a load balancer is told that the node runs, without a login`() throws {
        let response = try Self.page("/health")

        #expect(response.status == .ok)
        #expect(response.fields["Content-Type"] == "text/plain; charset=utf-8")
        #expect(try Self.bytes(response) == Array("HarperDB is running.".utf8))
    }

    @Test func `a browser is shown a page that says that the node runs`() throws {
        let response = try Self.page("/")

        #expect(response.status == .ok)
        #expect(response.fields["Content-Type"] == "text/html; charset=utf-8")
        #expect(String(decoding: try Self.bytes(response), as: UTF8.self).contains("is running"))
    }
}
