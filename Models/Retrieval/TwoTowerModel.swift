import BundleFormat
import Identifiers
import Kernels

/// What a two-tower model consists of, wherever it lies.
///
/// `offsets[r]..<offsets[r + 1]` are the places of reader r's items: the liked ones, best rated
/// first, then those with the rating 0, which the reader had but did not rate.
package struct TwoTowerParts: Sendable {
    package var dimensions: Int
    package var itemCount: Int
    package var readerCount: Int
    /// Shape (items, dimensions).
    package var itemEmbeddings: TensorRows<Float>
    /// Shape (readers, dimensions).
    package var readerEmbeddings: TensorRows<Float>
    /// Shape (readers + 1).
    package var offsets: TensorRows<Int64>
    /// Shape (pairs).
    package var items: TensorRows<Int32>
    /// Shape (pairs).
    package var ratings: TensorRows<UInt8>
    /// How many readers chose each item, shape (items).
    package var itemCounts: TensorRows<Int32>

    package init(
        dimensions: Int, itemCount: Int, readerCount: Int, itemEmbeddings: TensorRows<Float>,
        readerEmbeddings: TensorRows<Float>, offsets: TensorRows<Int64>,
        items: TensorRows<Int32>, ratings: TensorRows<UInt8>, itemCounts: TensorRows<Int32>
    ) {
        self.dimensions = dimensions
        self.itemCount = itemCount
        self.readerCount = readerCount
        self.itemEmbeddings = itemEmbeddings
        self.readerEmbeddings = readerEmbeddings
        self.offsets = offsets
        self.items = items
        self.ratings = ratings
        self.itemCounts = itemCounts
    }
}

/// A two-tower model: three items on one side, readers on the other, in one space.
///
/// The query is the mean of the liked items' embeddings and a candidate is a reader's embedding
/// (HarperDB's recommenders, 2022). Candidates are distinct readers, never training rows.
package final class TwoTowerModel: Sendable {
    package let parts: TwoTowerParts
    /// The readers of each item, in order, as compressed sparse rows: the turned-round `items`.
    let itemReaderOffsets: [Int32]
    let itemReaders: [Int32]
    /// Whether the reader of the same place has rated the item.
    let itemReaderHasRated: [Bool]
    /// The Euclidean length of each reader's embedding; 1 where it is 0.
    let readerNorms: [Float]
    /// Items by how many readers chose them, most chosen first.
    let popularItems: [Int32]

    /// How many of the most chosen items are kept as a last resort for short answers.
    private static let popularItemsMax = 1_000

    /// - Precondition: shapes and indices agree, as opening a bundle has checked.
    /// - Complexity: O(pairs + readers * dimensions): some milliseconds for Book-Crossing.
    package init(_ parts: TwoTowerParts) {
        self.parts = parts
        (itemReaderOffsets, itemReaders, itemReaderHasRated) = Self.transpose(parts)
        readerNorms = parts.readerEmbeddings.withBuffer { rows in
            (0..<parts.readerCount).map { reader in
                guard let start = rows.baseAddress else { return 1 }
                let row = start + reader * parts.dimensions
                let square = VectorKernels.dot(row, row, parts.dimensions)
                return square > 0 ? square.squareRoot() : 1
            }
        }
        popularItems = parts.itemCounts.withBuffer { counts in
            var top = TopScores(capacity: Self.popularItemsMax)
            for (item, count) in counts.enumerated() { top.offer(Float(count), at: Int32(item)) }
            return top.ranked().map(\.index)
        }
    }

    /// - Throws: `.missingTensor`, which opening a two-tower bundle rules out.
    package convenience init(bundle: ModelBundle) throws(RetrievalError) {
        func tensor(_ name: String) throws(RetrievalError) -> MappedTensor {
            guard let tensor = bundle.tensor(name) else {
                throw RetrievalError(.missingTensor, "the bundle holds no tensor \(name)")
            }
            return tensor
        }
        let items = try tensor(TwoTowerTensor.itemEmbeddings)
        let readers = try tensor(TwoTowerTensor.readerEmbeddings)
        self.init(
            TwoTowerParts(
                dimensions: items.shape[1], itemCount: items.shape[0],
                readerCount: readers.shape[0], itemEmbeddings: .mapped(items),
                readerEmbeddings: .mapped(readers),
                offsets: .mapped(try tensor(TwoTowerTensor.readerOffsets)),
                items: .mapped(try tensor(TwoTowerTensor.readerItems)),
                ratings: .mapped(try tensor(TwoTowerTensor.readerRatings)),
                itemCounts: .mapped(try tensor(TwoTowerTensor.itemCounts))))
    }

    private static func transpose(_ parts: TwoTowerParts) -> ([Int32], [Int32], [Bool]) {
        var starts = [Int32](repeating: 0, count: parts.itemCount + 1)
        parts.items.withBuffer { for item in $0 { starts[Int(item) + 1] += 1 } }
        for item in 0..<parts.itemCount { starts[item + 1] += starts[item] }
        var next = starts
        var readers = [Int32](repeating: 0, count: Int(starts[parts.itemCount]))
        var hasRated = [Bool](repeating: false, count: readers.count)
        for reader in 0..<parts.readerCount {
            parts.forEachItem(of: Int32(reader)) { item, rating in
                let place = Int(next[Int(item)])
                readers[place] = Int32(reader)
                hasRated[place] = rating > 0
                next[Int(item)] += 1
            }
        }
        return (starts, readers, hasRated)
    }
}

