import Testing

@testable import HTTPTransport

@Suite struct TimerQueueTests {
    private static func entry(_ time: Int) -> TimerQueue.Entry {
        TimerQueue.Entry(
            time: MonotonicTime(nanoseconds: Int64(time)),
            token: ConnectionToken(slot: UInt32(time), generation: 1))
    }

    private static func drain(_ timers: inout TimerQueue, at now: Int) -> [Int] {
        var times: [Int] = []
        while let entry = timers.removeDue(at: MonotonicTime(nanoseconds: Int64(now))) {
            times.append(Int(entry.time.nanoseconds))
        }
        return times
    }

    private static let shuffled = (0..<101).map { $0 * 37 % 101 }

    @Test func `entries come out in the order of their times`() {
        var timers = TimerQueue()
        for time in Self.shuffled { timers.insert(Self.entry(time)) }

        #expect(Self.drain(&timers, at: 1_000) == Array(0..<101))
    }

    @Test func `what is due comes out and what is not stays`() {
        var timers = TimerQueue()
        for time in Self.shuffled { timers.insert(Self.entry(time)) }

        #expect(Self.drain(&timers, at: 50) == Array(0...50))
        #expect(timers.earliest == MonotonicTime(nanoseconds: 51))
    }

    @Test func `the order survives a clearing`() {
        var timers = TimerQueue()
        for time in Self.shuffled { timers.insert(Self.entry(time)) }

        timers.removeAll { $0.time.nanoseconds.isMultiple(of: 2) }

        #expect(Self.drain(&timers, at: 1_000) == stride(from: 1, to: 101, by: 2).map { $0 })
    }

    @Test(
        arguments: [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2), (.max, .max)]
            as [(Int64, Int32)])
    func `a wait is rounded up so that it never ends early`(
        nanoseconds: Int64, milliseconds: Int32
    ) {
        let later = MonotonicTime(nanoseconds: nanoseconds)

        #expect(MonotonicTime(nanoseconds: 0).millisecondsUntil(later) == milliseconds)
        #expect(later.millisecondsUntil(MonotonicTime(nanoseconds: 0)) == 0)
    }

    @Test func `an endless duration ends at the last moment there is`() {
        let now = MonotonicTime.now()

        #expect(now.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(now.advanced(by: .nanoseconds(5)).nanoseconds == now.nanoseconds + 5)
    }

    @Test func `a token survives its way through the kernel`() {
        let token = ConnectionToken(slot: 7, generation: .max)

        #expect(ConnectionToken(bits: token.bits) == token)
    }
}
