import Identifiers
import Kernels

/// Sums of what speaks for each item, most of them none.
///
/// Made for a model once and used for question after question: what an answer has touched is wiped
/// away again, and the rest is never looked at.
///
/// Invariant: `touched` lists each item with a sum above 0 once, and no other.
struct ItemScores: Sendable {
    /// Shape (items).
    private(set) var sums: [Float]
    private(set) var touched: [Int32] = []

    init(itemCount: Int) { sums = [Float](repeating: 0, count: itemCount) }

    /// - Parameter score: Counts if it is above 0.
    @inline(__always)
    mutating func add(_ score: Float, to item: Int32) {
        guard score > 0 else { return }
        let place = Int(item)
        if sums[place] == 0 { touched.append(item) }
        sums[place] += score
    }

    /// Adds the vote of each reader to each of its items.
    ///
    /// - Parameter voters: What the vote of a reader weighs for an item that the reader rated, and
    ///   for one that it did not; 0 or more.
    mutating func add(
        _ voters: some Sequence<(reader: Int32, rated: Float, unrated: Float)>, _ rows: ReaderRows
    ) {
        sums.withUnsafeMutableBufferPointer { sums in
            for (reader, rated, unrated) in voters {
                rows.forEachItem(of: reader) { item, rating in
                    let score = rating > 0 ? rated : unrated
                    guard score > 0 else { return }
                    let sum = sums[Int(item)]
                    if sum == 0 { touched.append(item) }
                    sums[Int(item)] = sum + score
                }
            }
        }
    }

    /// Those with the largest sums, best first, without the excluded ones.
    func top(_ limit: Int, excluding excluded: [ItemIndex]) -> [TopScores.Entry] {
        let excluded = excluded.map(\.rawValue)
        var top = TopScores(capacity: limit)
        var bar: Float = 0
        sums.withUnsafeBufferPointer { sums in
            // Most sums are below the bar; those are passed over without a call.
            for item in touched {
                let sum = sums[Int(item)]
                guard sum >= bar, sum > 0, !excluded.contains(item) else { continue }
                top.offer(sum, at: item)
                bar = top.bar ?? 0
            }
        }
        return top.ranked()
    }

    /// Multiplies each sum by the item's factor, which is above 0: shape (items).
    mutating func multiply(by factors: [Float]) {
        sums.withUnsafeMutableBufferPointer { sums in
            for item in touched { sums[Int(item)] *= factors[Int(item)] }
        }
    }

    /// The largest sum, 0 if there is none.
    var largest: Float {
        touched.reduce(0) { max($0, sums[Int($1)]) }
    }

    mutating func clear() {
        for item in touched { sums[Int(item)] = 0 }
        touched.removeAll(keepingCapacity: true)
    }
}
