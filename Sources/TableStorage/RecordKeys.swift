import Integrity
import Synchronization

/// Makes keys for records that bring none: UUIDs of version 7 (RFC 9562, section 5.7).
///
/// A table is a tree sorted by key. Keys that grow with the time are all added at its right edge,
/// where the page is in memory and full pages stay full; random ones (version 4) touch a page
/// anywhere for each record, and a bulk load then waits for the disk.
///
/// | Bits | Meaning |
/// |---|---|
/// | 48 | milliseconds since 1970 |
/// | 4 | version 7 |
/// | 12 + 30 | a counter, random at the start of each millisecond |
/// | 2 | variant |
/// | 32 | random |
///
/// Invariant: each key is larger than the one before, whatever the clock does and whichever thread
/// asks.
final class RecordKeys: Sendable {
    private struct State {
        var milliseconds: UInt64 = 0
        var counter: UInt64 = 0
        var random: ArraySlice<UInt8> = []
    }

    private let state = Mutex(State())
    private let randomBytes: @Sendable (Int) -> [UInt8]

    private static let timeMax: UInt64 = 1 << 48 - 1
    private static let counterMax: UInt64 = 1 << 42 - 1
    /// Half of the counter is free at the start, so that it hardly ever runs over.
    private static let counterStartMax: UInt64 = 1 << 41 - 1
    /// The system is asked for so many random bytes at once: each call costs more than a key.
    private static let randomBytesAtOnce = 4_096
    private static let characterCount = 36

    init(randomBytes: @escaping @Sendable (Int) -> [UInt8] = SecureRandom.bytes) {
        self.randomBytes = randomBytes
    }

    /// 36 lower-case characters.
    func next(at milliseconds: Int64) -> String {
        let (time, counter, random) = state.withLock { state in
            advance(&state, to: min(UInt64(clamping: milliseconds), Self.timeMax))
            return (state.milliseconds, state.counter, take(4, of: &state))
        }
        let high = time << 16 | 0x7000 | counter >> 30
        let low = 0x8000_0000_0000_0000 | (counter & (1 << 30 - 1)) << 32 | random
        return Self.text(high, low)
    }

    private func advance(_ state: inout State, to now: UInt64) {
        if now > state.milliseconds {
            state.milliseconds = now
            state.counter = take(8, of: &state) & Self.counterStartMax
        } else if state.counter < Self.counterMax {
            state.counter += 1
        } else {
            state.milliseconds += 1
            state.counter = take(8, of: &state) & Self.counterStartMax
        }
    }

    private func take(_ count: Int, of state: inout State) -> UInt64 {
        if state.random.count < count {
            state.random = randomBytes(Self.randomBytesAtOnce)[...]
        }
        defer { state.random = state.random.dropFirst(count) }
        return state.random.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Groups of 8, 4, 4, 4 and 12 digits.
    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: characterCount) { characters in
            var position = 0
            for digit in 0..<32 {
                if digit.isMultiple(of: 4), (8...20).contains(digit) {
                    characters[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = digit < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - digit % 16 * 4)) & 15
                characters[position] =
                    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                position += 1
            }
            return position
        }
    }
}
