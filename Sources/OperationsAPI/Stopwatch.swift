/// The time since it was made, for an answer's Server-Timing (W3C, Server Timing).
struct Stopwatch {
    private let start = ContinuousClock.now

    /// `db;dur=` and milliseconds, to the hundredth.
    var serverTiming: String {
        let hundredths = Int((ContinuousClock.now - start) / .microseconds(10))
        let (whole, fraction) = hundredths.quotientAndRemainder(dividingBy: 100)
        return "db;dur=\(whole).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