extension TwoTowerParts {
    /// Calls the body with each item of a reader and its rating.
    @inline(__always)
    func forEachItem(of reader: Int32, _ body: (Int32, UInt8) -> Void) {
        offsets.withBuffer { offsets in
            items.withBuffer { items in
                ratings.withBuffer { ratings in
                    let end = Int(offsets[Int(reader) + 1])
                    for place in Int(offsets[Int(reader)])..<end {
                        body(items[place], ratings[place])
                    }
                }
            }
        }
    }
}

extension TwoTowerModel {
    /// The mean of the items' embeddings: shape (dimensions).
    ///
    /// - Precondition: at least one item, all of them in the model.
    package func query(of liked: [ItemIndex]) -> [Float] {
        precondition(!liked.isEmpty, "a query has at least one item")
        let d = parts.dimensions
        var mean = [Float](repeating: 0, count: d)
        parts.itemEmbeddings.withBuffer { rows in
            mean.withUnsafeMutableBufferPointer { mean in
                guard let start = rows.baseAddress, let mean = mean.baseAddress else { return }
                for item in liked {
                    VectorKernels.axpy(1 / Float(liked.count), start + item.place * d, mean, d)
                }
            }
        }
        return mean
    }

    /// The readers with the largest dot product, best first; of equals the smaller index first.
    ///
    /// - Complexity: O(readers * dimensions).
    package func nearestReaders(
        to query: [Float], limit: Int
    ) -> [(reader: ReaderIndex, score: Float)] {
        var top = TopScores(capacity: limit)
        forEachReader(query) { reader, score in top.offer(score, at: reader) }
        return top.ranked().map { (ReaderIndex(rawValue: $0.index), $0.score) }
    }

    /// Calls the body with every reader's dot product with the query, in the order of the indices.
    @inline(__always)
    func forEachReader(_ query: [Float], _ body: (Int32, Float) -> Void) {
        let d = parts.dimensions
        parts.readerEmbeddings.withBuffer { rows in
            guard let start = rows.baseAddress else { return }
            query.withUnsafeBufferPointer { query in
                guard let query = query.baseAddress else { return }
                for reader in 0..<parts.readerCount {
                    body(Int32(reader), VectorKernels.dot(query, start + reader * d, d))
                }
            }
        }
    }

    /// The items of a reader with their ratings, best rated first; 0 is none.
    package func ratedItems(of reader: ReaderIndex) -> [(item: ItemIndex, rating: Int)] {
        var rated: [(item: ItemIndex, rating: Int)] = []
        parts.forEachItem(of: reader.rawValue) { item, rating in
            rated.append((ItemIndex(rawValue: item), Int(rating)))
        }
        return rated
    }

    /// How many readers have the item, rated or not.
    func readerCount(of item: Int) -> Int {
        Int(itemReaderOffsets[item + 1] - itemReaderOffsets[item])
    }

    /// The cosine of two items' embeddings, in -1...1.
    func similarity(_ left: ItemIndex, _ right: ItemIndex) -> Float {
        let d = parts.dimensions
        return parts.itemEmbeddings.withBuffer { rows in
            guard let start = rows.baseAddress else { return 0 }
            let (x, y) = (start + left.place * d, start + right.place * d)
            let lengths = VectorKernels.dot(x, x, d) * VectorKernels.dot(y, y, d)
            return lengths > 0 ? VectorKernels.dot(x, y, d) / lengths.squareRoot() : 0
        }
    }
}
