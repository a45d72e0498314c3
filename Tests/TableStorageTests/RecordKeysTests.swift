import Synchronization
import Testing

@testable import TableStorage

@Suite struct RecordKeysTests {
    @Test func `a key is a UUID of version 7 that begins with the time`() {
        let keys = RecordKeys { Array(repeating: 0xAB, count: $0) }

        let key = keys.next(at: 0x0123_4567_89AB)

        // The counter's 42 bits begin with a zero; the rest is what the randomness gave.
        #expect(key == "01234567-89ab-76ae-abab-abababababab")
    }

    @Test func `a key is larger than the one before, also when the clock goes back`() {
        let keys = RecordKeys()

        let made = [5, 5, 6, 3, 3, 7].map { keys.next(at: $0) }

        #expect(made == made.sorted())
        #expect(Set(made).count == made.count)
    }

    @Test func `threads never get the same key`() {
        let keys = RecordKeys()
        let made = Mutex<Set<String>>([])

        onThreads(8) { _ in
            let own = (0..<5_000).map { _ in keys.next(at: 1) }
            made.withLock { $0.formUnion(own) }
        }

        #expect(made.withLock { $0.count } == 40_000)
    }

    @Test(
        arguments: [
            (.min, "00000000-0000-7"), (-1, "00000000-0000-7"), (.max, "ffffffff-ffff-7"),
        ] as [(Int64, String)])
    func `a clock out of range makes a key at the nearest end`(
        milliseconds: Int64, beginning: String
    ) {
        #expect(RecordKeys().next(at: milliseconds).hasPrefix(beginning))
    }
}
