/// An extent of a tensor's shape that other tensors, or the catalogue, must agree with.
enum Extent: Hashable, Sendable {
    case items
    /// One more than the items: the bounds of each item's run.
    case itemBounds
    case readers
    /// One more than the readers: the bounds of each reader's run.
    case readerBounds
    /// All items of all readers, one reader after the other.
    case pairs
    /// All neighbours of all items, one item after the other.
    case neighbours
    case dimensions
}

/// A tensor that a kind of model cannot do without.
struct TensorRequirement: Sendable {
    let name: String
    let elementType: ElementType
    let shape: [Extent]

    init(_ name: String, _ elementType: ElementType, _ shape: [Extent]) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
    }
}

/// Compressed sparse rows: run k owns the places `offsets[k]..<offsets[k + 1]` of `items`.
struct RunsRequirement: Sendable {
    let offsets: String
    let items: String
    /// Whose runs they are, for the message of a refusal.
    let owner: String
}

/// The names of the tensors by which every kind that ranks knows who has what.
///
/// Each candidate reader's items, best rated first, as compressed sparse rows: reader `r` owns the
/// positions `offsets[r]..<offsets[r + 1]`.
package enum ReadershipTensor {
    /// Shape (readers + 1).
    package static let readerOffsets = "reader_offsets"
    /// Item of each pair, shape (pairs).
    package static let readerItems = "reader_items"
    /// Rating of each pair, 0 to 255, shape (pairs).
    package static let readerRatings = "reader_ratings"
    /// How many training readers chose each item, shape (items).
    package static let itemCounts = "item_counts"
}

/// The names of the tensors of a two-tower model, beside those of its readers.
package enum TwoTowerTensor {
    /// Query tower: shape (items, dimensions).
    package static let itemEmbeddings = "item_embeddings"
    /// Candidate tower: shape (readers, dimensions).
    package static let readerEmbeddings = "reader_embeddings"
}

/// The name of the tensor of an item-factors model, beside those of its readers.
package enum ItemFactorsTensor {
    /// Shape (items, dimensions).
    package static let factors = "item_factors"
}

/// The names of the tensors of an item-neighbours model, beside those of its readers.
///
/// Item `i` has the neighbours at `offsets[i]..<offsets[i + 1]`.
package enum ItemNeighboursTensor {
    /// Shape (items + 1).
    package static let offsets = "neighbour_offsets"
    /// Shape (neighbours).
    package static let neighbours = "neighbour_items"
    /// Shape (neighbours), none below 0.
    package static let weights = "neighbour_weights"
}

extension ModelKind {
    private static let readership: [TensorRequirement] = [
        .init(ReadershipTensor.readerOffsets, .int64, [.readerBounds]),
        .init(ReadershipTensor.readerItems, .int32, [.pairs]),
        .init(ReadershipTensor.readerRatings, .uint8, [.pairs]),
        .init(ReadershipTensor.itemCounts, .int32, [.items]),
    ]

    /// The tensors that a bundle of this kind must hold, or nil if this node cannot serve the kind.
    var requiredTensors: [TensorRequirement]? {
        switch self {
        case .twoTower:
            [
                .init(TwoTowerTensor.itemEmbeddings, .float32, [.items, .dimensions]),
                .init(TwoTowerTensor.readerEmbeddings, .float32, [.readers, .dimensions]),
            ] + Self.readership
        case .itemFactors:
            [.init(ItemFactorsTensor.factors, .float32, [.items, .dimensions])] + Self.readership
        case .itemNeighbours:
            [
                .init(ItemNeighboursTensor.offsets, .int64, [.itemBounds]),
                .init(ItemNeighboursTensor.neighbours, .int32, [.neighbours]),
                .init(ItemNeighboursTensor.weights, .float32, [.neighbours]),
            ] + Self.readership
        case .ratingDot:
            [
                .init(RatingTensor.itemEmbeddings, .float32, [.items, .dimensions]),
                .init(RatingTensor.readerEmbeddings, .float32, [.readers, .dimensions]),
                .init(RatingTensor.itemBiases, .float32, [.items]),
                .init(RatingTensor.readerBiases, .float32, [.readers]),
            ] + Self.readership
        case .ratingMLP:
            [
                .init(RatingTensor.itemEmbeddings, .float32, [.items, .dimensions]),
                .init(RatingTensor.readerEmbeddings, .float32, [.readers, .dimensions]),
            ] + Self.readership
        }
    }

    /// The runs among these tensors, whose offsets must grow and whose items must exist.
    var runs: [RunsRequirement] {
        let readers = RunsRequirement(
            offsets: ReadershipTensor.readerOffsets, items: ReadershipTensor.readerItems,
            owner: "reader")
        switch self {
        case .twoTower, .itemFactors, .ratingDot, .ratingMLP: return [readers]
        case .itemNeighbours:
            let items = RunsRequirement(
                offsets: ItemNeighboursTensor.offsets, items: ItemNeighboursTensor.neighbours,
                owner: "item")
            return [readers, items]
        }
    }
}
