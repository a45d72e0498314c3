import Foundation
import HTTPCore
import HTTPTransport
import Synchronization
import Telemetry
import Testing

@Suite struct HTTPClientTests {
    private static func limits(_ change: (inout HTTPClientLimits) -> Void) -> HTTPClientLimits {
        var limits = HTTPClientLimits()
        change(&limits)
        return limits
    }

    private static func url(_ fixture: ServerFixture, _ path: String) -> String {
        "http://127.0.0.1:\(fixture.port)\(path)"
    }

    @Test func `requests to one server share a connection`() throws {
        let fixture = try ServerFixture()
        let client = HTTPClient()

        for body in ["one", "two", "three"] {
            let answer = try client.send(
                HTTPClientRequest(.post, Self.url(fixture, "/echo"), body: Array(body.utf8)))
            #expect(answer.status == .ok)
            #expect(String(decoding: answer.body, as: UTF8.self) == body)
        }

        #expect(fixture.counter("http_connections_opened_total") == 1)
    }

    @Test func `a host may be named`() throws {
        let fixture = try ServerFixture()

        let answer = try HTTPClient().send(
            HTTPClientRequest(.get, "http://localhost:\(fixture.port)/ping"))

        #expect(answer.body == Array("pong".utf8))
    }

    @Test func `a kept connection that the server has closed is replaced`() throws {
        let scripted = try ScriptedServer(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"])
        let client = HTTPClient()

        for _ in 0..<3 {
            let answer = try client.send(HTTPClientRequest(.get, scripted.url))
            #expect(answer.body == Array("ab".utf8))
        }

        #expect(scripted.connectionCount == 3)
    }

    @Test func `a part of a body arrives piece by piece before its end`() throws {
        let scripted = try ScriptedServer([
            "HTTP/1.1 206 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
            "1\r\nc\r\n0\r\n\r\n",
        ])
        var pieces: [UInt8] = []
        var status: HTTPStatus?

        var request = HTTPClientRequest(.get, scripted.url)
        request.resume(from: 7, ifEntityTag: "\"t\"")
        let head = try HTTPClient().stream(
            request, head: { status = $0.status }, piece: { pieces += $0 })

        #expect(pieces == Array("abc".utf8))
        #expect(status == .partialContent)
        #expect(head.status == .partialContent)
        #expect(scripted.lastRequest.contains("Range: bytes=7-\r\nIf-Range: \"t\"\r\n"))
    }

    @Test func `a receiver that throws ends the call`() throws {
        struct Full: Error {}
        let fixture = try ServerFixture()

        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient().stream(HTTPClientRequest(.get, Self.url(fixture, "/ping"))) { _ in
                throw Full()
            }
        }

        #expect(error?.code == .receiverFailed)
        #expect(error?.cause is Full)
    }

    @Test(arguments: [(4, nil), (3, .bodyTooLarge)] as [(Int, HTTPClientError.Code?)])
    func `a body ends at its limit`(bytes: Int, code: HTTPClientError.Code?) throws {
        let fixture = try ServerFixture()
        let request = HTTPClientRequest(.get, Self.url(fixture, "/ping"))

        let result = Result { () throws(HTTPClientError) in
            try HTTPClient().send(request, bodyBytesMax: bytes)
        }

        switch result {
        case .success(let answer): #expect(code == nil && answer.body.count == 4)
        case .failure(let error): #expect(error.code == code)
        }
    }

    @Test(
        arguments: [
            ("", .connectionLost), ("HTTP/1.1 200 OK\r\n", .connectionLost),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", .connectionLost),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n",
                .invalidAnswer
            ),
            ("SSH-2.0-OpenSSH\r\n", .invalidAnswer),
        ] as [(String, HTTPClientError.Code)])
    func `a server that answers badly is named so`(
        text: String, code: HTTPClientError.Code
    ) throws {
        let scripted = try ScriptedServer([text])

        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient().send(HTTPClientRequest(.get, scripted.url))
        }

        #expect(error?.code == code)
    }

    @Test func `a server that does not speak TLS gets no request over it`() throws {
        let fixture = try ServerFixture()

        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient().send(
                HTTPClientRequest(.get, "https://127.0.0.1:\(fixture.port)/ping"))
        }

        #expect(error?.code == .connectFailed)
        #expect(fixture.counter("http_requests_total") == 0)
    }

    @Test func `a TLS server that says nothing is given up`() throws {
        let scripted = try ScriptedServer([], holdsOpen: true)
        let client = HTTPClient(limits: Self.limits { $0.answerTime = .milliseconds(50) })

        let error = #expect(throws: HTTPClientError.self) {
            try client.send(
                HTTPClientRequest(.get, scripted.url.replacing("http:", with: "https:")))
        }

        #expect(error?.code == .timedOut)
    }

    @Test(arguments: ["answer", "deadline"])
    func `a server that says nothing is given up`(kind: String) throws {
        let scripted = try ScriptedServer([], holdsOpen: true)
        let client = HTTPClient(
            limits: Self.limits {
                if kind == "answer" { $0.answerTime = .milliseconds(50) }
            })

        let error = #expect(throws: HTTPClientError.self) {
            try client.send(
                HTTPClientRequest(.get, scripted.url),
                deadline: kind == "deadline" ? .milliseconds(50) : nil)
        }

        #expect(error?.code == .timedOut)
    }

    @Test func `a body that stalls is given up as too slow`() throws {
        let scripted = try ScriptedServer(
            ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"], holdsOpen: true)
        let client = HTTPClient(limits: Self.limits { $0.bodyWindow = .milliseconds(50) })

        let error = #expect(throws: HTTPClientError.self) {
            try client.send(HTTPClientRequest(.get, scripted.url))
        }

        #expect(error?.code == .tooSlow)
    }

    @Test func `a body that stalls beyond the deadline has timed out`() throws {
        let scripted = try ScriptedServer(
            ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"], holdsOpen: true)

        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient().send(
                HTTPClientRequest(.get, scripted.url), deadline: .milliseconds(50))
        }

        #expect(error?.code == .timedOut)
    }

    @Test func `a client that is stopped waits no longer`() throws {
        let scripted = try ScriptedServer([], holdsOpen: true)
        let client = HTTPClient()
        let url = scripted.url

        // A thread of its own: a task might wait for the one that this test holds.
        let waiting = Answer()
        Thread.detachNewThread {
            do throws(HTTPClientError) {
                _ = try client.send(HTTPClientRequest(.get, url))
                waiting.give(nil)
            } catch {
                waiting.give(error.code)
            }
        }
        scripted.awaitRequest()
        client.stop()

        #expect(waiting.code == .stopped)
    }

    @Test(
        arguments: [
            ("ftp://a/", .invalidRequest), ("https://127.0.0.1:1/", .connectFailed),
            ("http://127.0.0.1:1/", .connectFailed), ("http://name.invalid/", .nameNotResolved),
        ] as [(String, HTTPClientError.Code)])
    func `an address that cannot be asked is named so`(
        url: String, code: HTTPClientError.Code
    ) {
        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient().send(HTTPClientRequest(.get, url))
        }

        #expect(error?.code == code)
    }
}

/// What a client on another thread was told.
private final class Answer: Sendable {
    private let given = DispatchSemaphore(value: 0)
    private let value = Mutex<HTTPClientError.Code?>(nil)

    func give(_ code: HTTPClientError.Code?) {
        value.withLock { $0 = code }
        given.signal()
    }

    /// Waits for it.
    var code: HTTPClientError.Code? {
        given.wait()
        return value.withLock { $0 }
    }
}
