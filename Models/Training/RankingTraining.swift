import BundleFormat
import Identifiers
import Retrieval

/// Trains a model of any kind that ranks.
package struct RankingTraining: Sendable {
    package let model: RankingModel
    /// Empty for a kind that counts and does not iterate.
    package let curve: [LossPoint]

    /// What a training may begin with and leave behind.
    package struct Continuity: Sendable {
        /// Where the state of two towers is kept, to go on after an interruption; other kinds take
        /// seconds.
        package var checkpoint: CheckpointFile?
        /// A former bundle whose embeddings or factors are begun with.
        package var warmStart: ModelBundle?

        package init(checkpoint: CheckpointFile? = nil, warmStart: ModelBundle? = nil) {
            self.checkpoint = checkpoint
            self.warmStart = warmStart
        }
    }

    /// - Parameters:
    ///   - rule: By what a model is judged after each epoch, where there are several.
    ///   - progress: Is told now and then; false stops the training.
    /// - Throws: `.cancelled` if progress said so; `.badRecipe` if the warm start does not fit;
    ///   `.badCheckpoint`, `.unwritable`.
    package init(
        _ split: ReaderSplit, _ settings: RecipeSettings, judgedBy rule: ServingRule? = nil,
        continuity: Continuity = Continuity(), progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) {
        if let bundle = continuity.warmStart { try settings.refuseWarmStart(bundle.manifest.kind) }
        let readership = ReadershipParts(split)
        switch settings {
        case .twoTower(let settings):
            let start = try continuity.warmStart.map { bundle throws(TrainingError) in
                try TwoTowerTrainer.Start(bundle, split, settings)
            }
            var trainer = TwoTowerTrainer(split: split, settings: settings, start: start)
            curve = try trainer.train(
                checkpoint: continuity.checkpoint,
                judge: settings.epochs > 1 && !split.validation.isEmpty
                    ? { Self.quality(of: $0, rule, split, readership) } : nil,
                progress: progress)
            model = .twoTower(trainer.model(readership))
        case .itemFactors(let settings):
            var trainer = ItemFactorsTrainer(split: split, settings: settings)
            if let bundle = continuity.warmStart { try trainer.begin(with: bundle, split) }
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

extension RankingTraining {
    private static func quality(
        of trainer: TwoTowerTrainer, _ rule: ServingRule?, _ split: ReaderSplit,
        _ readership: ReadershipParts
    ) -> Double {
        let model = RankingModel.twoTower(trainer.model(readership))
        do throws(RetrievalError) {
            let recommender = try Recommender(model: model, rule: rule ?? .nearestReader)
            return Evaluation.metrics(
                of: recommender, on: split.validation, itemCount: split.items.count
            ).ndcgAt10
        } catch {
            // A rule that does not suit the model is refused when the candidates compete.
            return 0
        }
    }
}

extension TwoTowerTrainer {
    /// The model as it is now.
    fileprivate func model(_ readership: ReadershipParts) -> TwoTowerModel {
        TwoTowerModel(
            TwoTowerParts(
                dimensions: settings.dimensions, itemEmbeddings: .owned(itemEmbeddings),
                readerEmbeddings: .owned(readerEmbeddings), readership: readership))
    }
}

extension TwoTowerTrainer.Start {
    /// Random embeddings, replaced by a former bundle's where it knows the item or the reader.
    ///
    /// - Throws: `.badRecipe` if the bundle is no two-tower model of the same dimensions.
    init(
        _ bundle: ModelBundle, _ split: ReaderSplit, _ settings: TwoTowerSettings
    ) throws(TrainingError) {
        self.init(random: split, settings)
        do {
            let former = try TwoTowerModel(bundle: bundle).parts
            try FormerPlaces.refuse(former.dimensions, wanted: settings.dimensions)
            let places = try FormerPlaces(in: bundle, items: split.items, readers: split.readers)
            FormerPlaces.copy(
                places.items, former.itemEmbeddings, columns: former.dimensions, into: &items)
            FormerPlaces.copy(
                places.readers, former.readerEmbeddings, columns: former.dimensions,
                into: &readers)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.badRecipe, "the warm start cannot be read", cause: error)
        }
    }
}

extension ItemFactorsTrainer {
    /// - Throws: `.badRecipe` if the bundle is no item-factors model of the same dimensions.
    fileprivate mutating func begin(
        with bundle: ModelBundle, _ split: ReaderSplit
    ) throws(TrainingError) {
        do {
            let former = try ItemFactorsModel(bundle: bundle).parts
            try FormerPlaces.refuse(former.dimensions, wanted: settings.dimensions)
            begin(
                with: former.factors,
                at: try FormerPlaces(in: bundle, items: split.items, readers: []))
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.badRecipe, "the warm start cannot be read", cause: error)
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
