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
                "the recipe's member \"kind\" is \"\(name)\"; this trainer knows two-tower, "
                    + "item-factors and item-neighbours")
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
    }
}

/// The hyperparameters of a factorisation by weighted least squares.
///
/// The loss is that of Rendle, Krichene, Zhang, Koren (2021), equation 3: a chosen pair should
/// score 1, every pair should score 0 with the weight `unobserved`, and a row with n chosen pairs
/// is kept small with the weight regularisation (n + unobserved columns)^scaling.
package struct ItemFactorsSettings: Sendable, Hashable {
    package var dimensions = 64
    /// How often readers and then items are solved for.
    package var epochs = 15
    package var regularisation: Float = 0.003
    package var unobserved: Float = 0.1
    package var scaling: Float = 1
    /// What a pair without a rating weighs beside a liked one; 0 leaves them out.
    package var unrated: Float = 0
    package var seed: UInt64 = 42

    package init() {}

    init(_ fields: inout RecipeFields) throws(TrainingError) {
        dimensions = try fields.whole("dimensions", 1...256)
        epochs = try fields.whole("epochs", 1...1_000)
        regularisation = Float(try fields.real("regularisation", 1e-6...10_000))
        unobserved = Float(try fields.real("unobserved", 1e-6...100))
        scaling = Float(try fields.real("scaling", 0...2))
        unrated = Float(try fields.real("unrated", 0...1))
        seed = UInt64(try fields.whole("seed", 0...Int.max))
    }
}

/// The hyperparameters of item-to-item weights.
///
/// Letters: n(i) how many readers have item i, |I(r)| how many items reader r has, w(r, i) 1 for a
/// liked item and `unrated` for one that was not rated.
///
///     together(q, i) = sum over r of |I(r)|^-activity w(r, q) w(r, i)
///     weight(q, i)   = together(q, i) / (n(q)^source n(i)^target + shrink)
///
/// With source = target = 1/2 this is the cosine, shrunk towards 0 for rare pairs; with activity =
/// source = alpha, target = beta and no shrinking it is the random walk RP3beta (Christoffel,
/// Paudel, Newell, Bernstein 2015; Paudel et al. 2016).
package struct ItemNeighboursSettings: Sendable, Hashable {
    /// How many neighbours of each item are kept.
    package var neighbours = 200
    package var activity: Float = 0.5
    package var source: Float = 0.5
    package var target: Float = 0.5
    package var shrink: Float = 10
    package var unrated: Float = 0

    package init() {}

    init(_ fields: inout RecipeFields) throws(TrainingError) {
        neighbours = try fields.whole("neighbours", 1...10_000)
        activity = Float(try fields.real("activity", 0...4))
        source = Float(try fields.real("source", 0...4))
        target = Float(try fields.real("target", 0...4))
        shrink = Float(try fields.real("shrink", 0...1_000_000))
        unrated = Float(try fields.real("unrated", 0...1))
    }
}
