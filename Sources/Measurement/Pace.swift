/// When requests are due at an even rate, whatever became of the ones before.
///
/// A latency that counts from here includes the time that a request waited for a slow server
/// before it could be sent; one that counts from the sending would hide it.
struct Pace {
    /// Nanoseconds of the monotonic clock.
    let start: Int
    private let between: Double

    /// - Parameter rate: Requests a second, above 0.
    init(start: Int, rate: Double) {
        precondition(rate > 0, "a pace has a rate")
        self.start = start
        between = 1e9 / rate
    }

    /// When the request with this number, counted from 0, is due.
    func due(_ number: Int) -> Int { start + Int(Double(number) * between) }
}
