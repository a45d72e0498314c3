import Identifiers

/// Who has what and how much it counts: compressed sparse rows, by reader or turned round by item.
struct WeightedRows: Sendable {
    /// Row r owns the places `starts[r]..<starts[r + 1]`.
    private(set) var starts: [Int]
    private(set) var places: [Int32]
    private(set) var weights: [Float]

    var count: Int { starts.count - 1 }

    /// The training readers' items; what weighs nothing is left out.
    ///
    /// - Parameter weight: What a pair weighs, 0 or more.
    init(_ split: ReaderSplit, weight: (ReaderSplit.Pair) -> Float) {
        let kept = (split.pairs + split.unlikedPairs).map { (pair: $0, weight: weight($0)) }
            .filter { $0.weight > 0 }
        self.init(
            rows: kept.map(\.pair.reader.rawValue), places: kept.map(\.pair.item.rawValue),
            weights: kept.map(\.weight), count: split.readers.count)
    }

    /// Elements in any order; within a row they keep theirs.
    private init(rows: [Int32], places: [Int32], weights: [Float], count: Int) {
        var starts = [Int](repeating: 0, count: count + 1)
        for row in rows { starts[Int(row) + 1] += 1 }
        for row in 0..<count { starts[row + 1] += starts[row] }
        var next = starts
        var sortedPlaces = [Int32](repeating: 0, count: rows.count)
        var sortedWeights = [Float](repeating: 0, count: rows.count)
        for element in rows.indices {
            let row = Int(rows[element])
            sortedPlaces[next[row]] = places[element]
            sortedWeights[next[row]] = weights[element]
            next[row] += 1
        }
        self.starts = starts
        self.places = sortedPlaces
        self.weights = sortedWeights
    }

    /// The same elements with rows and places exchanged.
    func transposed(count columns: Int) -> WeightedRows {
        var rows = [Int32](repeating: 0, count: places.count)
        for row in 0..<count {
            for place in starts[row]..<starts[row + 1] { rows[place] = Int32(row) }
        }
        return WeightedRows(rows: places, places: rows, weights: weights, count: columns)
    }

    /// Runs the body over the places and weights of a row.
    @inline(__always)
    func withRow<Result>(
        _ row: Int,
        _ body: (
            (places: UnsafeBufferPointer<Int32>, weights: UnsafeBufferPointer<Float>)
        ) -> Result
    ) -> Result {
        let range = starts[row]..<starts[row + 1]
        return places.withUnsafeBufferPointer { places in
            weights.withUnsafeBufferPointer { weights in
                body(
                    (
                        UnsafeBufferPointer(rebasing: places[range]),
                        UnsafeBufferPointer(rebasing: weights[range])
                    ))
            }
        }
    }

    /// The sum of each row's weights.
    var sums: [Float] {
        (0..<count).map { row in weights[starts[row]..<starts[row + 1]].reduce(0, +) }
    }
}
