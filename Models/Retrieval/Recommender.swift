import BundleFormat
import Foundation
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
    package let model: RankingModel
    package let rule: ServingRule
    /// What the rule needs of the model, computed once.
    private let plan: Plan
    private let scratch: ScratchPool

    private indirect enum Plan: Sendable {
        case nearestReader(TwoTowerModel)
        case popularity
        case vote(ElectionWeights, ReaderTower?)
        case sum(ItemNeighboursModel, ItemSum, damping: [Float])
        case foldIn(FoldInPlan)
        case blend([(plan: Plan, weight: Float)])
    }

    /// - Throws: `.unknownRule` if the rule needs a model of another kind.
    package init(model: RankingModel, rule: ServingRule) throws(RetrievalError) {
        self.model = model
        self.rule = rule
        plan = try Self.plan(rule, for: model)
        scratch = ScratchPool(model.readership)
    }

    /// A bundle's model with the rule that its manifest chose.
    ///
    /// - Throws: `.unknownRule`, `.unknownKind`, `.missingTensor`.
    package init(bundle: ModelBundle) throws(RetrievalError) {
        try self.init(
            model: try RankingModel(bundle: bundle),
            rule: try ServingRule(bundle.manifest.serving))
    }

    private static func plan(
        _ rule: ServingRule, for model: RankingModel
    ) throws(RetrievalError) -> Plan {
        switch (rule, model) {
        case (.popularity, _): return .popularity
        case (.nearestReader, .twoTower(let model)): return .nearestReader(model)
        case (.readerVote(let vote), _):
            let tower = vote.towerWeight > 0 ? model.twoTower.map(ReaderTower.init) : nil
            return .vote(ElectionWeights(model.readership, vote), tower)
        case (.itemSum(let sum), .itemNeighbours(let model)):
            return .sum(model, sum, damping: model.readership.itemPowers(sum.damping))
        case (.foldIn(let foldIn), .itemFactors(let model)):
            return .foldIn(FoldInPlan(model, foldIn))
        case (.blend(let parts), _):
            return .blend(
                try parts.map { part throws(RetrievalError) in
                    (try plan(part.rule, for: model), part.weight)
                })
        case (.nearestReader, _), (.itemSum, _), (.foldIn, _):
            throw RetrievalError(
                .unknownRule,
                "a model of kind \(model.kind.rawValue) cannot serve by the rule \(rule.name)")
        }
    }

    /// The items that go with the liked ones, best first.
    ///
    /// Never an item that was given. Two nodes with the same bundle give the same answer: sums are
    /// taken in the order of indices, and of equal scores the smaller index comes first.
    ///
    /// - Parameters:
    ///   - liked: At least one item of the model; an item may occur twice and then counts twice.
    ///   - limit: How many to return at most; fewer only if the catalogue has no more, or by the
    ///     seeds' rule, which knows one reader only.
    /// - Complexity: O(readers * dimensions + the items of the readers who vote), and by a fold-in
    ///   O(items * dimensions).
    package func recommend(for liked: [ItemIndex], limit: Int) -> [RankedItem] {
        precondition(!liked.isEmpty, "a question names at least one item")
        switch plan {
        case .nearestReader(let model): return nearestReader(model, liked, limit)
        case .popularity: return popular(liked, limit)
        case .foldIn(let plan): return foldedIn(plan, liked, limit)
        case .vote, .sum, .blend: return scratch.use { elected(plan, liked, limit, &$0) }
        }
    }

    /// About how many nanoseconds an answer takes, from what the rule will have to look at.
    ///
    /// An estimate to plan with: within a factor of three on a processor of 2021.
    package func stepCount(for liked: [ItemIndex]) -> Int { stepCount(of: plan, for: liked) }

    private func stepCount(of plan: Plan, for liked: [ItemIndex]) -> Int {
        let readership = model.readership
        switch plan {
        case .popularity: return liked.count
        case .nearestReader(let model):
            return model.readership.parts.readerCount * model.parts.dimensions / Self.bytesAStep
        case .vote(let weights, let tower):
            let shares = liked.reduce(0) { $0 + readership.readerCount(of: $1.place) }
            let scan = tower.map { readership.parts.readerCount * $0.model.parts.dimensions } ?? 0
            return shares * Self.stepsAShare + scan / Self.bytesAStep
                + weights.vote.readers * readership.itemsPerReader * Self.stepsAVote
        case .sum(let model, _, _):
            return liked.reduce(0) { $0 + model.neighbourCount(of: $1.place) } * Self.stepsAVote
        case .foldIn(let plan):
            let parts = plan.model.parts
            return parts.readership.itemCount * parts.dimensions / Self.bytesAStep
                + liked.count * parts.dimensions * parts.dimensions
        case .blend(let parts):
            return parts.reduce(0) { $0 + stepCount(of: $1.plan, for: liked) }
        }
    }

    /// Bytes of a table that are scanned in a nanosecond; the rest of the scan is as much again.
    private static let bytesAStep = 24
    /// Steps for a reader who shares a liked item: two tables are read at random places.
    private static let stepsAShare = 8
    /// Steps for an item that is voted for: once for its score, once for its reason.
    private static let stepsAVote = 6

    /// What most readers chose, most chosen first; `because` is the item itself.
    package func popular(limit: Int) -> [RankedItem] {
        model.readership.popularItems.prefix(limit).enumerated().map { rank, item in
            let item = ItemIndex(rawValue: item)
            return RankedItem(item: item, score: 1 / Float(rank + 1), because: item)
        }
    }

    /// The ranking with scores times a power of an item's rarity: larger powers bring what fewer
    /// people know. Items without a score stay at the end.
    package func damped(_ ranking: [RankedItem], power: Float) -> [RankedItem] {
        let damped = ranking.map { ranked in
            let rarity = Self.rarity(model.readership.readerCount(of: ranked.item.place))
            return RankedItem(
                item: ranked.item, score: ranked.score * pow(rarity, power),
                because: ranked.because)
        }
        // Equal scores keep their order, which sorting by itself does not promise.
        return damped.enumerated().sorted { left, right in
            let (a, b) = (left.element.score, right.element.score)
            return a != b ? a > b : left.offset < right.offset
        }
        .map(\.element)
    }

    /// Falls with the number of an item's readers, from 20 of them on in proportion, and rises
    /// up to six: what a single reader has in common with a question may be chance.
    private static func rarity(_ readerCount: Int) -> Float {
        let readers = Float(readerCount)
        return readers / (readers + 2) * 20 / (readers + 20)
    }

    private func opinion(
        _ plan: Plan, on liked: [ItemIndex], _ scratch: inout ServingScratch
    ) -> (any Opinion)? {
        switch plan {
        case .nearestReader, .popularity: return nil
        case .vote(let weights, let tower):
            return ReaderElection(
                model.readership, tower: tower, liked, weights, shares: &scratch.shares)
        case .sum(let model, let rule, let damping):
            return NeighbourSum(model: model, liked: liked, rule: rule, damping: damping)
        case .foldIn(let plan): return FoldedReader(plan, liked)
        case .blend(let parts):
            return JointOpinion(
                parts.compactMap { part in
                    opinion(part.plan, on: liked, &scratch).map { ($0, part.weight) }
                }, part: &scratch.part)
        }
    }

    /// The best items of the plan's opinion, filled up with popular ones if they are too few.
    private func elected(
        _ plan: Plan, _ liked: [ItemIndex], _ limit: Int, _ scratch: inout ServingScratch
    ) -> [RankedItem] {
        guard let opinion = opinion(plan, on: liked, &scratch) else {
            return popular(liked, limit)
        }
        opinion.score(into: &scratch.scores)
        let ranked = scratch.scores.top(limit, excluding: liked)
        scratch.scores.clear()
        let support = opinion.support(of: ranked.map(\.index), places: &scratch.places)
        return explained(ranked, support, liked, limit)
    }

    private func foldedIn(
        _ plan: FoldInPlan, _ liked: [ItemIndex], _ limit: Int
    ) -> [RankedItem] {
        let reader = FoldedReader(plan, liked)
        let ranked = reader.top(limit, excluding: liked.map(\.rawValue)).filter { $0.score > 0 }
        return explained(ranked, reader.support(of: ranked.map(\.index)), liked, limit)
    }

    /// Winners with their reasons, filled up with popular items if they are too few.
    private func explained(
        _ ranked: [TopScores.Entry], _ support: [[Float]], _ liked: [ItemIndex], _ limit: Int
    ) -> [RankedItem] {
        var winners = zip(ranked, support).map { entry, support in
            RankedItem(
                item: ItemIndex(rawValue: entry.index), score: entry.score,
                because: Self.strongest(liked, support))
        }
        guard winners.count < limit else { return winners }
        let taken = Set(ranked.map(\.index)).union(liked.map(\.rawValue))
        for item in model.readership.popularItems where winners.count < limit {
            guard !taken.contains(item) else { continue }
            winners.append(
                RankedItem(item: ItemIndex(rawValue: item), score: 0, because: liked[0]))
        }
        return winners
    }

    /// The liked item with most support; of equals the first.
    private static func strongest(_ liked: [ItemIndex], _ support: [Float]) -> ItemIndex {
        var best = 0
        for position in liked.indices where support[position] > support[best] { best = position }
        return liked[best]
    }

    private func popular(_ liked: [ItemIndex], _ limit: Int) -> [RankedItem] {
        model.readership.popularItems.lazy
            .map(ItemIndex.init(rawValue:)).filter { !liked.contains($0) }.prefix(limit)
            .enumerated().map { rank, item in
                RankedItem(item: item, score: 1 / Float(rank + 1), because: liked[0])
            }
    }

    /// A reader's books count from this rating down ...
    private static let ratingBest = 10
    /// ... to this one ...
    private static let ratingWorst = 6
    /// ... until there are this many (HarperDB's book recommender, `recommend.js`).
    private static let enough = 5

    private func nearestReader(
        _ model: TwoTowerModel, _ liked: [ItemIndex], _ limit: Int
    ) -> [RankedItem] {
        guard let nearest = model.nearestReaders(to: model.query(of: liked), limit: 1).first else {
            return []
        }
        let excluded = liked.map(\.rawValue)
        let rated = model.readership.ratedItems(of: nearest.reader).filter {
            !excluded.contains($0.item.rawValue)
        }
        let threshold =
            stride(from: Self.ratingBest, through: Self.ratingWorst, by: -1).first { rating in
                rated.count { $0.rating >= rating } >= Self.enough
            } ?? Self.ratingBest
        let best = rated.filter { $0.rating >= threshold }.prefix(limit)
        let likeness = model.similarities(of: best.map(\.item.rawValue), to: liked)
        return zip(best, likeness).map { rated, likeness in
            RankedItem(
                item: rated.item, score: Float(rated.rating) / Float(Self.ratingBest),
                because: Self.strongest(liked, likeness))
        }
    }
}
