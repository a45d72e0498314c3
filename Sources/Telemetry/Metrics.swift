import Synchronization

/// A number that only grows; safe to step from any thread.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    package func add(_ amount: Int = 1) { count.wrappingAdd(amount, ordering: .relaxed) }
}

/// The named counters of a process.
package final class Metrics: Sendable {
    private let counters = Mutex<[String: Counter]>([:])

    package init() {}

    /// The counter of that name; the same one for the same name. Keep it, do not look it up often.
    package func counter(_ name: String) -> Counter {
        counters.withLock { counters in
            if let counter = counters[name] { return counter }
            let counter = Counter()
            counters[name] = counter
            return counter
        }
    }

    /// Names and values, sorted by name.
    package func snapshot() -> [(name: String, value: Int)] {
        counters.withLock { counters in
            counters.map { ($0.key, $0.value.value) }.sorted { $0.0 < $1.0 }
        }
    }
}
