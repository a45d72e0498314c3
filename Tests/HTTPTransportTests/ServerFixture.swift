import Dispatch
import Glibc
import HTTPCore
import HTTPTransport
import Synchronization
import Telemetry

/// A server on a port of its own for the length of a test.
final class ServerFixture: Sendable {
    let server: HTTPServer
    let port: Int
    let metrics = Metrics()

    init(
        routes: [HTTPRoute] = ServerFixture.routes,
        options: HTTPRouter.Options = HTTPRouter.Options(),
        configuration: HTTPServerConfiguration = ServerFixture.configuration { _ in }
    ) throws {
        let router = try HTTPRouter(routes: routes, options: options)
        server = HTTPServer(
            listeners: [HTTPListener(address: "127.0.0.1", port: 0, router: router)],
            configuration: configuration, log: .silent, metrics: metrics)
        port = try server.start()[0]
    }

    deinit { server.requestShutdown(grace: .zero) }

    static func configuration(
        _ change: (inout HTTPServerConfiguration) -> Void
    ) -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration(
            loops: 1, workers: HTTPWorkerLimits(threads: 2), wallClock: { 784_111_777 })
        change(&configuration)
        return configuration
    }

    static let routes: [HTTPRoute] = [
        HTTPRoute(
            .get, "/ping", .immediate { _ throws(HTTPError) in .text("pong") }),
        HTTPRoute(
            .post, "/echo",
            .immediate { request throws(HTTPError) in
                .text(String(decoding: request.body, as: UTF8.self))
            }),
        HTTPRoute(
            .get, "/wait", .waiting { _ throws(HTTPError) in .text("waited") }),
    ]

    func counter(_ name: String) -> Int { metrics.counter(name).value }
}

/// A door that a handler waits at until the test opens it.
final class Gate: Sendable {
    private let opened = DispatchSemaphore(value: 0)
    private let arrivals = Mutex(0)

    func pass() {
        arrivals.withLock { $0 += 1 }
        opened.wait()
        // Each handler that passes lets the next one through.
        opened.signal()
    }

    func open() { opened.signal() }

    /// Returns when so many handlers stand at the door.
    func awaitArrivals(_ count: Int) {
        while arrivals.withLock({ $0 }) < count { sched_yield() }
    }
}

func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n"
}
