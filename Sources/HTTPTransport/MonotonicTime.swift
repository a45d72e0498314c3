import Glibc

/// A moment on the clock that nobody can set, in nanoseconds.
struct MonotonicTime: Sendable, Comparable {
    let nanoseconds: Int64

    private static let nanosecondsPerSecond: Int64 = 1_000_000_000
    private static let nanosecondsPerMillisecond: Int64 = 1_000_000
    private static let attosecondsPerNanosecond: Int64 = 1_000_000_000

    static func now() -> Self {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Self(nanoseconds: Int64(time.tv_sec) * nanosecondsPerSecond + Int64(time.tv_nsec))
    }

    /// The moment that much later; an endless duration gives the last moment there is.
    func advanced(by duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: Self.nanosecondsPerSecond)
        let part = attoseconds / Self.attosecondsPerNanosecond
        let (sum, sumOverflow) = whole.addingReportingOverflow(part)
        let (end, endOverflow) = nanoseconds.addingReportingOverflow(sum)
        let isTooLate = overflow || sumOverflow || endOverflow
        return Self(nanoseconds: isTooLate ? .max : end)
    }

    /// Rounded up, so that a wait never ends just before its deadline; bounded as poll wants it.
    func millisecondsUntil(_ later: Self) -> Int32 {
        guard later > self else { return 0 }
        let difference = later.nanoseconds - nanoseconds
        let milliseconds = (difference - 1) / Self.nanosecondsPerMillisecond + 1
        return Int32(clamping: milliseconds)
    }

    static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}
