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

    /// Multiplies each sum by the item's factor, which is above 0: shape (items).
    mutating func multiply(by factors: [Float]) {
        for item in touched { sums[Int(item)] *= factors[Int(item)] }
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
