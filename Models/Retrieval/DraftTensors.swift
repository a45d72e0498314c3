import BundleFormat

extension ReadershipParts {
    /// A rating as a bundle keeps it: a whole number up to 255, and 0 for no rating only.
    package static func stored(rating: Float) -> UInt8 {
        rating > 0 ? UInt8(min(255, max(1, rating.rounded()))) : 0
    }

    /// The parts as tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        let pairCount = items.withBuffer(\.count)
        return [
            DraftTensor(
                ReadershipTensor.readerOffsets, shape: [readerCount + 1],
                .int64(offsets.withBuffer { Array($0) })),
            DraftTensor(
                ReadershipTensor.readerItems, shape: [pairCount],
                .int32(items.withBuffer { Array($0) })),
            DraftTensor(
                ReadershipTensor.readerRatings, shape: [pairCount],
                .uint8(ratings.withBuffer { Array($0) })),
            DraftTensor(
                ReadershipTensor.itemCounts, shape: [itemCount],
                .int32(itemCounts.withBuffer { Array($0) })),
        ]
    }
}

extension TwoTowerParts {
    /// The parts as the tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        [
            DraftTensor(
                TwoTowerTensor.itemEmbeddings, shape: [itemCount, dimensions],
                .float32(itemEmbeddings.withBuffer { Array($0) })),
            DraftTensor(
                TwoTowerTensor.readerEmbeddings, shape: [readerCount, dimensions],
                .float32(readerEmbeddings.withBuffer { Array($0) })),
        ] + readership.draftTensors
    }
}

extension ItemFactorsParts {
    /// The parts as the tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        [
            DraftTensor(
                ItemFactorsTensor.factors, shape: [readership.itemCount, dimensions],
                .float32(factors.withBuffer { Array($0) }))
        ] + readership.draftTensors
    }
}

extension ItemNeighboursParts {
    /// The parts as the tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        let count = neighbours.withBuffer(\.count)
        return [
            DraftTensor(
                ItemNeighboursTensor.offsets, shape: [readership.itemCount + 1],
                .int64(offsets.withBuffer { Array($0) })),
            DraftTensor(
                ItemNeighboursTensor.neighbours, shape: [count],
                .int32(neighbours.withBuffer { Array($0) })),
            DraftTensor(
                ItemNeighboursTensor.weights, shape: [count],
                .float32(weights.withBuffer { Array($0) })),
        ] + readership.draftTensors
    }
}
