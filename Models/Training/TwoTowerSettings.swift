import JSON
import Kernels

/// The hyperparameters of a two-tower training.
package struct TwoTowerSettings: Sendable, Hashable {
    /// Length of every embedding.
    package var dimensions = 24
    /// Examples of a step; the other readers of the batch are each example's negatives.
    package var batch = 1_024
    /// How often every liked pair is drawn `drawsPerPair` times.
    package var epochs = 2
    /// How weights follow their gradients; the seeds take Adagrad.
    package var rule = LearningRule(.adagrad)
    package var learningRate: Float = 0.1
    /// Epochs without a better quality on validation that end the training; 0 never does.
    package var patience = 0
    /// Questions drawn for each liked pair of a reader in an epoch; the seeds draw five.
    package var drawsPerPair = 5
    /// Items in a question.
    package var queryItems = 3
    package var seed: UInt64 = 42
    /// Whether other examples of an example's own reader are left out of its negatives.
    ///
    /// The seeds' recommenders punish them: there the right answer also stands among the wrong.
    package var masksRepeatedReaders = true

    package init() {}

    /// Embeddings begin uniform in plus and minus this (Keras has the same).
    static let spread: Float = 0.05
}

/// How far a training is.
package struct TrainingProgress: Sendable {
    /// Steps that are done.
    package let step: Int
    package let stepCount: Int
    /// Mean loss of the latest steps for each example; nil for a kind that has none.
    package let loss: Double?
    /// Examples for each second, since the start.
    package let examplesPerSecond: Double
    package let secondsRemaining: Double

    /// - Parameters:
    ///   - examples: Examples of one step.
    ///   - seconds: Since the start.
    ///   - stepsBefore: Steps that were done before the start, by a training that was interrupted.
    init(
        step: Int, of stepCount: Int, loss: Double?, examples: Int, seconds: Double,
        stepsBefore: Int = 0
    ) {
        self.step = step
        self.stepCount = stepCount
        self.loss = loss
        let rate = Double(step - stepsBefore) / max(seconds, .leastNormalMagnitude)
        examplesPerSecond = rate * Double(examples)
        secondsRemaining = Double(stepCount - step) / rate
    }
}

/// The loss of a stretch of steps: one point of the curve.
package struct LossPoint: Sendable, Hashable {
    package let step: Int
    /// In nats for each example.
    package let loss: Double
    /// Quality on validation where an epoch ends, larger is better.
    package var validation: Double?
}

extension LossPoint {
    package var json: JSONValue {
        var json: JSONObject = ["step": JSONValue(step), "loss": JSONValue(loss)]
        if let validation { json["validation_ndcg@10"] = JSONValue(validation) }
        return .object(json)
    }

    init?(_ json: JSONValue) {
        guard let step = json["step"]?.integerValue, let loss = json["loss"]?.doubleValue else {
            return nil
        }
        self.init(
            step: step, loss: loss, validation: json["validation_ndcg@10"]?.doubleValue)
    }
}
