import HTTPCore
import Synchronization
import Telemetry

/// What is counted, looked up once: a step must not cost a dictionary.
final class ServerCounters: Sendable {
    enum Timeout: String, CaseIterable { case idle, head, body, write, linger }

    let connectionsOpened: Counter
    let connectionsClosed: Counter
    let connectionsRefused: Counter
    let acceptPauses: Counter
    let requests: Counter
    let answersFailed: Counter
    private let timeouts: [Timeout: Counter]
    private let refusals: Mutex<[Int: Counter]>
    private let metrics: Metrics

    init(metrics: Metrics) {
        self.metrics = metrics
        connectionsOpened = metrics.counter("http_connections_opened_total")
        connectionsClosed = metrics.counter("http_connections_closed_total")
        connectionsRefused = metrics.counter("http_connections_refused_total")
        acceptPauses = metrics.counter("http_accept_pauses_total")
        requests = metrics.counter("http_requests_total")
        answersFailed = metrics.counter("http_answers_failed_total")
        timeouts = Dictionary(
            uniqueKeysWithValues: Timeout.allCases.map {
                ($0, metrics.counter("http_timeouts_total{kind=\"\($0.rawValue)\"}"))
            })
        refusals = Mutex([:])
    }

    func countTimeout(_ timeout: Timeout) { timeouts[timeout]?.add() }

    /// A request that never reached a handler; rare enough for a lock.
    func countRefusal(_ status: HTTPStatus) {
        refusals.withLock { refusals in
            let counter =
                refusals[status.code]
                ?? metrics.counter("http_refusals_total{status=\"\(status.code)\"}")
            refusals[status.code] = counter
            counter.add()
        }
    }
}
