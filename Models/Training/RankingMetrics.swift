import Foundation
import Identifiers
import JSON

/// How good answers to held-out questions are: means over readers of means over their draws.
package struct RankingMetrics: Sendable, Hashable {
    /// Hits among ten, divided by ten or by the hidden items if there are fewer.
    package let recallAt10: Double
    /// The same among twenty.
    package let recallAt20: Double
    /// Discounted gain of the hits among ten, divided by the best possible one.
    package let ndcgAt10: Double
    /// Share of questions with at least one hit among ten.
    package let hitRateAt10: Double
    /// Distinct items shown among the first ten, divided by the vocabulary.
    package let coverageAt10: Double
    /// How many of ten places were filled.
    package let lengthAt10: Double
    /// Half the width of the 95 % confidence interval of the mean over readers.
    package let ndcgConfidence: Double
    package let recallConfidence: Double
    package let readerCount: Int
    package let queryCount: Int

    private static let shortList = 10
    private static let longList = 20

    /// What one answer scores.
    private struct Score {
        var recallAt10 = 0.0
        var recallAt20 = 0.0
        var ndcgAt10 = 0.0
        var hitAt10 = 0.0
        var lengthAt10 = 0.0
    }

    /// - Parameters:
    ///   - answers: For each query the recommended items, best first, possibly fewer than twenty.
    ///   - itemCount: The size of the vocabulary.
    package init(answers: [[ItemIndex]], to queries: [HeldOutQuery], itemCount: Int) {
        precondition(answers.count == queries.count, "one answer for each query")
        var scores: [Int: [Score]] = [:]
        var order: [Int] = []
        var shown: Set<ItemIndex> = []
        for (answer, query) in zip(answers, queries) {
            if scores[query.reader] == nil { order.append(query.reader) }
            scores[query.reader, default: []].append(Self.score(answer, query))
            shown.formUnion(answer.prefix(Self.shortList))
        }
        func means(_ member: KeyPath<Score, Double>) -> [Double] {
            order.map { reader in
                let draws = scores[reader] ?? []
                return draws.reduce(0) { $0 + $1[keyPath: member] } / Double(draws.count)
            }
        }
        let recall = MeanInterval(means(\.recallAt10))
        let ndcg = MeanInterval(means(\.ndcgAt10))
        (recallAt10, recallConfidence) = (recall.mean, recall.halfWidth)
        (ndcgAt10, ndcgConfidence) = (ndcg.mean, ndcg.halfWidth)
        recallAt20 = MeanInterval(means(\.recallAt20)).mean
        hitRateAt10 = MeanInterval(means(\.hitAt10)).mean
        lengthAt10 = MeanInterval(means(\.lengthAt10)).mean
        coverageAt10 = itemCount > 0 ? Double(shown.count) / Double(itemCount) : 0
        readerCount = order.count
        queryCount = queries.count
    }

    private static func score(_ answer: [ItemIndex], _ query: HeldOutQuery) -> Score {
        let hidden = Set(query.hidden)
        let hits = answer.prefix(longList).map(hidden.contains)
        let hitsAt10 = Double(hits.prefix(shortList).count { $0 })
        let discounts = (0..<shortList).map { 1 / log2(Double($0 + 2)) }
        let gain = zip(hits, discounts).reduce(0) { $0 + ($1.0 ? $1.1 : 0) }
        let best = discounts.prefix(hidden.count).reduce(0, +)
        return Score(
            recallAt10: hitsAt10 / Double(min(shortList, hidden.count)),
            recallAt20: Double(hits.count { $0 }) / Double(min(longList, hidden.count)),
            ndcgAt10: gain / best, hitAt10: hitsAt10 > 0 ? 1 : 0,
            lengthAt10: Double(min(shortList, answer.count)))
    }

    /// The figures under the names of the reference, rounded as it rounds.
    package var json: JSONObject {
        [
            "recall@10": Self.rounded(recallAt10, 4), "recall@20": Self.rounded(recallAt20, 4),
            "ndcg@10": Self.rounded(ndcgAt10, 4), "hit@10": Self.rounded(hitRateAt10, 4),
            "ci95_ndcg@10": Self.rounded(ndcgConfidence, 4),
            "ci95_recall@10": Self.rounded(recallConfidence, 4),
            "coverage@10": Self.rounded(coverageAt10, 4),
            "mean_len@10": Self.rounded(lengthAt10, 2), "test_users": JSONValue(readerCount),
            "queries": JSONValue(queryCount),
        ]
    }

    /// Half-way cases go to the even digit of the exact binary value, as in Python and C.
    private static func rounded(_ value: Double, _ digits: Int) -> JSONValue {
        JSONValue(Double(String(format: "%.\(digits)f", value)) ?? value)
    }
}
