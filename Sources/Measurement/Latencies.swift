/// How long answers took.
package struct Latencies: Sendable, Equatable {
    /// Nanoseconds, ascending.
    private let sorted: [Int]

    package init(nanoseconds: [Int]) { sorted = nanoseconds.sorted() }

    package var count: Int { sorted.count }

    /// The smallest time that at least this share of the answers did not exceed, by nearest rank;
    /// nil if there were no answers.
    ///
    /// - Parameter share: 0...1; 0.5 is the median.
    package func percentile(_ share: Double) -> Duration? {
        precondition((0...1).contains(share), "a share is from 0 to 1")
        guard !sorted.isEmpty else { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return .nanoseconds(sorted[max(1, rank) - 1])
    }
}
