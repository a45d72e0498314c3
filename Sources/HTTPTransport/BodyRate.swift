/// Watches that a body comes no more slowly than its limit, window by window.
///
/// A silence alone would not do: a server that drips a byte every second is never silent.
struct BodyRate {
    private let limits: HTTPClientLimits
    private var bytes = 0
    /// When the sum is looked at next.
    private(set) var windowEnd: MonotonicTime

    init(limits: HTTPClientLimits) {
        self.limits = limits
        windowEnd = MonotonicTime.now().advanced(by: limits.bodyWindow)
    }

    mutating func add(_ count: Int) { bytes += count }

    /// Begins the next window if this one is over.
    mutating func check(authority: String) throws(HTTPClientError) {
        let now = MonotonicTime.now()
        guard now >= windowEnd else { return }
        guard bytes >= limits.bodyBytesPerWindowMin else {
            throw HTTPClientError(
                .tooSlow,
                "\(authority) sent \(bytes) bytes in \(limits.bodyWindow), the least is "
                    + "\(limits.bodyBytesPerWindowMin).")
        }
        windowEnd = now.advanced(by: limits.bodyWindow)
        bytes = 0
    }
}
