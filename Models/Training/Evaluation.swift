import BundleFormat
import Dispatch
import Identifiers
import JSON
import Retrieval
import Synchronization

/// Judges recommenders by the protocol: three items in, ten out, from readers never seen.
package enum Evaluation {
    /// The answers' length; recall is also taken among twenty.
    private static let answerLength = 20

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
        do {
            let served = try Recommender(bundle: bundle)
            let translation = try SplitTranslation(bundle: bundle, split: split)
            return [
                ("popularity", popularity(split)),
                (
                    ServingRule.nearestReader.name,
                    metrics(
                        of: Recommender(model: served.model, rule: .nearestReader), split,
                        translation)
                ),
                ("\(served.rule.name) (serves)", metrics(of: served, split, translation)),
            ]
        } catch {
            throw TrainingError(.badSplit, "the bundle cannot be judged: \(error)", cause: error)
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

    private static func popularity(_ split: SplitFiles) -> RankingMetrics {
        let order = split.itemCounts.indices.sorted { left, right in
            split.itemCounts[left] != split.itemCounts[right]
                ? split.itemCounts[left] > split.itemCounts[right] : left < right
        }.prefix(answerLength + ReaderSplit.queryItems).map { ItemIndex($0) }
        let answers = split.test.map { query in
            Array(order.lazy.filter { !query.items.contains($0) }.prefix(answerLength))
        }
        return RankingMetrics(answers: answers, to: split.test, itemCount: split.items.count)
    }

    private static func inParallel(
        _ queries: [HeldOutQuery], _ answer: @Sendable (HeldOutQuery) -> [ItemIndex]
    ) -> [[ItemIndex]] {
        let pieceCount = 64
        let pieces = Mutex<[Int: [[ItemIndex]]]>([:])
        DispatchQueue.concurrentPerform(iterations: pieceCount) { piece in
            let from = queries.count * piece / pieceCount
            let to = queries.count * (piece + 1) / pieceCount
            let answers = queries[from..<to].map(answer)
            pieces.withLock { $0[piece] = answers }
        }
        return pieces.withLock { pieces in (0..<pieceCount).flatMap { pieces[$0] ?? [] } }
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
            let item = try bundle.catalogue.index(ofFirst: BookKey.spellings(of: key))
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
