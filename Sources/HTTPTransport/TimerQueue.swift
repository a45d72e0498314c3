/// Deadlines in the order in which they come due: a binary heap.
///
/// Entries are never removed early. A connection keeps its true deadline itself and is asked when
/// an entry comes due; if its deadline has moved, it is put in again. Moving a deadline with each
/// request therefore costs nothing.
struct TimerQueue {
    struct Entry {
        let time: MonotonicTime
        let token: ConnectionToken
    }

    private var heap: [Entry] = []

    var count: Int { heap.count }
    var earliest: MonotonicTime? { heap.first?.time }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].time < heap[parent].time else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the first entry that is due.
    mutating func removeDue(at now: MonotonicTime) -> Entry? {
        guard let first = heap.first, first.time <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(from: 0)
        return first
    }

    /// Drops the entries that nobody asks about any more.
    mutating func removeAll(where isStale: (Entry) -> Bool) {
        heap.removeAll(where: isStale)
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) {
            siftDown(from: parent)
        }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].time < heap[least].time {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}

/// A connection of one loop; a descriptor alone would also name the next one that gets it.
struct ConnectionToken: Hashable, Sendable {
    /// Listeners and the mailbox have this generation, connections a later one.
    static let reservedGeneration: UInt32 = 0

    let slot: UInt32
    let generation: UInt32

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    private static let generationShift: UInt64 = 32

    init(bits: UInt64) {
        slot = UInt32(truncatingIfNeeded: bits)
        generation = UInt32(truncatingIfNeeded: bits >> Self.generationShift)
    }

    var bits: UInt64 { UInt64(generation) << Self.generationShift | UInt64(slot) }
}
