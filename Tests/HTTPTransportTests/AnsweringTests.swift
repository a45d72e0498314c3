import Foundation
import HTTPCore
import HTTPTransport
import Synchronization
import Telemetry
import TestSupport
import Testing

/// How handlers of each kind, files and bodies made piece by piece become answers.
@Suite struct AnsweringTests {
    private struct Secret: Error {}

    private static func failing(_ kind: String) -> HTTPRoute {
        let error = HTTPError(.conflict, "No.", fields: ["X": "y"], cause: Secret())
        return switch kind {
        case "immediate":
            HTTPRoute(
                .get, "/fail", .immediate { _ throws(HTTPError) -> HTTPResponse in throw error })
        case "waiting":
            HTTPRoute(
                .get, "/fail", .waiting { _ throws(HTTPError) -> HTTPResponse in throw error })
        default: HTTPRoute(.get, "/fail", .deferred { $1(.failure(error)) })
        }
    }

    @Test(arguments: ["immediate", "waiting", "deferred"])
    func `an error becomes its status, and its cause stays inside`(kind: String) throws {
        let fixture = try ServerFixture(routes: [Self.failing(kind)])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/fail"))

        let answer = try client.answer()
        #expect(answer.status == 409)
        #expect(answer.body == #"{"error":"No."}"#)
        #expect(answer.fields["X"] == "y")
    }

    @Test func `a deferred answer may come from any thread, and only the first counts`() throws {
        let route = HTTPRoute(
            .get, "/later",
            .deferred { _, reply in
                Thread.detachNewThread {
                    reply(.success(.text("first")))
                    reply(.success(.text("second")))
                }
            })
        let fixture = try ServerFixture(routes: [route])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/later") + get("/later"))

        #expect(try client.answer().body == "first")
        #expect(try client.answer().body == "first")
    }

    @Test func `a handler may end the connection with its answer`() throws {
        let route = HTTPRoute(
            .get, "/last",
            .immediate { _ throws(HTTPError) in
                HTTPResponse(fields: ["Connection": "close"])
            })
        let fixture = try ServerFixture(routes: [route])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/last") + get("/last"))

        let all = try client.receiveAll()
        #expect(all.components(separatedBy: "Connection: close\r\n").count == 2)
        #expect(all.components(separatedBy: "HTTP/1.1 200").count == 2)
    }

    @Test func `a reply that is lost is a 500 and not a silence`() throws {
        let fixture = try ServerFixture(
            routes: [HTTPRoute(.get, "/lost", .deferred { _, _ in })])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/lost"))

        #expect(try client.answer().status == 500)
    }

    @Test func `a field that would be two is a 500`() throws {
        let route = HTTPRoute(
            .get, "/split",
            .immediate { _ throws(HTTPError) in HTTPResponse(fields: ["A": "b\r\nC: d"]) })
        let fixture = try ServerFixture(routes: [route])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/split"))

        let answer = try client.answer()
        #expect(answer.status == 500)
        #expect(answer.fields["C"] == nil)
        #expect(fixture.counter("http_answers_failed_total") == 1)
    }

    @Test func `the answer to HEAD has no body and the next answer follows at once`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        try client.send("HEAD /ping HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")

        let text = try client.receiveAll()
        #expect(text.contains("Content-Length: 4\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    private static func pieces(_ pieces: [String]) -> HTTPRoute {
        HTTPRoute(
            .get, "/pieces",
            .immediate { _ throws(HTTPError) in
                let left = Mutex(pieces[...])
                return HTTPResponse(
                    body: .pieces(
                        HTTPPieces { () throws(HTTPError) in
                            let piece = left.withLock { $0.popFirst() }
                            if piece == "fail" { throw HTTPError(.internalError, "No more.") }
                            return piece.map { Array($0.utf8) }
                        }))
            })
    }

    @Test func `a body made piece by piece is sent in chunks`() throws {
        let fixture = try ServerFixture(routes: [Self.pieces(["abc", "", "0123456789"])])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/pieces") + get("/pieces", "Connection: close\r\n"))

        let chunks = "\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n"
        let parts = try client.receiveAll().components(separatedBy: chunks)
        #expect(parts.count == 3)
        #expect(parts.last?.isEmpty == true)
    }

    @Test func `HTTP 1.0 gets the pieces plain until the connection ends`() throws {
        let fixture = try ServerFixture(routes: [Self.pieces(["abc", "def"])])
        let client = try RawClient(port: fixture.port)

        try client.send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")

        #expect(try client.receiveAll().hasSuffix("\r\n\r\nabcdef"))
    }

    @Test func `a body that fails in the middle has no last chunk`() throws {
        let fixture = try ServerFixture(routes: [Self.pieces(["abc", "fail"])])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/pieces"))

        #expect(try client.receiveAll().hasSuffix("3\r\nabc\r\n"))
    }

    private static func file(_ path: String, range: Range<Int>) -> HTTPRoute {
        HTTPRoute(
            .get, "/file",
            .immediate { _ throws(HTTPError) in
                HTTPResponse(body: .file(path: path, range: range))
            })
    }

    @Test(arguments: [0..<3_000_000, 0..<0, 7..<8, 2_999_999..<3_000_000])
    func `a range of a file is sent as it is`(range: Range<Int>) throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        try Data(bytes).write(to: URL(fileURLWithPath: directory.file("blob")))
        let fixture = try ServerFixture(
            routes: [Self.file(directory.file("blob"), range: range)] + ServerFixture.routes)

        let client = HTTPClient()
        let answer = try client.send(
            HTTPClientRequest(.get, "http://127.0.0.1:\(fixture.port)/file"))

        #expect(answer.body == Array(bytes[range]))
    }

    @Test func `pipelined files keep their order among other answers`() throws {
        let directory = try TemporaryDirectory()
        try Data("file".utf8).write(to: URL(fileURLWithPath: directory.file("blob")))
        let fixture = try ServerFixture(
            routes: [Self.file(directory.file("blob"), range: 0..<4)] + ServerFixture.routes)
        let client = try RawClient(port: fixture.port)

        try client.send(String(repeating: get("/file") + get("/ping"), count: 50))

        for _ in 0..<50 {
            #expect(try client.answer().body == "file")
            #expect(try client.answer().body == "pong")
        }
    }

    @Test(arguments: [204, 304])
    func `a file behind a status without a body is not sent`(code: Int) throws {
        let directory = try TemporaryDirectory()
        try Data("file".utf8).write(to: URL(fileURLWithPath: directory.file("blob")))
        let path = directory.file("blob")
        let route = HTTPRoute(
            .get, "/none",
            .immediate { _ throws(HTTPError) in
                HTTPResponse(status: HTTPStatus(code), body: .file(path: path, range: 0..<4))
            })
        let fixture = try ServerFixture(routes: [route] + ServerFixture.routes)
        let client = try RawClient(port: fixture.port)

        try client.send(get("/none") + get("/ping"))

        #expect(try client.answer().status == code)
        #expect(try client.answer().body == "pong")
    }

    @Test(arguments: ["missing", ".", "short"])
    func `a file that cannot be sent whole is a 500`(name: String) throws {
        let directory = try TemporaryDirectory()
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: directory.file("short")))
        let fixture = try ServerFixture(
            routes: [Self.file(directory.file(name), range: 0..<4)])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/file"))

        #expect(try client.answer().status == 500)
    }
}
