import Foundation

/// What a training pair weighs in the models of items.
///
///     weight(rating) = (rating / liked minimum)^grade, times `disliked` below the minimum
///
/// and `unrated` where no rating was given.
package struct PairWeights: Sendable, Hashable {
    /// 0 lets all ratings weigh the same.
    package var grade: Float = 0
    /// 0 leaves pairs out that were rated too low to be liked.
    package var disliked: Float = 0
    /// 0 leaves pairs out that were not rated.
    package var unrated: Float = 0

    package init() {}

    init(_ fields: inout RecipeFields) throws(TrainingError) {
        grade = Float(try fields.real("grade", 0...4))
        disliked = Float(try fields.real("disliked", 0...1))
        unrated = Float(try fields.real("unrated", 0...1))
    }

    func weight(of rating: Float, _ rules: ReaderSplit.Rules) -> Float {
        guard rating > 0 else { return rules.likedRatingMin > 0 ? unrated : 1 }
        let share = rules.likedRatingMin > 0 ? rating / rules.likedRatingMin : 1
        let graded = grade == 0 ? 1 : pow(share, grade)
        return rating >= rules.likedRatingMin ? graded : graded * disliked
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
    /// Steps of conjugate gradients that a row makes in an epoch.
    package var solverSteps = 3
    package var weights = PairWeights()
    package var seed: UInt64 = 42

    package init() {}

    init(_ fields: inout RecipeFields) throws(TrainingError) {
        dimensions = try fields.whole("dimensions", 1...256)
        epochs = try fields.whole("epochs", 1...1_000)
        regularisation = Float(try fields.real("regularisation", 1e-6...10_000))
        unobserved = Float(try fields.real("unobserved", 1e-6...100))
        scaling = Float(try fields.real("scaling", 0...2))
        solverSteps = try fields.whole("solver_steps", 1...1_000, default: solverSteps)
        weights = try PairWeights(&fields)
        seed = UInt64(try fields.whole("seed", 0...Int.max))
    }
}

/// The hyperparameters of item-to-item weights.
///
/// Letters: w(r, i) what the pair of reader r and item i weighs, n(i) and |I(r)| the sums of an
/// item's and a reader's weights, which are counts if all pairs weigh 1.
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
    package var weights = PairWeights()

    package init() {}

    /// The cosine of two items' readers, which is what people mean by item neighbours.
    static let cosine: Self = {
        var settings = Self()
        settings.activity = 0
        return settings
    }()

    init(_ fields: inout RecipeFields) throws(TrainingError) {
        neighbours = try fields.whole("neighbours", 1...10_000)
        activity = Float(try fields.real("activity", 0...4))
        source = Float(try fields.real("source", 0...4))
        target = Float(try fields.real("target", 0...4))
        shrink = Float(try fields.real("shrink", 0...1_000_000))
        weights = try PairWeights(&fields)
    }
}
