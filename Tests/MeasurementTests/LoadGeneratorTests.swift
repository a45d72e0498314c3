import Foundation
import HTTPCore
import HTTPTransport
import Synchronization
import Telemetry
import Testing

@testable import Measurement

@Suite struct LoadGeneratorTests {
    /// A server in this process that counts what it is asked.
    private final class CountingServer: Sendable {
        let port: Int
        private let server: HTTPServer
        private let asked: Asked

        init() throws {
            let asked = Asked()
            server = HTTPServer(
                listeners: [
                    HTTPListener(
                        address: "127.0.0.1", port: 0,
                        router: try HTTPRouter(routes: [
                            HTTPRoute(
                                .get, "/fine",
                                .immediate { _ throws(HTTPError) in
                                    asked.note("fine")
                                    return .text("hello")
                                }),
                            HTTPRoute(
                                .post, "/full",
                                .immediate { request throws(HTTPError) in
                                    asked.note(String(decoding: request.body, as: UTF8.self))
                                    throw HTTPError(.unavailable, "full")
                                }),
                        ]))
                ], log: .silent, metrics: Metrics())
            port = try server.start()[0]
            self.asked = asked
        }

        func count(of name: String) -> Int { asked.count(of: name) }
        func stop() async { await server.shutdown(grace: .seconds(5)) }
    }

    private final class Asked: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func note(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
        func count(of name: String) -> Int { counts.withLock { $0[name, default: 0] } }
    }

    private func load(
        _ server: CountingServer, _ requests: [[UInt8]], connections: Int = 3
    ) -> LoadGenerator {
        var load = LoadGenerator(port: server.port, requests: requests, connections: connections)
        load.warmUp = .zero
        load.time = .milliseconds(200)
        return load
    }

    @Test func `answers of a closed loop are counted and timed`() async throws {
        let server = try CountingServer()

        let report = try load(server, [LoadGenerator.request("GET", "/fine")]).run()

        // What is under way at the end is asked and not counted, at most one for a connection.
        let asked = server.count(of: "fine")
        #expect(report.answers > 0)
        #expect((asked - 3...asked).contains(report.answers))
        #expect(report.latencies.count == report.answers)
        #expect(report.refusals.isEmpty)
        await server.stop()
    }

    @Test func `answers with another status are counted apart`() async throws {
        let server = try CountingServer()
        let requests = ["a", "b"].map { LoadGenerator.request("POST", "/full", json: $0) }

        let report = try load(server, requests, connections: 2).run()

        #expect(report.answers == 0)
        #expect(report.refusals.keys.sorted() == [503])
        #expect(server.count(of: "a") > 0 && server.count(of: "b") > 0)
        await server.stop()
    }

    @Test func `an open loop sends no more than is due`() async throws {
        let server = try CountingServer()
        var load = load(server, [LoadGenerator.request("GET", "/fine")])
        load.rate = 50

        let report = try load.run()

        // 0, 20, ... 180 ms.
        #expect(server.count(of: "fine") <= 10)
        #expect(report.answers > 0)
        await server.stop()
    }

    @Test func `the server's processor time is read twice`() async throws {
        let server = try CountingServer()
        var load = load(server, [LoadGenerator.request("GET", "/fine")])
        let readings = Mutex(0)
        load.processorTime = {
            readings.withLock { count in
                count += 1
                return .seconds(count)
            }
        }

        let report = try load.run()

        #expect(report.processorTime == .seconds(1))
        await server.stop()
    }

    @Test func `a port where nobody listens is said`() throws {
        var load = LoadGenerator(port: 1, requests: [[0]], connections: 1)
        load.time = .milliseconds(1)

        #expect(throws: MeasurementError.self) { _ = try load.run() }
    }
}
