import BundleFormat
import Identifiers
import Kernels

/// A recommended item and why.
package struct RankedItem: Sendable, Hashable {
    package let item: ItemIndex
    /// Larger is better; comparable within one answer only.
    package let score: Float
    /// The liked item that this one goes with best.
    package let because: ItemIndex

    package init(item: ItemIndex, score: Float, because: ItemIndex) {
        self.item = item
        self.score = score
        self.because = because
    }
}

/// A model with the rule it serves by.
package struct Recommender: Sendable {
    package let model: TwoTowerModel
    package let rule: ServingRule
    private let weights: ElectionWeights?

    package init(model: TwoTowerModel, rule: ServingRule) {
        self.model = model
        self.rule = rule
        weights = if case .readerVote(let vote) = rule { ElectionWeights(model, vote) } else { nil }
    }

    /// A bundle's model with the rule that its manifest chose.
    ///
    /// - Throws: `.unknownRule`, `.missingTensor`.
    package init(bundle: ModelBundle) throws(RetrievalError) {
        self.init(
            model: try TwoTowerModel(bundle: bundle),
            rule: try ServingRule(bundle.manifest.serving))
    }

    /// The items that go with the liked ones, best first.
    ///
    /// Never an item that was given. Two nodes with the same bundle give the same answer: sums are
    /// taken in the order of indices, and of equal scores the smaller index comes first.
    ///
    /// - Parameters:
    ///   - liked: At least one item of the model; an item may occur twice and then counts twice.
    ///   - limit: How many to return at most; fewer only if the catalogue has no more.
    /// - Complexity: O(readers * dimensions + the items of the readers who vote).
    package func recommend(for liked: [ItemIndex], limit: Int) -> [RankedItem] {
        precondition(!liked.isEmpty, "a question names at least one item")
        switch rule {
        case .nearestReader: return nearestReader(liked, limit)
        case .readerVote(let vote):
            let weights = weights ?? ElectionWeights(model, vote)
            return ReaderElection(model, liked, weights).winners(limit)
        case .popularity:
            return model.popularItems.lazy
                .map(ItemIndex.init(rawValue:)).filter { !liked.contains($0) }.prefix(limit)
                .enumerated().map { rank, item in
                    RankedItem(item: item, score: 1 / Float(rank + 1), because: liked[0])
                }
        }
    }

    /// A reader's books count from this rating down ...
    private static let ratingBest = 10
    /// ... to this one ...
    private static let ratingWorst = 6
    /// ... until there are this many (HarperDB's book recommender, `recommend.js`).
    private static let enough = 5

    private func nearestReader(_ liked: [ItemIndex], _ limit: Int) -> [RankedItem] {
        guard let nearest = model.nearestReaders(to: model.query(of: liked), limit: 1).first else {
            return []
        }
        let rated = model.ratedItems(of: nearest.reader).filter { !liked.contains($0.item) }
        let threshold =
            stride(from: Self.ratingBest, through: Self.ratingWorst, by: -1).first { rating in
                rated.count { $0.rating >= rating } >= Self.enough
            } ?? Self.ratingBest
        return rated.filter { $0.rating >= threshold }.prefix(limit).map { rated in
            RankedItem(
                item: rated.item, score: Float(rated.rating) / Float(Self.ratingBest),
                because: companion(of: rated.item, among: liked))
        }
    }

    private func companion(of item: ItemIndex, among liked: [ItemIndex]) -> ItemIndex {
        var best = (item: liked[0], similarity: -Float.infinity)
        for candidate in liked {
            let similarity = model.similarity(item, candidate)
            if similarity > best.similarity { best = (candidate, similarity) }
        }
        return best.item
    }
}
