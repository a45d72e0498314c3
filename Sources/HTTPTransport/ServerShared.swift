import HTTPCore
import Synchronization
import Telemetry

/// What all event loops of a server share.
final class ServerShared: Sendable {
    let listeners: [HTTPListener]
    let configuration: HTTPServerConfiguration
    let counters: ServerCounters
    let pool: WorkerPool
    let log: Log
    private let connectionCount = Atomic<Int>(0)
    private let bodyBytes = Atomic<Int>(0)

    init(
        listeners: [HTTPListener], configuration: HTTPServerConfiguration,
        counters: ServerCounters, log: Log
    ) {
        self.listeners = listeners
        self.configuration = configuration
        self.counters = counters
        self.log = log
        pool = WorkerPool(limits: configuration.workers)
    }

    var limits: HTTPConnectionLimits { configuration.connections }

    /// Returns false if the server is full.
    func admitConnection() -> Bool {
        let (before, _) = connectionCount.add(1, ordering: .relaxed)
        guard before < limits.connectionsMax else {
            connectionCount.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Adds to the sum of all bodies in memory and returns it.
    func chargeBody(_ bytes: Int) -> Int {
        bodyBytes.add(bytes, ordering: .relaxed).newValue
    }

    func releaseConnection() { connectionCount.subtract(1, ordering: .relaxed) }
}
