import Testing

@testable import Measurement

@Suite struct LatenciesTests {
    private let hundred = Latencies(nanoseconds: (1...100).reversed())

    @Test(arguments: [(0.0, 1), (0.01, 1), (0.011, 2), (0.5, 50), (0.99, 99), (1.0, 100)])
    func `a percentile is the smallest time that the share did not exceed`(
        share: Double, expected: Int
    ) {
        #expect(hundred.percentile(share) == .nanoseconds(expected))
    }

    @Test func `a single answer is every percentile`() {
        let one = Latencies(nanoseconds: [7])

        #expect(one.percentile(0) == .nanoseconds(7))
        #expect(one.percentile(0.99) == .nanoseconds(7))
    }

    @Test func `without answers there is no percentile`() {
        #expect(Latencies(nanoseconds: []).percentile(0.5) == nil)
    }
}

@Suite struct PaceTests {
    @Test func `requests are due at an even rate from the start`() {
        let pace = Pace(start: 1_000, rate: 1_000)

        #expect([0, 1, 2].map(pace.due) == [1_000, 1_001_000, 2_001_000])
    }

    @Test func `a rate that does not divide a second does not drift`() {
        let pace = Pace(start: 0, rate: 3)

        #expect(pace.due(3_000_000) == 1_000_000 * 1_000_000_000)
    }
}
