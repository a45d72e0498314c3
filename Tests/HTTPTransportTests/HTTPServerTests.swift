import HTTPCore
import HTTPTransport
import Telemetry
import TestSupport
import Testing

@Suite struct HTTPServerTests {
    @Test func `a connection answers one request after the other`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        for _ in 0..<3 {
            try client.send(get("/ping"))
            let answer = try client.answer()
            #expect(answer.status == 200)
            #expect(answer.body == "pong")
            #expect(answer.fields["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
            #expect(answer.fields["Connection"] == nil)
        }

        #expect(fixture.counter("http_requests_total") == 3)
        #expect(fixture.counter("http_connections_opened_total") == 1)
    }

    @Test func `pipelined requests are answered in their order`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)
        let bodies = (0..<100).map { "body \($0)" }

        let requests = bodies.map { body in
            get("/wait") + "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)"
                + "\r\n\r\n\(body)"
        }
        try client.send(requests.joined())

        for body in bodies {
            #expect(try client.answer().body == "waited")
            #expect(try client.answer().body == body)
        }
    }

    @Test func `a request that comes byte by byte is answered`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        for byte in get("/ping").utf8 { try client.send([byte]) }

        #expect(try client.answer().body == "pong")
    }

    @Test func `a client that expects to be told to continue is told`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        try client.send(
            "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n"
                + "Expect: 100-continue\r\n\r\n")
        #expect(try client.answer().status == 100)
        try client.send("hello")

        #expect(try client.answer().body == "hello")
    }

    @Test func `a body over the limit is refused before it is asked for`() throws {
        let fixture = try ServerFixture(
            configuration: ServerFixture.configuration { $0.limits.bodyBytesMax = 4 })
        let client = try RawClient(port: fixture.port)

        try client.send(
            "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n"
                + "Expect: 100-continue\r\n\r\n")

        let answer = try client.answer()
        #expect(answer.status == 413)
        #expect(answer.fields["Connection"] == "close")
        #expect(try client.receive().isEmpty)
        #expect(fixture.counter("http_refusals_total{status=\"413\"}") == 1)
    }

    @Test func `the client can read a refusal though it goes on sending`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        try client.send("GET / HTTP/1.1\r\nHost : test\r\n\r\n")
        try client.send(Array(repeating: UInt8(ascii: "x"), count: 500_000))

        #expect(try client.answer().status == 400)
        client.endInput()
        #expect(try client.receive().isEmpty)
    }

    @Test func `a head that drips is cut off with 408`() throws {
        let fixture = try ServerFixture(
            configuration: ServerFixture.configuration {
                $0.connections.headerTime = .milliseconds(50)
            })
        let client = try RawClient(port: fixture.port)

        try client.send("GET /ping HTTP/1.1\r\nHost")

        #expect(try client.answer().status == 408)
        #expect(try client.receive().isEmpty)
        #expect(fixture.counter("http_timeouts_total{kind=\"head\"}") == 1)
    }

    @Test func `a body that drips is cut off with 408`() throws {
        let fixture = try ServerFixture(
            configuration: ServerFixture.configuration {
                $0.connections.bodyWindow = .milliseconds(50)
                $0.connections.bodyBytesPerWindowMin = 100
            })
        let client = try RawClient(port: fixture.port)

        try client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nabc")

        #expect(try client.answer().status == 408)
        #expect(fixture.counter("http_timeouts_total{kind=\"body\"}") == 1)
    }

    @Test func `a connection that stays idle is closed without a word`() throws {
        let fixture = try ServerFixture(
            configuration: ServerFixture.configuration {
                $0.connections.idleTime = .milliseconds(50)
            })
        let client = try RawClient(port: fixture.port)

        try client.send(get("/ping"))

        #expect(try client.answer().status == 200)
        #expect(try client.receive().isEmpty)
        #expect(fixture.counter("http_timeouts_total{kind=\"idle\"}") == 1)
    }

    @Test func `half a request followed by the end of input is not answered`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        try client.send("GET /ping HTTP/1.1\r\n")
        client.endInput()

        #expect(try client.receive().isEmpty)
    }

    @Test func `a client that shuts its side after the request still gets its answer`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)

        try client.send(get("/wait"))
        client.endInput()

        #expect(try client.answer().body == "waited")
        #expect(try client.receive().isEmpty)
    }

    @Test func `a port that is taken is named in the error`() throws {
        let fixture = try ServerFixture()
        let router = try HTTPRouter(routes: [])
        let second = HTTPServer(
            listeners: [HTTPListener(address: "127.0.0.1", port: fixture.port, router: router)],
            log: .silent, metrics: Metrics())

        let error = #expect(throws: HTTPTransportError.self) { try second.start() }

        #expect(error?.code == .addressInUse)
    }

    @Test func `one connection over the limit is told 503`() throws {
        let fixture = try ServerFixture(
            configuration: ServerFixture.configuration { $0.connections.connectionsMax = 1 })
        let first = try RawClient(port: fixture.port)
        try first.send(get("/ping"))
        #expect(try first.answer().status == 200)

        let second = try RawClient(port: fixture.port)

        #expect(try second.answer().status == 503)
        try first.send(get("/ping"))
        #expect(try first.answer().status == 200)
    }
}
