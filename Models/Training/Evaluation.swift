import BundleFormat
import Identifiers
import JSON
import Retrieval

/// Judges recommenders by the protocol: three items in, ten out, from readers never seen.
package enum Evaluation {
    /// The answers' length; recall is also taken among twenty.
    private static let answerLength = 20
    /// Questions that one thread takes at a time.
    private static let blockQueries = 16

    /// Asks every query, on all processors.
    ///
    /// - Parameter itemCount: The size of the vocabulary, for the coverage.
    package static func metrics(
        of recommender: Recommender, on queries: [HeldOutQuery], itemCount: Int
    ) -> RankingMetrics {
        let answers = inParallel(queries) { query in
            recommender.recommend(for: query.items, limit: answerLength).map(\.item)
        }
        return RankingMetrics(answers: answers, to: queries, itemCount: itemCount)
    }

    /// Judges a bundle, and the baselines beside it, on the files of a split.
    ///
    /// Items travel by id: a question of the split is put to the bundle in the bundle's indices,
    /// and its answer comes back in the split's. An item that one side does not know cannot be a
    /// hit; a question of which nothing is known gets an empty answer.
    package static func report(
        bundle: ModelBundle, split: SplitFiles
    ) throws(TrainingError) -> [(method: String, metrics: RankingMetrics)] {
        let served: Recommender
        let translation: SplitTranslation
        do {
            served = try Recommender(bundle: bundle)
            translation = try SplitTranslation(bundle: bundle, split: split)
        } catch {
            throw TrainingError(.badSplit, "the bundle cannot be judged: \(error)", cause: error)
        }
        let training = ReaderSplit(split, rules: ReaderSplit.Rules(likedRatingMin: 0, draws: 1))
        return try Baselines.recommenders(for: training, beside: served).map {
            method, recommender in
            // The baselines that a split gives by itself speak of items in the split's indices.
            let isOfBundle = recommender.model.readership === served.model.readership
            return (
                method,
                isOfBundle
                    ? metrics(of: recommender, split, translation)
                    : metrics(of: recommender, on: split.test, itemCount: split.items.count)
            )
        }
    }

    private static func metrics(
        of recommender: Recommender, _ split: SplitFiles, _ translation: SplitTranslation
    ) -> RankingMetrics {
        let answers = inParallel(split.test) { query -> [ItemIndex] in
            let liked = query.items.compactMap { translation.toBundle[$0.place] }
            guard !liked.isEmpty else { return [] }
            return recommender.recommend(for: liked, limit: answerLength)
                .compactMap { translation.toSplit[$0.item] }
                .filter { !query.items.contains($0) }
        }
        return RankingMetrics(answers: answers, to: split.test, itemCount: split.items.count)
    }

    private static func inParallel(
        _ queries: [HeldOutQuery], _ answer: @Sendable (HeldOutQuery) -> [ItemIndex]
    ) -> [[ItemIndex]] {
        let blocks = ParallelBlocks.ranges(0..<queries.count, size: blockQueries)
        return ParallelBlocks.map(blocks.count) { block in queries[blocks[block]].map(answer) }
            .flatMap(\.self)
    }
}

/// Which item of a bundle is which item of a split.
private struct SplitTranslation {
    let toBundle: [ItemIndex?]
    /// Of several editions that the bundle holds as one item, the one that most training readers
    /// chose stands for it; of equals the first in the split.
    let toSplit: [ItemIndex: ItemIndex]

    init(bundle: ModelBundle, split: SplitFiles) throws(BundleError) {
        var toSplit: [ItemIndex: ItemIndex] = [:]
        toBundle = try split.items.enumerated().map { place, key throws(BundleError) in
            // A key is kept as the data has it; that of a book may have been cleaned.
            let spellings = [key] + BookKey.spellings(of: key)
            let item = try bundle.catalogue.index(ofFirst: spellings)
                .map { ItemIndex($0) }
            if let item {
                let rival = toSplit[item].map { split.itemCounts[$0.place] } ?? -1
                if split.itemCounts[place] > rival { toSplit[item] = ItemIndex(place) }
            }
            return item
        }
        self.toSplit = toSplit
    }
}
