import BundleFormat
import Foundation
import Identifiers
import Integrity
import JSON
import Kernels
import Retrieval

/// From rated rows to a bundle: split, train, judge, draft.
package struct RatingPipeline {
    package struct Outcome: Sendable {
        package let draft: BundleDraft
        /// The epochs in which the model was judged on validation rows.
        package let epochs: [RatingEpoch]
        /// The epoch whose weights, or whose number, the model has.
        package let bestEpoch: Int
        /// What an epoch took on average, in seconds.
        package let secondsPerEpoch: Double
        /// Errors on test rows, the baselines first, the model last.
        package let quality: [RatingQuality]
    }

    package private(set) var recipe: RatingRecipe
    private let interactions: Interactions
    package let split: RatingSplit
    /// How the recipe was found, for the bundle's provenance.
    private var tuning: JSONObject?

    /// Rows below which a model would only learn by heart.
    private static let rowsMin = 10
    private static let goldenQueries = 16
    private static let goldenAnswer = 10
    /// Other processors round sums differently, which may exchange neighbours of equal merit.
    private static let goldenOverlap = 0.8

    /// - Throws: `.notEnoughData` with the counts that were found.
    package init(recipe: RatingRecipe, interactions: Interactions) throws(TrainingError) {
        self.recipe = recipe
        self.interactions = interactions
        split = RatingSplit(interactions, validationShare: recipe.settings.validationShare)
        guard split.training.count >= Self.rowsMin else {
            throw TrainingError(
                .notEnoughData,
                "only \(split.training.count) ratings are left for training out of "
                    + "\(interactions.rowCount) rows; \(Self.rowsMin) are the least")
        }
        // Rows of a file without such a column all have the same rating.
        guard let first = split.known.ratings.first,
            split.known.ratings.contains(where: { $0 != first })
        else {
            throw TrainingError(
                .notEnoughData,
                "all \(split.known.count) ratings are the same, so there is nothing to predict; "
                    + "has the data a column of ratings that was not named?")
        }
    }

    /// The split with its names, as `ledge evaluate` reads it again.
    package var files: RatingSplitFiles { RatingSplitFiles(split, of: interactions) }

    /// Searches the recipe's grid on validation rows and goes on with what it found.
    ///
    /// - Throws: As a tuning of ratings does.
    package mutating func tune(
        _ budget: Tuning.Budget, progress: (TrainingProgress, _ run: Int) -> Bool,
        report: (RatingTuning.Trial, _ run: Int) -> Bool
    ) throws(TrainingError) {
        var trials = 0
        let (chosen, trial) = try RatingTuning(recipe: recipe, split: split)
            .run(budget, progress: progress) { trial, run in
                trials += 1
                return report(trial, run)
            }
        tuning = [
            "grid": recipe.source["grid"] ?? .null, "trials": JSONValue(trials),
            "seed": JSONValue(Int(clamping: budget.seed)), "chosen": .object(trial.choice),
            "validation_mse": JSONValue(trial.quality.mse),
        ]
        recipe = chosen
    }

    /// Trains and judges.
    ///
    /// - Parameters:
    ///   - warmStart: A bundle of the same kind and shape: readers and items that it knows begin
    ///     with its weights, the layers too.
    ///   - checkpointPath: Where the state is kept, if it is; a second training adds `.refit`.
    /// - Throws: `.cancelled`; `.badCheckpoint`, `.unwritable`; `.badRecipe` if the warm start does
    ///   not fit.
    package func run(
        context: TrainingPipeline.Context, warmStart: ModelBundle? = nil,
        checkpointPath: String? = nil, progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> Outcome {
        let start = try warmStart.map { bundle throws(TrainingError) in
            try RatingWeights(random: self.start, from: bundle, recipe, interactions)
        }
        let parent = warmStart?.digest.hex ?? ""
        var trainer = trainer(
            on: split.training, validation: split.validation, recipe.settings, start)
        let epochs = try trainer.train(
            checkpoint: checkpoint(checkpointPath, "train \(parent)"), progress: progress)
        let bestEpoch = trainer.bestEpoch
        if recipe.settings.refits {
            var settings = recipe.settings
            settings.epochs = bestEpoch
            settings.patience = 0
            let none = RatedExamples(readers: [], items: [], ratings: [])
            trainer = self.trainer(on: split.known, validation: none, settings, start)
            _ = try trainer.train(
                checkpoint: checkpoint(
                    checkpointPath.map { $0 + Self.refitSuffix }, "refit \(parent)"),
                progress: progress)
        }
        let quality =
            RatingEvaluation.baselines(on: split) + [
                RatingQuality(
                    method: recipe.settings.kind.rawValue,
                    predictions: trainer.predictions(for: split.test), ratings: split.test.ratings)
            ]
        let model = RatingModel(parts(of: trainer.weights))
        let draft = draft(model, context, epochs, bestEpoch, quality, warmStart)
        return Outcome(
            draft: draft, epochs: epochs, bestEpoch: bestEpoch,
            secondsPerEpoch: trainer.secondsPerEpoch, quality: quality)
    }

    package static let refitSuffix = ".refit"

    private var start: RatingWeights {
        RatingWeights(
            random: recipe.settings, readerCount: split.readerCount, itemCount: split.itemCount,
            mean: RatingTrainer.mean(of: split.known))
    }

    private func trainer(
        on rows: RatedExamples, validation: RatedExamples, _ settings: RatingSettings,
        _ start: RatingWeights?
    ) -> RatingTrainer {
        RatingTrainer(
            training: rows, validation: validation, readerCount: split.readerCount,
            itemCount: split.itemCount, settings: settings, start: start)
    }

    private func checkpoint(_ path: String?, _ part: String) -> CheckpointFile? {
        path.map { path in
            CheckpointFile(
                path: path,
                run: TrainingCheckpoint.run(
                    recipe: recipe.source, data: interactions.digest, part: part))
        }
    }
}

// MARK: The bundle

extension RatingPipeline {
    private func parts(of weights: RatingWeights) -> RatingParts {
        let isDot = weights.layers.isEmpty
        // Everybody who asks for a prediction needs the mean; so it is part of the items' biases.
        let itemBiases = weights.itemBiases.map { $0 + weights.mean }
        return RatingParts(
            dimensions: weights.dimensions, itemEmbeddings: .owned(weights.itemEmbeddings),
            readerEmbeddings: .owned(weights.readerEmbeddings),
            biases: isDot ? (.owned(itemBiases), .owned(weights.readerBiases)) : nil,
            layers: weights.layers, readership: readership,
            scale: RatingScale(of: split.known.ratings))
    }

    /// What each reader rated among the rows that are not for the test, best rated first; of a
    /// repeated pair the last rating.
    private var readership: ReadershipParts {
        let known = split.known
        let scale = RatingScale(of: known.ratings)
        var runs = [[(item: Int32, rating: UInt8)]](repeating: [], count: split.readerCount)
        for row in 0..<known.count {
            let reader = Int(known.readers[row])
            let (item, rating) = (known.items[row], scale.stored(known.ratings[row]))
            if let place = runs[reader].firstIndex(where: { $0.item == item }) {
                runs[reader][place].rating = rating
            } else {
                runs[reader].append((item, rating))
            }
        }
        var offsets: [Int64] = [0]
        var counts = [Int32](repeating: 0, count: split.itemCount)
        for place in runs.indices {
            runs[place].sort { left, right in
                left.rating != right.rating ? left.rating > right.rating : left.item < right.item
            }
            offsets.append(offsets[place] + Int64(runs[place].count))
            for pair in runs[place] { counts[Int(pair.item)] += 1 }
        }
        let pairs = runs.flatMap(\.self)
        return ReadershipParts(
            itemCount: split.itemCount, readerCount: split.readerCount, offsets: .owned(offsets),
            items: .owned(pairs.map(\.item)), ratings: .owned(pairs.map(\.rating)),
            itemCounts: .owned(counts))
    }

    private func draft(
        _ model: RatingModel, _ context: TrainingPipeline.Context, _ epochs: [RatingEpoch],
        _ bestEpoch: Int, _ quality: [RatingQuality], _ parent: ModelBundle?
    ) -> BundleDraft {
        var serving = model.parts.scale.json
        if case .layers(_, let isOutputRectified) = recipe.settings.shape {
            serving["output_relu"] = .bool(isOutputRectified)
        }
        return BundleDraft(
            modelName: recipe.model, version: context.version, kind: recipe.settings.kind,
            created: context.created, tensors: model.parts.draftTensors,
            catalogue: CatalogueDraft(
                items: context.items, aliases: context.aliases.map { ($0.key, $0.item.place) },
                readers: interactions.readers),
            golden: golden(model),
            metrics: [
                "protocol": "a random fifth of the rated rows",
                "test": .object(JSONObject(quality.map { ($0.method, .object($0.json)) })),
                "best_epoch": JSONValue(bestEpoch),
                "epochs": .array(epochs.map(\.json)),
            ], provenance: provenance(parent), serving: serving)
    }

    private func provenance(_ parent: ModelBundle?) -> JSONObject {
        var provenance: JSONObject = [
            "data": .string(interactions.digest.hex),
            "data_rows": JSONValue(interactions.rowCount),
            "training_rows": JSONValue(split.training.count),
            "validation_rows": JSONValue(split.validation.count),
            "test_rows": JSONValue(split.test.count),
            "recipe": .object(recipe.source),
            "seed": JSONValue(Int(clamping: recipe.settings.seed)),
        ]
        if let tuning { provenance["tuning"] = .object(tuning) }
        if let parent { provenance["warm_start"] = .string(parent.digest.hex) }
        return provenance
    }

    private func golden(_ model: RatingModel) -> GoldenQueries {
        let step = max(1, split.readerCount / Self.goldenQueries)
        let asked = stride(from: 0, to: split.readerCount, by: step).prefix(Self.goldenQueries)
        let queries = asked.map { reader in
            GoldenQuery(
                items: [], reader: reader,
                expected: model.topItems(for: ReaderIndex(reader), limit: Self.goldenAnswer)
                    .map(\.item.place))
        }
        return GoldenQueries(queries: queries, overlapMin: Self.goldenOverlap)
    }
}
