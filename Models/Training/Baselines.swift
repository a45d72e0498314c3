import Identifiers
import Retrieval

/// What a model is compared with, made from the same training pairs.
enum Baselines {
    /// The nearest 200 readers by cosine, each with the same voice for each of its items.
    private static let userNeighbours = ReaderVote(
        readers: 200, towerWeight: 0, unrated: 0, rarity: 0, activity: 0.5, damping: 0)

    /// The baselines that a split gives by itself, and the seeds' rule if the model has towers;
    /// what serves comes last.
    static func recommenders(
        for split: ReaderSplit, beside served: Recommender
    ) throws(TrainingError) -> [(method: String, recommender: Recommender)] {
        var named: [(method: String, recommender: Recommender)] = []
        let neighbours = try model(of: split)
        named.append(("popularity", try Recommender(training: neighbours, rule: .popularity)))
        if case .twoTower = served.model {
            let seeds = try Recommender(training: served.model, rule: .nearestReader)
            named.append((seeds.rule.name, seeds))
        }
        named.append(
            (
                "user-neighbours",
                try Recommender(training: neighbours, rule: .readerVote(userNeighbours))
            ))
        named.append(
            ("item-neighbours", try Recommender(training: neighbours, rule: .itemSum(ItemSum()))))
        return named + [("\(served.rule.name) (serves)", served)]
    }

    /// The cosine of items, shrunk towards 0 for rare pairs.
    private static func model(of split: ReaderSplit) throws(TrainingError) -> RankingModel {
        let settings = ItemNeighboursSettings.cosine
        let rows = try ItemNeighboursTrainer(split: split, settings: settings).train { _ in true }
        // What a split's files do not tell must not make a difference.
        let readership = ReadershipParts(split, includesUnrated: false)
        return .itemNeighbours(ItemNeighboursModel(rows, readership))
    }
}
