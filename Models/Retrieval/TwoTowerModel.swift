import BundleFormat
import Identifiers
import Kernels
import Synchronization

/// What a two-tower model consists of, wherever it lies.
package struct TwoTowerParts: Sendable {
    package var dimensions: Int
    /// Shape (items, dimensions).
    package var itemEmbeddings: TensorRows<Float>
    /// Shape (readers, dimensions).
    package var readerEmbeddings: TensorRows<Float>
    package var readership: ReadershipParts

    package init(
        dimensions: Int, itemEmbeddings: TensorRows<Float>, readerEmbeddings: TensorRows<Float>,
        readership: ReadershipParts
    ) {
        self.dimensions = dimensions
        self.itemEmbeddings = itemEmbeddings
        self.readerEmbeddings = readerEmbeddings
        self.readership = readership
    }

    package var itemCount: Int { readership.itemCount }
    package var readerCount: Int { readership.readerCount }
}

/// A two-tower model: three items on one side, readers on the other, in one space.
///
/// The query is the mean of the liked items' embeddings and a candidate is a reader's embedding
/// (HarperDB's recommenders, 2022). Candidates are distinct readers, never training rows.
package final class TwoTowerModel: Sendable {
    package let parts: TwoTowerParts
    package let readership: Readership
    /// The readers, to find the nearest among them; made when first asked.
    private let table = Mutex<QuantizedRows?>(nil)

    /// - Precondition: shapes and indices agree, as opening a bundle has checked.
    /// - Complexity: O(pairs): some milliseconds for Book-Crossing.
    package init(_ parts: TwoTowerParts) {
        self.parts = parts
        readership = Readership(parts.readership)
    }

    /// - Throws: `.missingTensor`, which opening a two-tower bundle rules out.
    package convenience init(bundle: ModelBundle) throws(RetrievalError) {
        let items = try bundle.required(TwoTowerTensor.itemEmbeddings)
        self.init(
            TwoTowerParts(
                dimensions: items.shape[1], itemEmbeddings: .mapped(items),
                readerEmbeddings: .mapped(
                    try bundle.required(TwoTowerTensor.readerEmbeddings)),
                readership: try ReadershipParts(bundle: bundle)))
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
    /// - Complexity: O(readers * dimensions), a fraction of which is bytes that are read.
    package func nearestReaders(
        to query: [Float], limit: Int
    ) -> [(reader: ReaderIndex, score: Float)] {
        readerTable.top(limit, of: query, in: parts.readerEmbeddings)
            .map { (ReaderIndex(rawValue: $0.index), $0.score) }
    }

    private var readerTable: QuantizedRows {
        table.withLock { table in
            if let table { return table }
            let made = parts.readerEmbeddings.withBuffer {
                QuantizedRows($0, dimensions: parts.dimensions)
            }
            table = made
            return made
        }
    }

    /// The cosines of items' embeddings with others': shape (items, others), each in -1...1.
    func similarities(of items: [Int32], to others: [ItemIndex]) -> [[Float]] {
        let d = parts.dimensions
        return parts.itemEmbeddings.withBuffer { rows in
            guard let start = rows.baseAddress else { return [] }
            let rows = others.map { start + $0.place * d }
            let squares = rows.map { VectorKernels.dot($0, $0, d) }
            return items.map { item in
                let row = start + Int(item) * d
                let square = VectorKernels.dot(row, row, d)
                return rows.indices.map { other in
                    let lengths = square * squares[other]
                    return lengths > 0
                        ? VectorKernels.dot(row, rows[other], d) / lengths.squareRoot() : 0
                }
            }
        }
    }
}
