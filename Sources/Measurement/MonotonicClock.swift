import Foundation

/// Nanoseconds of a clock that only goes forward.
enum MonotonicClock {
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Sleeps so many nanoseconds; a signal may end it early.
    static func sleep(_ nanoseconds: Int) {
        var time = timespec(
            tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        nanosleep(&time, nil)
    }
}

extension Duration {
    package var nanoseconds: Int { Int(self / .nanoseconds(1)) }
}
