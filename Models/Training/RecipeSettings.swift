import BundleFormat

/// What a kind of model is trained with.
package enum RecipeSettings: Sendable, Hashable {
    case twoTower(TwoTowerSettings)
    case itemFactors(ItemFactorsSettings)
    case itemNeighbours(ItemNeighboursSettings)

    package var kind: ModelKind {
        switch self {
        case .twoTower: .twoTower
        case .itemFactors: .itemFactors
        case .itemNeighbours: .itemNeighbours
        }
    }

    /// 0 for a kind that draws no random numbers; setting it has no effect there.
    package var seed: UInt64 {
        get {
            switch self {
            case .twoTower(let settings): settings.seed
            case .itemFactors(let settings): settings.seed
            case .itemNeighbours: 0
            }
        }
        set {
            switch self {
            case .twoTower(var settings):
                settings.seed = newValue
                self = .twoTower(settings)
            case .itemFactors(var settings):
                settings.seed = newValue
                self = .itemFactors(settings)
            case .itemNeighbours: break
            }
        }
    }

    /// - Throws: `.badRecipe` with the member at fault.
    init(_ fields: inout RecipeFields) throws(TrainingError) {
        let name = try fields.text("kind")
        switch ModelKind(rawValue: name) {
        case .twoTower: self = .twoTower(try TwoTowerSettings(&fields))
        case .itemFactors: self = .itemFactors(try ItemFactorsSettings(&fields))
        case .itemNeighbours: self = .itemNeighbours(try ItemNeighboursSettings(&fields))
        default:
            throw TrainingError(
                .badRecipe,
                "the recipe's member \"kind\" is \"\(name)\"; this trainer knows "
                    + ModelKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }
}

extension RecipeSettings {
    /// - Throws: `.badRecipe` unless training can begin with a model of this kind.
    package func refuseWarmStart(_ former: ModelKind) throws(TrainingError) {
        if case .itemNeighbours = self {
            throw TrainingError(
                .badRecipe,
                "item-neighbours is computed anew from all pairs, not learned step by step: it "
                    + "has no use for a warm start")
        }
        guard former == kind else {
            throw TrainingError(
                .badRecipe,
                "the warm start is of kind \(former.rawValue), the recipe of \(kind.rawValue)")
        }
    }
}

extension TwoTowerSettings {
    init(_ fields: inout RecipeFields) throws(TrainingError) {
        self.init()
        dimensions = try fields.whole("dimensions", 1...256)
        batch = try fields.whole("batch", 2...65_536)
        epochs = try fields.whole("epochs", 1...10_000)
        drawsPerPair = try fields.whole("draws_per_item", 1...1_000)
        queryItems = try fields.whole("query_items", 1...16)
        learningRate = Float(try fields.real("learning_rate", 1e-6...10))
        seed = UInt64(try fields.whole("seed", 0...Int.max))
        masksRepeatedReaders = try fields.flag("mask_repeated_readers")
        // Recipes of the seeds' form name no optimiser: theirs is Adagrad.
        if fields.has("optimiser") { rule = try RatingSettings.rule(&fields) }
        patience = try fields.whole("patience", 0...10_000, default: 0)
    }
}
