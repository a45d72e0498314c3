import Dispatch
import Glibc
import HTTPCore
import HTTPTransport
import Synchronization
import Telemetry
import Testing

/// What one client or one handler may not do to the others.
@Suite struct LoadTests {
    private static let large = HTTPRoute(
        .get, "/large",
        .immediate { _ throws(HTTPError) in
            HTTPResponse(
                type: "text/plain", bytes: Array(repeating: UInt8(ascii: "x"), count: 4_000_000))
        })

    @Test func `a client that does not read holds up nobody else`() throws {
        let fixture = try ServerFixture(routes: [Self.large] + ServerFixture.routes)
        let slow = try RawClient(port: fixture.port, receiveBufferBytes: 4_096)
        try slow.send(String(repeating: get("/large"), count: 20))
        #expect(try !slow.receive(upTo: 1).isEmpty)

        let other = try RawClient(port: fixture.port)
        for _ in 0..<10 {
            try other.send(get("/ping"))
            #expect(try other.answer().body == "pong")
        }
    }

    @Test func `requests of a client that does not read are left where they are`() throws {
        let fixture = try ServerFixture(routes: [Self.large] + ServerFixture.routes)
        let slow = try RawClient(port: fixture.port, receiveBufferBytes: 4_096)
        try slow.send(String(repeating: get("/large"), count: 20))
        #expect(try !slow.receive(upTo: 1).isEmpty)

        let other = try RawClient(port: fixture.port)
        try other.send(get("/ping"))
        #expect(try other.answer().body == "pong")

        // One answer fills the output; the kernel may have taken a second one.
        #expect(fixture.counter("http_requests_total") <= 4)
    }

    @Test func `a client that reads late gets everything in order`() throws {
        let fixture = try ServerFixture(routes: [Self.large] + ServerFixture.routes)
        let client = try RawClient(port: fixture.port, receiveBufferBytes: 4_096)

        try client.send(String(repeating: get("/large") + get("/ping"), count: 3))

        for _ in 0..<3 {
            #expect(try client.answer().body.utf8.count == 4_000_000)
            #expect(try client.answer().body == "pong")
        }
    }

    @Test func `a client that takes nothing of its answer is cut off`() async throws {
        let fixture = try ServerFixture(
            routes: [Self.large],
            configuration: ServerFixture.configuration {
                $0.connections.writeStallTime = .milliseconds(50)
            })
        let client = try RawClient(port: fixture.port, receiveBufferBytes: 4_096)

        try client.send(String(repeating: get("/large"), count: 5))
        // The server can only end once the connection is gone.
        await fixture.server.shutdown(grace: .seconds(20))

        #expect(fixture.counter("http_timeouts_total{kind=\"write\"}") == 1)
    }

    private static func gated(_ gate: Gate) -> HTTPRoute {
        HTTPRoute(
            .get, "/gate",
            .waiting { _ throws(HTTPError) in
                gate.pass()
                return .text("passed")
            })
    }

    @Test func `one waiting request more than the queue holds is told 503`() throws {
        let gate = Gate()
        let fixture = try ServerFixture(
            routes: [Self.gated(gate)] + ServerFixture.routes,
            configuration: ServerFixture.configuration {
                $0.workers = HTTPWorkerLimits(threads: 1, queuedMax: 1, retryAfterSeconds: 3)
            })
        let working = try RawClient(port: fixture.port)
        try working.send(get("/gate"))
        gate.awaitArrivals(1)
        // One loop answers in the order of arrival, so the ping is behind the queued request.
        let queued = try RawClient(port: fixture.port)
        try queued.send(get("/gate"))
        while fixture.counter("http_requests_total") < 2 { sched_yield() }

        let refused = try RawClient(port: fixture.port)
        try refused.send(get("/gate") + get("/ping"))

        let answer = try refused.answer()
        #expect(answer.status == 503)
        #expect(answer.fields["Retry-After"] == "3")
        #expect(try refused.answer().body == "pong")
        gate.open()
        #expect(try working.answer().body == "passed")
        #expect(try queued.answer().body == "passed")
    }

