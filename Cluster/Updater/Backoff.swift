/// How long to wait after failures: full jitter between nothing and a growing bound.
///
/// The bound doubles from half a second to a minute (Brooker 2015, "Exponential backoff and
/// jitter"), so that many nodes that lost their trainer together do not return together.
package struct Backoff: Sendable {
    private var failures = 0

    private static let base = Duration.milliseconds(500)
    private static let cap = Duration.seconds(60)
    /// Beyond this many doublings the cap holds anyway.
    private static let doublingsMax = 10

    package init() {}

    package mutating func reset() { failures = 0 }

    /// - Parameter random: A number in 0..<1.
    package mutating func next(random: Double) -> Duration {
        let bound = Swift.min(Self.cap, Self.base * (1 << Swift.min(failures, Self.doublingsMax)))
        failures += 1
        return bound * random
    }
}
