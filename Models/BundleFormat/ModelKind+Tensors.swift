/// An extent of a tensor's shape that other tensors, or the catalogue, must agree with.
enum Extent: Hashable, Sendable {
    case items
    case readers
    /// One more than the readers: the bounds of each reader's run.
    case readerBounds
    /// All items of all readers, one reader after the other.
    case pairs
    case dimensions
}

/// A tensor that a kind of model cannot do without.
struct TensorRequirement: Sendable {
    let name: String
    let elementType: ElementType
    let shape: [Extent]
}

/// The names of the tensors of a two-tower model.
///
/// The last three are each candidate reader's rated items, best rated first, as compressed sparse
/// rows: reader `r` owns the positions `offsets[r]..<offsets[r + 1]`.
package enum TwoTowerTensor {
    /// Query tower: shape (items, dimensions).
    package static let itemEmbeddings = "item_embeddings"
    /// Candidate tower: shape (readers, dimensions).
    package static let readerEmbeddings = "reader_embeddings"
    /// Shape (readers + 1).
    package static let readerOffsets = "reader_offsets"
    /// Item of each pair, shape (pairs).
    package static let readerItems = "reader_items"
    /// Rating of each pair, 0 to 255, shape (pairs).
    package static let readerRatings = "reader_ratings"
    /// How many training readers chose each item, shape (items).
    package static let itemCounts = "item_counts"
}

extension ModelKind {
    /// The tensors that a bundle of this kind must hold, or nil if this node cannot serve the kind.
    var requiredTensors: [TensorRequirement]? {
        switch self {
        case .twoTower:
            [
                .init(
                    name: TwoTowerTensor.itemEmbeddings, elementType: .float32,
                    shape: [.items, .dimensions]),
                .init(
                    name: TwoTowerTensor.readerEmbeddings, elementType: .float32,
                    shape: [.readers, .dimensions]),
                .init(
                    name: TwoTowerTensor.readerOffsets, elementType: .int64,
                    shape: [.readerBounds]),
                .init(name: TwoTowerTensor.readerItems, elementType: .int32, shape: [.pairs]),
                .init(name: TwoTowerTensor.readerRatings, elementType: .uint8, shape: [.pairs]),
                .init(name: TwoTowerTensor.itemCounts, elementType: .int32, shape: [.items]),
            ]
        case .itemFactors, .itemNeighbours, .ratingDot, .ratingMLP: nil
        }
    }
}
