import Integrity

/// When a node looks at its feed again.
///
/// 1. After a look that went well: half to one and a half of the interval, so that many nodes
///    spread by themselves.
/// 2. After a failure of the origin: a growing random pause, and what the origin asked for on top.
/// 3. After a failure of one bundle: looks go on as usual, for the next entry may name a better
///    one, but that bundle is held back for a growing random time.
///
/// Knows no clock: it is told how long each pause was.
struct Pacing: Sendable {
    private struct Hold {
        let bundle: SHA256Digest
        var backoff = Backoff()
        var remaining = Duration.zero
    }

    private let interval: Duration
    private var origin = Backoff()
    private var hold: Hold?

    /// An origin cannot send nodes away for longer.
    static let retryAfterMax = Duration.seconds(3_600)
    private static let spreadMin = 0.5

    init(interval: Duration) { self.interval = interval }

    /// The bundle that must not be tried yet.
    var held: SHA256Digest? {
        guard let hold, hold.remaining > .zero else { return nil }
        return hold.bundle
    }

    /// - Parameters:
    ///   - isNew: Whether another bundle serves now.
    ///   - random: A number in 0..<1.
    mutating func pause(afterSuccess isNew: Bool, random: Double) -> Duration {
        origin.reset()
        if isNew { hold = nil }
        return usual(random)
    }

    mutating func pause(after failure: PullFailure, random: Double) -> Duration {
        guard let bundle = failure.bundle else {
            let asked = min(max(failure.retryAfter ?? .zero, .zero), Self.retryAfterMax)
            return asked + origin.next(random: random)
        }
        origin.reset()
        var next = Hold(bundle: bundle)
        if let hold, hold.bundle == bundle { next = hold }
        next.remaining = next.backoff.next(random: random)
        hold = next
        return usual(random)
    }

    mutating func advance(by pause: Duration) { hold?.remaining -= pause }

    private func usual(_ random: Double) -> Duration { interval * (Self.spreadMin + random) }
}
