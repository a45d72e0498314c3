import BundleFormat
import JSON
import Kernels

/// The hyperparameters of a model that predicts ratings.
package struct RatingSettings: Sendable, Hashable {
    package enum Shape: Sendable, Hashable {
        /// The dot product of two embeddings, on request with biases and the mean.
        case dot(hasBiases: Bool)
        /// Dense layers over both embeddings; the last gives the rating, on request rectified.
        case layers(hidden: [Int], isOutputRectified: Bool)
    }

    package var shape: Shape
    /// Length of every embedding.
    package var dimensions = 5
    package var batch = 32
    package var epochs = 5
    package var rule = LearningRule(.adam)
    package var learningRate = 0.001
    /// What each epoch's learning rate is of the one before.
    package var rateDecay = 1.0
    /// What the squares of an example's embeddings weigh beside its squared error.
    package var l2 = 0.0
    /// Likewise its biases.
    package var biasL2 = 0.0
    /// Embeddings begin uniform in plus and minus this (Keras has 0.05).
    package var spread: Float = 0.05
    /// Epochs without a better validation error after which training stops; 0 is never.
    package var patience = 0
    /// The part of all rated rows that is kept from training to judge epochs by.
    package var validationShare = 0.05
    /// Whether to train once more, on the validation rows too, for as many epochs as were best.
    package var refits = false
    package var seed: UInt64 = 42

    package init(_ shape: Shape) { self.shape = shape }

    package var kind: ModelKind {
        switch shape {
        case .dot: .ratingDot
        case .layers: .ratingMLP
        }
    }

    private static let dimensionsMax = 256
    private static let layersMax = 8
    private static let layerWidthMax = 1_024

    /// Reads the members of a recipe of one of the two kinds.
    ///
    /// - Throws: `.badRecipe` with the member at fault.
    init(kind: ModelKind, fields: inout RecipeFields) throws(TrainingError) {
        if kind == .ratingMLP {
            let hidden = try fields.wholes(
                "hidden", 1...Self.layerWidthMax, countMax: Self.layersMax)
            self.init(
                .layers(hidden: hidden, isOutputRectified: try fields.flag("output_relu")))
        } else {
            self.init(.dot(hasBiases: try fields.flag("biases")))
            biasL2 = try fields.real("bias_l2", 0...10)
        }
        dimensions = try fields.whole("dimensions", 1...Self.dimensionsMax)
        batch = try fields.whole("batch", 1...65_536)
        epochs = try fields.whole("epochs", 1...10_000)
        rule = try Self.rule(&fields)
        learningRate = try fields.real("learning_rate", 1e-7...10)
        rateDecay = try fields.real("learning_rate_decay", 0.01...1)
        l2 = try fields.real("l2", 0...10)
        spread = Float(try fields.real("spread", 0...1))
        patience = try fields.whole("patience", 0...1_000)
        validationShare = try fields.real("validation_share", 0...0.5)
        refits = try fields.flag("refit")
        seed = UInt64(try fields.whole("seed", 0...Int.max))
        guard validationShare > 0 || (patience == 0 && !refits) else {
            throw TrainingError(
                .badRecipe,
                "the recipe's member \"validation_share\" is 0, so \"patience\" and \"refit\" have "
                    + "nothing to go by")
        }
    }

    static func rule(_ fields: inout RecipeFields) throws(TrainingError) -> LearningRule {
        let name = try fields.text("optimiser")
        guard let kind = LearningRule.Kind(rawValue: name) else {
            let names = LearningRule.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw TrainingError(
                .badRecipe, "the recipe's member \"optimiser\" must be one of \(names)")
        }
        var rule = LearningRule(kind)
        if kind != .sgd { rule.epsilon = try fields.real("epsilon", 1e-12...1) }
        if kind == .adam {
            rule.beta1 = try fields.real("beta1", 0...0.9999)
            rule.beta2 = try fields.real("beta2", 0.0001...0.999999)
        }
        if kind == .adagrad {
            rule.accumulatorStart = Float(try fields.real("accumulator_start", 0...100))
        }
        guard rule.isSound else {
            throw TrainingError(
                .badRecipe,
                "the recipe's member \"beta1\" must be below the square root of \"beta2\"")
        }
        return rule
    }
}

/// How a rating model is trained and what is expected of it: one JSON file.
package struct RatingRecipe: Sendable {
    /// The model's name, and the channel on which it is published.
    package var model: String
    package var settings: RatingSettings
    package var mergesEditions: Bool
    package var requiresTitles: Bool
    /// The test error above which the training says that something is wrong.
    package var expectedMSE: Double
    /// What `--tune` tries, if the recipe says.
    package var grid: TuningGrid?
    /// The recipe as it was read, for the bundle's provenance.
    package var source: JSONObject

    /// - Returns: Nil if the recipe's kind is another.
    /// - Throws: `.badRecipe` with the member at fault; an unknown member is a fault too.
    package init?(_ object: JSONObject) throws(TrainingError) {
        guard let kind = object["kind"]?.stringValue.flatMap(ModelKind.init(rawValue:)),
            kind.predictsRatings
        else { return nil }
        var fields = RecipeFields(object)
        source = object
        _ = try fields.text("kind")
        model = try fields.text("model")
        settings = try RatingSettings(kind: kind, fields: &fields)
        mergesEditions = try fields.flag("merge_editions")
        requiresTitles = try fields.flag("require_titles")
        expectedMSE = try fields.real("expected_mse_max", 0...1_000_000)
        grid = try fields.object("grid").map { object throws(TrainingError) in
            try TuningGrid(object)
        }
        try fields.refuseUnread()
    }
}
