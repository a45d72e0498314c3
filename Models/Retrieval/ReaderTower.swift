import Identifiers
import Kernels

/// The readers' embeddings as a vote sees them: by their direction alone.
struct ReaderTower: Sendable {
    let model: TwoTowerModel
    /// Scores are dot products with rows of length 1.
    private let directions: QuantizedRows

    init(_ model: TwoTowerModel) {
        self.model = model
        let d = model.parts.dimensions
        directions = model.parts.readerEmbeddings.withBuffer { rows in
            let inverse = (0..<model.parts.readerCount).map { reader in
                guard let start = rows.baseAddress else { return Float(1) }
                let row = start + reader * d
                let inverse = 1 / VectorKernels.dot(row, row, d).squareRoot()
                return inverse.isFinite && inverse > 0 ? inverse : 1
            }
            return QuantizedRows(rows, dimensions: d, weights: inverse)
        }
    }

    /// Offers the readers of the largest similarity, or more.
    ///
    /// A reader who shares nothing has at most the tower's weight. Where enough readers have more,
    /// the embeddings need not be looked at.
    func offer(
        _ shares: ReaderShares, _ liked: [ItemIndex], _ weights: ElectionWeights,
        to top: inout TopScores
    ) {
        let query = model.query(of: liked)
        let length = VectorKernels.dot(query, query, query.count).squareRoot()
        let scale = length > 0 ? weights.vote.towerWeight / length : 0
        model.parts.readerEmbeddings.withBuffer { rows in
            query.withUnsafeBufferPointer { query in
                guard let start = rows.baseAddress, let query = query.baseAddress else { return }
                let most = weights.vote.towerWeight * Self.widening
                for reader in shares.readers {
                    let shared = shares.similarity(of: reader, weights)
                    if let bar = top.bar, shared + most < bar { continue }
                    let cosine = directions.score(of: Int(reader), query, in: start)
                    top.offer(shared + scale * max(0, cosine), at: reader)
                }
            }
            guard scale > 0 else { return }
            let floor = max(0, top.bar ?? 0) / scale / Self.widening
            let nearest = directions.top(
                weights.vote.readers, of: query, in: rows, atLeast: floor)
            for entry in nearest where shares.masks[Int(entry.index)] == 0 {
                top.offer(scale * max(0, entry.score), at: entry.index)
            }
        }
    }

    /// Room for the rounding of a cosine and of its sum with what is shared.
    private static let widening: Float = 1 + 1e-5
}
