import Synchronization

/// How the processors have spent their time since the host started, in clock ticks.
package struct ProcessorTicks: Sendable, Hashable {
    package let user: UInt64
    package let nice: UInt64
    package let system: UInt64
    package let idle: UInt64
    package let interrupts: UInt64

    var total: UInt64 { user &+ nice &+ system &+ idle &+ interrupts }

    /// Reads the first line of `/proc/stat`: user, nice, system, idle, waiting for disks, hardware
    /// and software interrupts.
    package init?(stat text: String) {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else {
            return nil
        }
        let counts = line.split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
        guard counts.count >= 7 else { return nil }
        user = counts[0]
        nice = counts[1]
        system = counts[2]
        idle = counts[3] &+ counts[4]
        interrupts = counts[5] &+ counts[6]
    }
}

/// Shares of the time between two samples, in percent.
package struct ProcessorLoad: Sendable, Hashable {
    package let user: Double
    package let nice: Double
    package let system: Double
    package let idle: Double
    package let interrupts: Double

    package var busy: Double { max(0, 100 - idle) }

    /// - Returns: Nil if no tick lies between the samples; they are a hundredth of a second long.
    package init?(from earlier: ProcessorTicks, to later: ProcessorTicks) {
        guard later.total > earlier.total else { return nil }
        let total = Double(later.total - earlier.total)
        func share(_ ticks: KeyPath<ProcessorTicks, UInt64>) -> Double {
            // The kernel may take back a little of the idle time that it has reported.
            let (from, to) = (earlier[keyPath: ticks], later[keyPath: ticks])
            return to > from ? Double(to - from) / total * 100 : 0
        }
        user = share(\.user)
        nice = share(\.nice)
        system = share(\.system)
        idle = share(\.idle)
        interrupts = share(\.interrupts)
    }
}

/// Measures the load between one question and the next, so that nobody has to wait for a sample.
package final class LoadMeter: Sendable {
    private struct State {
        var ticks: ProcessorTicks?
        var load: ProcessorLoad?
    }

    private let state: Mutex<State>

    /// - Parameter ticks: The sample that the first question is measured from.
    package init(startingAt ticks: ProcessorTicks?) { state = Mutex(State(ticks: ticks)) }

    /// The load since the last question; asked again within one tick, the same answer.
    package func load(at ticks: ProcessorTicks?) -> ProcessorLoad? {
        guard let ticks else { return nil }
        return state.withLock { state in
            if let earlier = state.ticks, let load = ProcessorLoad(from: earlier, to: ticks) {
                state.load = load
                state.ticks = ticks
            }
            if state.ticks == nil { state.ticks = ticks }
            return state.load
        }
    }
}
