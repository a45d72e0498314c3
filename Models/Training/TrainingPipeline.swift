import BundleFormat
import Foundation
import Identifiers
import Integrity
import JSON
import Retrieval

/// From a split to a bundle: train, choose the serving rule, judge, draft.
package struct TrainingPipeline {
    /// What only the caller knows.
    package struct Context: Sendable {
        package var version: Int
        package var created: Date
        /// The particulars of each item of the interactions, by its index there.
        package var items: [CatalogueItem]
        /// Further keys of items, by their index in the interactions.
        package var aliases: [(key: String, item: ItemIndex)]
        /// Items that are described and that nobody rated.
        package var unratedItems: [CatalogueItem]

        package init(
            version: Int, created: Date, items: [CatalogueItem],
            aliases: [(key: String, item: ItemIndex)], unratedItems: [CatalogueItem] = []
        ) {
            self.version = version
            self.created = created
            self.items = items
            self.aliases = aliases
            self.unratedItems = unratedItems
        }
    }

    /// What the training tells while it runs and after it ended.
    package struct Outcome: Sendable {
        package let draft: BundleDraft
        package let curve: [LossPoint]
        /// Each rule that competed, with its NDCG@10 on validation readers.
        package let candidates: [(rule: ServingRule, ndcg: Double)]
        /// Quality on test readers, the baselines first, what serves last.
        package let quality: [(method: String, metrics: RankingMetrics)]
    }

    package private(set) var recipe: Recipe
    package let split: ReaderSplit
    /// What is learned from, for the bundle's provenance.
    private var source: JSONObject

    /// Readers and pairs below which a model would only learn by heart.
    private static let pairsMin = 10
    /// Questions of the golden list.
    private static let goldenQueries = 16
    /// Items of a golden answer.
    private static let goldenAnswer = 10
    /// Other processors round sums differently, which may exchange neighbours of equal merit.
    private static let goldenOverlap = 0.8

    /// - Throws: `.notEnoughData` with the counts that were found.
    package init(recipe: Recipe, interactions: Interactions) throws(TrainingError) {
        try self.init(
            recipe: recipe, split: ReaderSplit(interactions, rules: recipe.split),
            source: [
                "data": .string(interactions.digest.hex),
                "data_rows": JSONValue(interactions.rowCount),
            ])
    }

    /// A pipeline for a split that was made before.
    ///
    /// - Throws: `.notEnoughData` with the counts that were found.
    package init(recipe: Recipe, files: SplitFiles) throws(TrainingError) {
        let split = ReaderSplit(files, rules: recipe.split)
        let rows = split.files().map(\.text).joined()
        try self.init(
            recipe: recipe, split: split,
            source: [
                "split": .string(SHA256Digest.of(Array(rows.utf8)).hex),
                "split_rows": JSONValue(files.pairs.count),
            ])
    }

    private init(
        recipe: Recipe, split: ReaderSplit, source: JSONObject
    ) throws(TrainingError) {
        self.recipe = recipe
        self.split = split
        self.source = source
        guard split.pairs.count >= Self.pairsMin else {
            let rows = source["data_rows"].map { " out of \($0.text) rows" } ?? ""
            throw TrainingError(
                .notEnoughData,
                "only \(split.pairs.count) ratings of at least \(recipe.split.likedRatingMin) are "
                    + "left for training\(rows); "
                    + "\(Self.pairsMin) are the least")
        }
    }

    /// Searches the recipe's grid on validation readers and goes on with what it found.
    ///
    /// - Parameters:
    ///   - context: Its items' catalogue counts towards the size limit.
    ///   - report: Is told of each trial and of how many trainings are done; false stops it.
    /// - Throws: As a tuning does.
    package mutating func tune(
        _ budget: Tuning.Budget, context: Context, report: (Tuning.Trial, Int) -> Bool
    ) throws(TrainingError) {
        let catalogueBytes: Int
        do throws(BundleError) {
            catalogueBytes = try catalogue(context).measuredBytes()
        } catch {
            throw TrainingError(.notEnoughData, error.message, cause: error)
        }
        let tuning = try Tuning(recipe: recipe, split: split)
        var trials = 0
        let (chosen, trial) = try tuning.run(budget, catalogueBytes: catalogueBytes) { trial, run in
            trials += 1
            return report(trial, run)
        }
        source["tuning"] = [
            "grid": recipe.source["grid"] ?? .null, "trials": JSONValue(trials),
            "seed": JSONValue(Int(clamping: budget.seed)),
            "chosen": .object(trial.choice),
            "validation_ndcg@10": JSONValue(trial.metrics.ndcgAt10),
        ]
        recipe = chosen
    }

    /// Counts for the person who waits.
    package var trainingReaders: Int { split.readers.count }
    package var trainingPairs: Int { split.pairs.count }
    package var vocabulary: Int { split.items.count }
    package var testReaders: Int { Set(split.test.map(\.reader)).count }

    /// Trains and judges.
    ///
    /// - Throws: `.cancelled`; `.badRecipe` if no rule of the recipe suits its kind of model.
    package func run(
        context: Context, warmStart: ModelBundle? = nil, checkpointPath: String? = nil,
        progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> Outcome {
        let checkpoint = checkpointPath.map { CheckpointFile(path: $0, run: name(of: warmStart)) }
        let training = try RankingTraining(
            split, recipe.settings, judgedBy: recipe.candidates.first,
            continuity: .init(checkpoint: checkpoint, warmStart: warmStart), progress: progress)
        let candidates = try candidates(for: training.model)
        let recommender = winner(of: candidates)
        let quality = try judge(recommender)
        let scores = candidates.map { (rule: $0.recommender.rule, ndcg: $0.ndcg) }
        var draft = draft(recommender, context, training.curve, scores, quality)
        if let warmStart { draft.provenance["warm_start"] = .string(warmStart.digest.hex) }
        return Outcome(draft: draft, curve: training.curve, candidates: scores, quality: quality)
    }

    /// Recipe, data and start: what a checkpoint must have in common with a run.
    private func name(of warmStart: ModelBundle?) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(JSONValue.object(recipe.source).encoded())
        hasher.update(JSONValue.object(source).encoded())
        hasher.update(Array((warmStart?.digest.hex ?? "").utf8))
        return hasher.finish()
    }

    private typealias Candidate = (recommender: Recommender, ndcg: Double)

    private func candidates(for model: RankingModel) throws(TrainingError) -> [Candidate] {
        try recipe.candidates.map { rule throws(TrainingError) in
            let recommender = try Recommender(training: model, rule: rule)
            let metrics = Evaluation.metrics(
                of: recommender, on: split.validation, itemCount: split.items.count)
            return (recommender, metrics.ndcgAt10)
        }
    }

    /// The best on validation; of equals, and without validation readers, the first.
    private func winner(of candidates: [Candidate]) -> Recommender {
        var best = candidates[0]
        for candidate in candidates where candidate.ndcg > best.ndcg { best = candidate }
        return best.recommender
    }

    private func judge(
        _ served: Recommender
    ) throws(TrainingError) -> [(method: String, metrics: RankingMetrics)] {
        try Baselines.recommenders(for: split, beside: served).map { method, recommender in
            (
                method,
                Evaluation.metrics(
                    of: recommender, on: split.test, itemCount: split.items.count)
            )
        }
    }
}

