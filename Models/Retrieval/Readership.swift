import BundleFormat
import Identifiers
import Kernels

/// Which candidate reader has which items, wherever that lies.
///
/// `offsets[r]..<offsets[r + 1]` are the places of reader r's items: the liked ones, best rated
/// first, then those with the rating 0, which the reader had but did not like or not rate.
package struct ReadershipParts: Sendable {
    package var itemCount: Int
    package var readerCount: Int
    /// Shape (readers + 1).
    package var offsets: TensorRows<Int64>
    /// Shape (pairs).
    package var items: TensorRows<Int32>
    /// Shape (pairs).
    package var ratings: TensorRows<UInt8>
    /// How many readers chose each item, shape (items).
    package var itemCounts: TensorRows<Int32>

    package init(
        itemCount: Int, readerCount: Int, offsets: TensorRows<Int64>, items: TensorRows<Int32>,
        ratings: TensorRows<UInt8>, itemCounts: TensorRows<Int32>
    ) {
        self.itemCount = itemCount
        self.readerCount = readerCount
        self.offsets = offsets
        self.items = items
        self.ratings = ratings
        self.itemCounts = itemCounts
    }

    /// - Throws: `.missingTensor`, which opening a bundle of a kind that ranks rules out.
    package init(bundle: ModelBundle) throws(RetrievalError) {
        let counts = try bundle.required(ReadershipTensor.itemCounts)
        let offsets = try bundle.required(ReadershipTensor.readerOffsets)
        self.init(
            itemCount: counts.shape[0], readerCount: offsets.shape[0] - 1,
            offsets: .mapped(offsets),
            items: .mapped(try bundle.required(ReadershipTensor.readerItems)),
            ratings: .mapped(try bundle.required(ReadershipTensor.readerRatings)),
            itemCounts: .mapped(counts))
    }

    /// Calls the body with each item of a reader and its rating.
    func forEachItem(of reader: Int32, _ body: (Int32, UInt8) -> Void) {
        withRows { $0.forEachItem(of: reader, body) }
    }

    /// Runs the body with the rows of all readers in reach.
    @inline(__always)
    func withRows<Result>(_ body: (ReaderRows) -> Result) -> Result {
        offsets.withBuffer { offsets in
            items.withBuffer { items in
                ratings.withBuffer { ratings in
                    body(ReaderRows(offsets: offsets, items: items, ratings: ratings))
                }
            }
        }
    }
}

/// The items of all readers, for as long as their buffers are lent.
struct ReaderRows {
    let offsets: UnsafeBufferPointer<Int64>
    let items: UnsafeBufferPointer<Int32>
    let ratings: UnsafeBufferPointer<UInt8>

    @inline(__always)
    func forEachItem(of reader: Int32, _ body: (Int32, UInt8) -> Void) {
        for place in Int(offsets[Int(reader)])..<Int(offsets[Int(reader) + 1]) {
            body(items[place], ratings[place])
        }
    }
}

/// The readers and their items, with the ways to ask about them that serving needs.
package final class Readership: Sendable {
    package let parts: ReadershipParts
    /// The readers of each item, in order, as compressed sparse rows: the turned-round `items`.
    let itemReaderOffsets: [Int32]
    let itemReaders: [Int32]
    /// Whether the reader of the same place has rated the item.
    let itemReaderHasRated: [Bool]
    /// Items by how many readers chose them, most chosen first.
    let popularItems: [Int32]

    /// How many of the most chosen items are kept as a last resort for short answers.
    private static let popularItemsMax = 1_000

    /// - Precondition: shapes and indices agree, as opening a bundle has checked.
    /// - Complexity: O(pairs): some milliseconds for Book-Crossing.
    package init(_ parts: ReadershipParts) {
        self.parts = parts
        (itemReaderOffsets, itemReaders, itemReaderHasRated) = Self.transpose(parts)
        popularItems = parts.itemCounts.withBuffer { counts in
            var top = TopScores(capacity: Self.popularItemsMax)
            for (item, count) in counts.enumerated() { top.offer(Float(count), at: Int32(item)) }
            return top.ranked().map(\.index)
        }
    }

    private static func transpose(_ parts: ReadershipParts) -> ([Int32], [Int32], [Bool]) {
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

    /// The items of a reader with their ratings, best rated first; 0 is none.
    package func ratedItems(of reader: ReaderIndex) -> [(item: ItemIndex, rating: Int)] {
        var rated: [(item: ItemIndex, rating: Int)] = []
        parts.forEachItem(of: reader.rawValue) { item, rating in
            rated.append((ItemIndex(rawValue: item), Int(rating)))
        }
        return rated
    }

    /// How many readers have the item, liked or not.
    package func readerCount(of item: Int) -> Int {
        Int(itemReaderOffsets[item + 1] - itemReaderOffsets[item])
    }

    /// The mean, rounded up; readers who vote have more, most others less.
    var itemsPerReader: Int { itemReaders.count / max(1, parts.readerCount) + 1 }

    /// n(i)^-exponent of each item, n being how many readers have it.
    func itemPowers(_ exponent: Float) -> [Float] {
        Powers.of((0..<parts.itemCount).map { readerCount(of: $0) }, to: -exponent)
    }

    /// |I(r)|^-exponent of each reader.
    func readerPowers(_ exponent: Float) -> [Float] {
        parts.offsets.withBuffer { offsets in
            Powers.of(zip(offsets, offsets.dropFirst()).map { Int($1 - $0) }, to: -exponent)
        }
    }
}

extension ModelBundle {
    func required(_ name: String) throws(RetrievalError) -> MappedTensor {
        guard let tensor = tensor(name) else {
            throw RetrievalError(.missingTensor, "the bundle holds no tensor \(name)")
        }
        return tensor
    }
}
