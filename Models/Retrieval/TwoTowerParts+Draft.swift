import BundleFormat

extension TwoTowerParts {
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
