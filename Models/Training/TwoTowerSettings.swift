/// The hyperparameters of a two-tower training.
package struct TwoTowerSettings: Sendable, Hashable {
    /// Length of every embedding.
    package var dimensions = 24
    /// Examples of a step; the other readers of the batch are each example's negatives.
    package var batch = 1_024
    /// How often every liked pair is drawn `drawsPerPair` times.
    package var epochs = 2
    package var learningRate: Float = 0.1
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

    /// Where Adagrad's sums begin, so that the first steps are not huge (Keras has the same).
    static let accumulatorStart: Float = 0.1
    /// Keeps the division apart from zero (Keras has the same).
    static let epsilon: Float = 1e-7
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
    init(step: Int, of stepCount: Int, loss: Double?, examples: Int, seconds: Double) {
        self.step = step
        self.stepCount = stepCount
        self.loss = loss
        let rate = Double(step) / max(seconds, .leastNormalMagnitude)
        examplesPerSecond = rate * Double(examples)
        secondsRemaining = Double(stepCount - step) / rate
    }
}

/// The loss of a stretch of steps: one point of the curve.
package struct LossPoint: Sendable, Hashable {
    package let step: Int
    /// In nats for each example.
    package let loss: Double
}
