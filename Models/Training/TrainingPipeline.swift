import BundleFormat
import Foundation
import Identifiers
import JSON
import Retrieval

/// From interactions to a bundle: split, train, choose the serving rule, judge, draft.
package struct TrainingPipeline {
    /// What only the caller knows.
    package struct Context: Sendable {
        package var version: Int
        package var created: Date
        /// The particulars of each item of the interactions, by its index there.
        package var items: [CatalogueItem]
        /// Further keys of items, by their index in the interactions.
        package var aliases: [(key: String, item: ItemIndex)]

        package init(
            version: Int, created: Date, items: [CatalogueItem],
            aliases: [(key: String, item: ItemIndex)]
        ) {
            self.version = version
            self.created = created
            self.items = items
            self.aliases = aliases
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

    private let recipe: Recipe
    private let interactions: Interactions
    private let split: ReaderSplit

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
        self.recipe = recipe
        self.interactions = interactions
        split = ReaderSplit(interactions, rules: recipe.split)
        guard split.pairs.count >= Self.pairsMin else {
            throw TrainingError(
                .notEnoughData,
                "only \(split.pairs.count) ratings of at least \(recipe.split.likedRatingMin) are "
                    + "left for training out of \(interactions.rowCount) rows; \(Self.pairsMin) "
                    + "are the least")
        }
    }

    /// Counts for the person who waits.
    package var trainingReaders: Int { split.readers.count }
    package var trainingPairs: Int { split.pairs.count }
    package var vocabulary: Int { split.items.count }
    package var testReaders: Int { Set(split.test.map(\.reader)).count }

    /// Trains and judges.
    ///
    /// - Throws: `.cancelled`.
    package func run(
        context: Context, progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> Outcome {
        guard case .twoTower(let settings) = recipe.settings else {
            throw TrainingError(
                .badRecipe, "models of kind \(recipe.settings.kind.rawValue) are not trained yet")
        }
        var trainer = TwoTowerTrainer(split: split, settings: settings)
        let curve = try trainer.train(progress: progress)
        let model = TwoTowerModel(parts(of: trainer))
        let candidates = recipe.candidates.map { rule in
            let metrics = Evaluation.metrics(
                of: Recommender(model: model, rule: rule), on: split.validation,
                itemCount: split.items.count)
            return (rule: rule, ndcg: metrics.ndcgAt10)
        }
        let chosen = winner(of: candidates)
        let recommender = Recommender(model: model, rule: chosen)
        let quality = judge(model, serving: recommender)
        let draft = draft(recommender, context, curve, candidates, quality)
        return Outcome(draft: draft, curve: curve, candidates: candidates, quality: quality)
    }

    /// The best on validation; of equals, and without validation readers, the first.
    private func winner(of candidates: [(rule: ServingRule, ndcg: Double)]) -> ServingRule {
        var best = candidates[0]
        for candidate in candidates where candidate.ndcg > best.ndcg { best = candidate }
        return best.rule
    }

    private func judge(
        _ model: TwoTowerModel, serving recommender: Recommender
    ) -> [(method: String, metrics: RankingMetrics)] {
        let baselines: [ServingRule] = [.popularity, .nearestReader]
        return baselines.map { rule in
            let baseline = Recommender(model: model, rule: rule)
            return (
                rule.name,
                Evaluation.metrics(of: baseline, on: split.test, itemCount: split.items.count)
            )
        } + [
            (
                "\(recommender.rule.name) (serves)",
                Evaluation.metrics(of: recommender, on: split.test, itemCount: split.items.count)
            )
        ]
    }
}

// MARK: The bundle

extension TrainingPipeline {
    private func parts(of trainer: TwoTowerTrainer) -> TwoTowerParts {
        var runs = [[ReaderSplit.Pair]](repeating: [], count: split.readers.count)
        var counts = [Int32](repeating: 0, count: split.items.count)
        for pair in split.pairs {
            runs[pair.reader.place].append(pair)
            counts[pair.item.place] += 1
        }
        for pair in split.unratedPairs { runs[pair.reader.place].append(pair) }
        var offsets: [Int64] = [0]
        for place in runs.indices {
            runs[place].sort { left, right in
                left.rating != right.rating ? left.rating > right.rating : left.item < right.item
            }
            offsets.append(offsets[place] + Int64(runs[place].count))
        }
        let pairs = runs.flatMap(\.self)
        return TwoTowerParts(
            dimensions: trainer.dimensions, itemCount: split.items.count,
            readerCount: split.readers.count, itemEmbeddings: .owned(trainer.itemEmbeddings),
            readerEmbeddings: .owned(trainer.readerEmbeddings), offsets: .owned(offsets),
            items: .owned(pairs.map(\.item.rawValue)),
            ratings: .owned(pairs.map { TwoTowerParts.stored(rating: $0.rating) }),
            itemCounts: .owned(counts))
    }

    private func draft(
        _ recommender: Recommender, _ context: Context, _ curve: [LossPoint],
        _ candidates: [(rule: ServingRule, ndcg: Double)],
        _ quality: [(method: String, metrics: RankingMetrics)]
    ) -> BundleDraft {
        BundleDraft(
            modelName: recipe.model, version: context.version, kind: .twoTower,
            created: context.created, tensors: recommender.model.parts.draftTensors,
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
                "loss_curve": .array(
                    curve.map { ["step": JSONValue($0.step), "loss": JSONValue($0.loss)] }),
            ],
            provenance: [
                "data": .string(interactions.digest.hex),
                "data_rows": JSONValue(interactions.rowCount),
                "training_readers": JSONValue(split.readers.count),
                "training_pairs": JSONValue(split.pairs.count),
                "unrated_pairs": JSONValue(split.unratedPairs.count),
                "recipe": .object(recipe.source),
                "seed": JSONValue(Int(clamping: recipe.settings.seed)),
            ],
            serving: recommender.rule.json)
    }

    private func catalogue(_ context: Context) -> CatalogueDraft {
        var place: [ItemIndex: Int] = [:]
        for (index, source) in split.sources.enumerated() { place[source] = index }
        return CatalogueDraft(
            items: split.sources.map { context.items[$0.place] },
            aliases: context.aliases.compactMap { alias in
                place[alias.item].map { (alias.key, $0) }
            },
            readers: split.readers)
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
