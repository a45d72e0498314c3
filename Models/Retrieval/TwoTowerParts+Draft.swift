import BundleFormat

extension TwoTowerParts {
    /// A rating as a bundle keeps it: a whole number up to 255, and 0 for no rating only.
    package static func stored(rating: Float) -> UInt8 {
        rating > 0 ? UInt8(min(255, max(1, rating.rounded()))) : 0
    }

    /// The parts as the tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        let pairCount = items.withBuffer(\.count)
        return [
            DraftTensor(
                TwoTowerTensor.itemEmbeddings, shape: [itemCount, dimensions],
                .float32(itemEmbeddings.withBuffer { Array($0) })),
            DraftTensor(
                TwoTowerTensor.readerEmbeddings, shape: [readerCount, dimensions],
                .float32(readerEmbeddings.withBuffer { Array($0) })),
            DraftTensor(
                TwoTowerTensor.readerOffsets, shape: [readerCount + 1],
                .int64(offsets.withBuffer { Array($0) })),
            DraftTensor(
                TwoTowerTensor.readerItems, shape: [pairCount],
                .int32(items.withBuffer { Array($0) })),
            DraftTensor(
                TwoTowerTensor.readerRatings, shape: [pairCount],
                .uint8(ratings.withBuffer { Array($0) })),
            DraftTensor(
                TwoTowerTensor.itemCounts, shape: [itemCount],
                .int32(itemCounts.withBuffer { Array($0) })),
        ]
    }
}
