/// The k largest scores seen so far, with the index of each.
///
/// A binary heap whose root is the worst that is kept. Of equal scores the smaller index wins, so
/// the result does not depend on the order in which scores are offered.
///
/// Invariant: no child is worse than its parent.
package struct TopScores: Sendable {
    package struct Entry: Sendable, Hashable {
        package let index: Int32
        package let score: Float

        /// Whether this entry ranks behind the other one.
        func isWorse(than other: Entry) -> Bool {
            score != other.score ? score < other.score : index > other.index
        }
    }

    private let capacity: Int
    private var heap: [Entry] = []

    /// - Parameter capacity: How many to keep; 0 keeps none.
    package init(capacity: Int) {
        self.capacity = capacity
        heap.reserveCapacity(capacity)
    }

    /// - Complexity: O(1) for a score that is not kept, O(log capacity) for one that is.
    @inline(__always)
    package mutating func offer(_ score: Float, at index: Int32) {
        let entry = Entry(index: index, score: score)
        if heap.count < capacity {
            heap.append(entry)
            siftUp(from: heap.count - 1)
        } else if capacity > 0, heap[0].isWorse(than: entry) {
            heap[0] = entry
            siftDown()
        }
    }

    /// The score that another must reach to be kept; nil while there is room for any.
    package var bar: Float? {
        heap.count == capacity ? heap.first?.score : nil
    }

    /// What is kept, best first.
    package func ranked() -> [Entry] { heap.sorted { $1.isWorse(than: $0) } }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isWorse(than: heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let worse = right < heap.count && heap[right].isWorse(than: heap[left]) ? right : left
            guard heap[worse].isWorse(than: heap[parent]) else { return }
            heap.swapAt(worse, parent)
            parent = worse
        }
    }
}
