import Identifiers
import Retrieval

/// A model whose right answers can be read off.
///
/// Reader r has `choices[r]`, best rated first; embeddings are given or follow from the choices:
/// an item's is its own axis, a reader's the sum of the items' axes.
struct SmallModel {
    var choices: [[(item: Int, rating: UInt8)]]
    var itemCount: Int
    var itemRows: [[Float]]?
    var readerRows: [[Float]]?

    init(items: Int, _ choices: [[(item: Int, rating: UInt8)]]) {
        itemCount = items
        self.choices = choices
    }

    /// Black readers like black items and white readers white ones, each all but one.
    ///
    /// The one that a reader lacks is the obvious recommendation.
    static func checkerboard(size: Int) -> SmallModel {
        SmallModel(
            items: size,
            (0..<size).map { reader in
                stride(from: reader % 2, to: size, by: 2).filter { $0 != reader }
                    .map { (item: $0, rating: 10) }
            })
    }

    private var readership: ReadershipParts {
        var counts = [Int32](repeating: 0, count: itemCount)
        var offsets: [Int64] = [0]
        for choices in choices {
            offsets.append(offsets[offsets.count - 1] + Int64(choices.count))
            for choice in choices where choice.rating > 0 { counts[choice.item] += 1 }
        }
        return ReadershipParts(
            itemCount: itemCount, readerCount: choices.count, offsets: .owned(offsets),
            items: .owned(choices.flatMap { $0.map { Int32($0.item) } }),
            ratings: .owned(choices.flatMap { $0.map(\.rating) }), itemCounts: .owned(counts))
    }

    var parts: TwoTowerParts {
        let axes = (0..<itemCount).map { item in
            (0..<itemCount).map { $0 == item ? Float(1) : 0 }
        }
        let items = itemRows ?? axes
        let readers =
            readerRows
            ?? choices.map { choices in
                (0..<itemCount).map { item in choices.contains { $0.item == item } ? Float(1) : 0 }
            }
        return TwoTowerParts(
            dimensions: items[0].count, itemEmbeddings: .owned(items.flatMap(\.self)),
            readerEmbeddings: .owned(readers.flatMap(\.self)), readership: readership)
    }

    var model: TwoTowerModel { TwoTowerModel(parts) }

    /// Each item's factors say which readers have it, so that a product is how many share two.
    var itemFactors: ItemFactorsModel {
        let rows = (0..<itemCount).flatMap { item in
            choices.map { choices in choices.contains { $0.item == item } ? Float(1) : 0 }
        }
        return ItemFactorsModel(
            ItemFactorsParts(
                dimensions: choices.count, factors: .owned(rows), readership: readership))
    }

    /// Each item's neighbours are those that share readers with it, weighing how many.
    var itemNeighbours: ItemNeighboursModel {
        var offsets: [Int64] = [0]
        var (neighbours, weights): ([Int32], [Float]) = ([], [])
        for item in 0..<itemCount {
            for other in 0..<itemCount where other != item {
                let shared = choices.count { choices in
                    choices.contains { $0.item == item } && choices.contains { $0.item == other }
                }
                guard shared > 0 else { continue }
                neighbours.append(Int32(other))
                weights.append(Float(shared))
            }
            offsets.append(Int64(neighbours.count))
        }
        return ItemNeighboursModel(
            ItemNeighboursParts(
                offsets: .owned(offsets), neighbours: .owned(neighbours), weights: .owned(weights),
                readership: readership))
    }

    /// An answer by a model of the kind that the rule needs.
    func answer(_ rule: ServingRule, to liked: [Int], limit: Int = 10) throws -> [RankedItem] {
        let kind: RankingModel =
            switch rule {
            case .itemSum, .blend: .itemNeighbours(itemNeighbours)
            case .foldIn: .itemFactors(itemFactors)
            case .nearestReader, .readerVote, .popularity: .twoTower(model)
            }
        return try answer(rule, of: kind, to: liked, limit: limit)
    }

    func answer(
        _ rule: ServingRule, of model: RankingModel, to liked: [Int], limit: Int = 10
    ) throws -> [RankedItem] {
        try Recommender(model: model, rule: rule)
            .recommend(for: liked.map { ItemIndex($0) }, limit: limit)
    }
}

extension [RankedItem] {
    /// The recommended items, best first.
    var items: [Int] { map(\.item.place) }
    /// The liked item that each one goes with.
    var reasons: [Int] { map(\.because.place) }
}
