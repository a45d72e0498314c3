import Identifiers
import Retrieval

/// Trains a model of any kind that ranks.
package struct RankingTraining: Sendable {
    package let model: RankingModel
    /// Empty for a kind that counts and does not iterate.
    package let curve: [LossPoint]

    /// - Parameter progress: Is told now and then; false stops the training.
    /// - Throws: `.cancelled` if progress said so.
    package init(
        _ split: ReaderSplit, _ settings: RecipeSettings,
        progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) {
        let readership = ReadershipParts(split)
        switch settings {
        case .twoTower(let settings):
            var trainer = TwoTowerTrainer(split: split, settings: settings)
            curve = try trainer.train(progress: progress)
            model = .twoTower(
                TwoTowerModel(
                    TwoTowerParts(
                        dimensions: settings.dimensions,
                        itemEmbeddings: .owned(trainer.itemEmbeddings),
                        readerEmbeddings: .owned(trainer.readerEmbeddings),
                        readership: readership)))
        case .itemFactors(let settings):
            var trainer = ItemFactorsTrainer(split: split, settings: settings)
            curve = try trainer.train(progress: progress)
            model = .itemFactors(
                ItemFactorsModel(
                    ItemFactorsParts(
                        dimensions: settings.dimensions, factors: .owned(trainer.items),
                        readership: readership)))
        case .itemNeighbours(let settings):
            let trainer = ItemNeighboursTrainer(split: split, settings: settings)
            let rows = try trainer.train(progress: progress)
            curve = []
            model = .itemNeighbours(ItemNeighboursModel(rows, readership))
        }
    }
}

extension ItemNeighboursModel {
    package convenience init(_ rows: ItemNeighboursTrainer.Rows, _ readership: ReadershipParts) {
        self.init(
            ItemNeighboursParts(
                offsets: .owned(rows.offsets), neighbours: .owned(rows.neighbours),
                weights: .owned(rows.weights), readership: readership))
    }
}

extension ReadershipParts {
    /// The training readers of a split with what they liked, best first, and then, unless it is
    /// left out, what they did not rate.
    package init(_ split: ReaderSplit, includesUnrated: Bool = true) {
        var runs = [[ReaderSplit.Pair]](repeating: [], count: split.readers.count)
        var counts = [Int32](repeating: 0, count: split.items.count)
        for pair in split.pairs {
            runs[pair.reader.place].append(pair)
            counts[pair.item.place] += 1
        }
        if includesUnrated {
            for pair in split.unratedPairs { runs[pair.reader.place].append(pair) }
        }
        var offsets: [Int64] = [0]
        for place in runs.indices {
            runs[place].sort { left, right in
                left.rating != right.rating ? left.rating > right.rating : left.item < right.item
            }
            offsets.append(offsets[place] + Int64(runs[place].count))
        }
        let pairs = runs.flatMap(\.self)
        self.init(
            itemCount: split.items.count, readerCount: split.readers.count,
            offsets: .owned(offsets), items: .owned(pairs.map(\.item.rawValue)),
            ratings: .owned(pairs.map { Self.stored(rating: $0.rating) }),
            itemCounts: .owned(counts))
    }
}