extension Recommender {
    /// - Throws: `.badRecipe` if the rule needs another kind of model.
    init(training model: RankingModel, rule: ServingRule) throws(TrainingError) {
        do throws(RetrievalError) {
            try self.init(model: model, rule: rule)
        } catch {
            throw TrainingError(.badRecipe, "\"serving\": \(error.message)", cause: error)
        }
    }
}

// MARK: The bundle

extension TrainingPipeline {
    private func draft(
        _ recommender: Recommender, _ context: Context, _ curve: [LossPoint],
        _ candidates: [(rule: ServingRule, ndcg: Double)],
        _ quality: [(method: String, metrics: RankingMetrics)]
    ) -> BundleDraft {
        BundleDraft(
            modelName: recipe.model, version: context.version, kind: recommender.model.kind,
            created: context.created, tensors: recommender.model.draftTensors,
            catalogue: catalogue(context), golden: golden(recommender),
            metrics: [
                "protocol": "three items in, ten out, held-out readers",
                "liked_rating_min": JSONValue(Double(recipe.split.likedRatingMin)),
                "test": .object(JSONObject(quality.map { ($0.method, .object($0.metrics.json)) })),
                "validation_ndcg@10": .array(
                    candidates.map { candidate in
                        var row = candidate.rule.json
                        row["ndcg@10"] = JSONValue(candidate.ndcg)
                        return .object(row)
                    }),
                "loss_curve": .array(curve.map(\.json)),
            ],
            provenance: provenance,
            serving: recommender.rule.json)
    }

    private var provenance: JSONObject {
        var provenance = source
        provenance["training_readers"] = JSONValue(split.readers.count)
        provenance["training_pairs"] = JSONValue(split.pairs.count)
        provenance["unliked_pairs"] = JSONValue(split.unlikedPairs.count)
        provenance["recipe"] = .object(recipe.source)
        provenance["seed"] = JSONValue(Int(clamping: recipe.settings.seed))
        return provenance
    }

    private func catalogue(_ context: Context) -> CatalogueDraft {
        var place: [ItemIndex: Int] = [:]
        for (index, source) in split.sources.enumerated() { place[source] = index }
        return CatalogueDraft(
            items: split.sources.map { context.items[$0.place] },
            aliases: context.aliases.compactMap { alias in
                place[alias.item].map { (alias.key, $0) }
            },
            readers: split.readers,
            unlearned: (context.items.indices.lazy.filter { place[ItemIndex($0)] == nil }
                .map { context.items[$0] } + context.unratedItems).filter { !$0.title.isEmpty })
    }

    private func golden(_ recommender: Recommender) -> GoldenQueries {
        let asked = split.validation.map(\.items) + split.test.map(\.items) + [fallbackQuestion]
        let queries = asked.prefix(Self.goldenQueries).map { items in
            GoldenQuery(
                items: items.map(\.place),
                expected: recommender.recommend(for: items, limit: Self.goldenAnswer)
                    .map(\.item.place))
        }
        return GoldenQueries(queries: Array(queries), overlapMin: Self.goldenOverlap)
    }

    /// A data set may be too small to hold readers out; a bundle still proves that it answers.
    private var fallbackQuestion: [ItemIndex] {
        split.pairs.prefix(ReaderSplit.queryItems).map(\.item)
    }
}