    @Test func `event loops answer while every worker waits`() throws {
        let gate = Gate()
        let fixture = try ServerFixture(routes: [Self.gated(gate)] + ServerFixture.routes)
        let clients = try (0..<2).map { _ in try RawClient(port: fixture.port) }
        for client in clients { try client.send(get("/gate")) }
        gate.awaitArrivals(2)

        let other = try RawClient(port: fixture.port)
        try other.send(get("/ping"))

        #expect(try other.answer().body == "pong")
        gate.open()
        for client in clients { #expect(try client.answer().body == "passed") }
    }

    @Test func `a prompt request that waited too long for its loop is told 503`() throws {
        let (limit, entered) = (Duration.milliseconds(200), DispatchSemaphore(value: 0))
        let route = HTTPRoute(
            .get, "/prompt",
            .prompt(
                { _ throws(HTTPError) in
                    // The loop is busy for longer than a request may wait.
                    let start = ContinuousClock.now
                    entered.signal()
                    while ContinuousClock.now - start < limit * 1.25 {}
                    return .text("late, but in time")
                }, otherwise: { _ throws(HTTPError) in .text("by a worker") }))
        let fixture = try ServerFixture(
            routes: [route] + ServerFixture.routes,
            configuration: ServerFixture.configuration {
                $0.workers = HTTPWorkerLimits(
                    threads: 1, promptWaitMax: limit, retryAfterSeconds: 3)
            })
        let (first, second) = (
            try RawClient(port: fixture.port), try RawClient(port: fixture.port)
        )
        // Both connections are there before the loop is kept busy.
        try second.send(get("/ping"))
        #expect(try second.answer().status == 200)

        try first.send(get("/prompt"))
        entered.wait()
        try second.send(get("/prompt"))

        #expect(try first.answer().status == 200)
        let refusal = try second.answer()
        #expect(refusal.status == 503)
        #expect(refusal.fields["Retry-After"] == "3")
        try first.send(get("/ping"))
        #expect(try first.answer().status == 200)
    }

    @Test func `a prompt handler that has to wait is answered by a worker`() throws {
        let route = HTTPRoute(
            .get, "/prompt",
            .prompt(
                { _ throws(HTTPError) in nil },
                otherwise: { _ throws(HTTPError) in .text("by a worker") }))
        let fixture = try ServerFixture(routes: [route])
        let client = try RawClient(port: fixture.port)

        try client.send(get("/prompt"))

        #expect(try client.answer().body == "by a worker")
    }

    @Test func `bodies that together are too many are told 503`() throws {
        let fixture = try ServerFixture(
            configuration: ServerFixture.configuration { $0.connections.bodyBytesTotalMax = 1_000 })
        let head = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 900\r\n\r\n"
        let first = try RawClient(port: fixture.port)
        try first.send(head.replacing("\r\n\r\n", with: "\r\nExpect: 100-continue\r\n\r\n"))
        #expect(try first.answer().status == 100)
        try first.send(Array(repeating: UInt8(ascii: "a"), count: 600))
        let second = try RawClient(port: fixture.port)

        // The ping is behind the first body in the one loop.
        let probe = try RawClient(port: fixture.port)
        try probe.send(get("/ping"))
        #expect(try probe.answer().status == 200)
        try second.send(head)
        try second.send(Array(repeating: UInt8(ascii: "b"), count: 600))

        #expect(try second.answer().status == 503)
        try first.send(Array(repeating: UInt8(ascii: "a"), count: 300))
        #expect(try first.answer().body.utf8.count == 900)
        try first.send(head)
        try first.send(Array(repeating: UInt8(ascii: "a"), count: 900))
        #expect(try first.answer().status == 200)
    }

    @Test func `a shutdown finishes what runs and then closes`() async throws {
        let gate = Gate()
        let fixture = try ServerFixture(routes: [Self.gated(gate)] + ServerFixture.routes)
        let idle = try RawClient(port: fixture.port)
        try idle.send(get("/ping"))
        #expect(try idle.answer().status == 200)
        let working = try RawClient(port: fixture.port)
        try working.send(get("/gate"))
        gate.awaitArrivals(1)

        fixture.server.requestShutdown(grace: .seconds(20))
        #expect(try idle.receive().isEmpty)
        #expect(throws: RawClient.Failure.self) { try RawClient(port: fixture.port) }
        gate.open()

        let answer = try working.answer()
        #expect(answer.body == "passed")
        #expect(answer.fields["Connection"] == "close")
        #expect(try working.receive().isEmpty)
        working.endInput()
        idle.endInput()
        await fixture.server.run()
    }

    @Test func `a shutdown cuts off what does not finish within the grace`() async throws {
        let gate = Gate()
        let fixture = try ServerFixture(routes: [Self.gated(gate)])
        let client = try RawClient(port: fixture.port)
        try client.send(get("/gate"))
        gate.awaitArrivals(1)

        await fixture.server.shutdown(grace: .milliseconds(50))

        #expect(try client.receive().isEmpty)
        gate.open()
    }

    @Test func `a cancelled run shuts the server down`() async throws {
        let fixture = try ServerFixture()
        let server = fixture.server

        let running = Task { await server.run() }
        running.cancel()
        await running.value

        #expect(throws: RawClient.Failure.self) { try RawClient(port: fixture.port) }
    }

    @Test func `several loops share a port and several listeners a server`() throws {
        let text: @Sendable (String) throws -> HTTPRouter = { text in
            try HTTPRouter(routes: [
                HTTPRoute(.get, "/", .immediate { _ throws(HTTPError) in .text(text) })
            ])
        }
        let server = HTTPServer(
            listeners: [
                HTTPListener(address: "127.0.0.1", port: 0, router: try text("operations")),
                HTTPListener(address: "127.0.0.1", port: 0, router: try text("functions")),
            ],
            configuration: ServerFixture.configuration { $0.loops = 3 }, log: .silent,
            metrics: Metrics())
        let ports = try server.start()
        defer { server.requestShutdown(grace: .zero) }

        for (port, expected) in zip(ports, ["operations", "functions"]) {
            for _ in 0..<20 {
                let client = try RawClient(port: port)
                try client.send(get("/"))
                #expect(try client.answer().body == expected)
            }
        }
    }

    @Test func `a flood of tiny pipelined requests is answered to the last one`() throws {
        let fixture = try ServerFixture()
        let client = try RawClient(port: fixture.port)
        let count = 5_000

        let requests = String(repeating: get("/ping"), count: count - 1)
        try client.send(requests + get("/ping", "Connection: close\r\n"))

        let text = try client.receiveAll()
        #expect(text.components(separatedBy: "pong").count == count + 1)
    }
}
