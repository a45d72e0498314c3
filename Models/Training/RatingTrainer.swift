import BundleFormat
import Foundation
import Integrity
import JSON
import Kernels
import Retrieval

/// One epoch of a rating model's training.
package struct RatingEpoch: Sendable, Hashable {
    /// 1 is the first.
    package let epoch: Int
    /// Mean squared error of the epoch's batches, each before it was learned.
    package let training: Double
    /// Mean squared error on the validation rows after the epoch; nil without such rows.
    package let validation: Double?
}

/// Where a training leaves its state, and how often.
package struct CheckpointFile: Sendable {
    package let path: String
    /// Names recipe and data; see ``TrainingCheckpoint/run(recipe:data:part:)``.
    package let run: SHA256Digest
    /// What may be lost at most, in seconds, beside the epoch that was under way.
    package let seconds: Double

    package init(path: String, run: SHA256Digest, seconds: Double = 5) {
        self.path = path
        self.run = run
        self.seconds = seconds
    }
}

/// Trains a model of ratings, epoch by epoch.
///
/// Each epoch takes the rows in an order that follows from seed and epoch, in batches; the last
/// batch may be smaller. Everything runs on one thread and in one order, so the same rows, seed and
/// settings give the same model to the last bit on processors with the same instructions, also
/// after an interruption.
package struct RatingTrainer {
    package let settings: RatingSettings
    private let training: RatedExamples
    private let validation: RatedExamples
    private var learner: any RatingLearner
    private var epochs: [RatingEpoch] = []
    /// What an epoch of this run took on average, without judging it, in seconds.
    package private(set) var secondsPerEpoch = 0.0
    /// The state of the best epoch so far, kept only where training may stop early.
    private var best: (epoch: Int, learner: any RatingLearner)?

    /// Rows between two reports of progress.
    private static let reportRows = 50_000

    /// - Parameters:
    ///   - validation: Empty if nothing is judged before the end.
    ///   - start: Weights to begin with instead of random ones; of the right shape.
    /// - Precondition: there is at least one row to learn from.
    package init(
        training: RatedExamples, validation: RatedExamples, readerCount: Int, itemCount: Int,
        settings: RatingSettings, start: RatingWeights? = nil
    ) {
        precondition(training.count > 0, "there is nothing to learn from")
        self.training = training
        self.validation = validation
        self.settings = settings
        let start =
            start
            ?? RatingWeights(
                random: settings, readerCount: readerCount, itemCount: itemCount,
                mean: Self.mean(of: training))
        learner = start.learner(settings)
    }

    static func mean(of examples: RatedExamples) -> Float {
        let sum = examples.ratings.reduce(0.0) { $0 + Double($1) }
        return Float(sum / Double(max(1, examples.count)))
    }

    /// Trains to the end, from a checkpoint on if there is one.
    ///
    /// With patience, the weights of the best epoch on validation remain, else those of the last.
    ///
    /// - Parameters:
    ///   - checkpoint: Is written now and then, when training is stopped and when it ends.
    ///   - progress: Is told now and then, on the calling thread; false stops the training.
    /// - Returns: One point for each epoch.
    /// - Throws: `.cancelled` if progress said so; `.diverged`; `.badCheckpoint`, `.unwritable`.
    package mutating func train(
        checkpoint: CheckpointFile? = nil, now: () -> ContinuousClock.Instant = { .now },
        progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> [RatingEpoch] {
        if let checkpoint { try resume(from: checkpoint) }
        let stepCount = (training.count + settings.batch - 1) / settings.batch
        var schedule = StepSchedule(rule: settings.rule, stepCount: stepCount)
        var arranged = training
        let report = ProgressReport(
            stepCount: stepCount * settings.epochs, batch: settings.batch, start: now(),
            stepsBefore: epochs.count * stepCount)
        var saved = now()
        let epochsBefore = epochs.count
        while !isDone {
            let before = checkpoint == nil ? nil : self
            let began = now()
            let epoch = epochs.count
            schedule.begin(
                rate: settings.learningRate * pow(settings.rateDecay, Double(epoch)),
                stepsBefore: epoch * stepCount)
            arranged.arrange(training, by: Self.order(training.count, settings.seed, epoch))
            let loss = learn(arranged, schedule) { step, loss in
                progress(report.at(step: step, loss: loss, now()))
            }
            guard let loss else {
                if let checkpoint { try before?.save(to: checkpoint) }
                throw TrainingError(
                    .cancelled,
                    "the training was stopped in epoch \(epoch + 1) of \(settings.epochs)")
            }
            guard loss.isFinite else {
                throw TrainingError(
                    .diverged,
                    "the training diverged in epoch \(epoch + 1): a smaller \"learning_rate\" is "
                        + "needed")
            }
            let made = Double(epochs.count - epochsBefore)
            secondsPerEpoch =
                (secondsPerEpoch * made + (now() - began) / .seconds(1)) / (made + 1)
            close(loss: loss)
            if let checkpoint, isDone || (now() - saved) / .seconds(1) >= checkpoint.seconds {
                try save(to: checkpoint)
                saved = now()
            }
        }
        if let best { learner = best.learner }
        return epochs
    }

    private var isDone: Bool {
        if epochs.count >= settings.epochs { return true }
        guard settings.patience > 0, let best else { return false }
        return epochs.count - best.epoch >= settings.patience
    }

    /// The epoch with the smallest validation error, or the last if none was judged.
    package var bestEpoch: Int {
        let judged = epochs.filter { $0.validation != nil }
        let best = judged.min { ($0.validation ?? 0) < ($1.validation ?? 0) }
        return best?.epoch ?? epochs.count
    }

    /// One epoch's steps; nil if progress stopped them.
    private mutating func learn(
        _ examples: RatedExamples, _ schedule: StepSchedule,
        progress: (_ step: Int, _ loss: Double) -> Bool
    ) -> Double? {
        let stretch = max(1, Self.reportRows / settings.batch)
        var loss = 0.0
        for first in stride(from: 1, through: schedule.stepCount, by: stretch) {
            let last = min(schedule.stepCount, first + stretch - 1)
            loss += learner.learn(examples, steps: first...last, schedule: schedule)
            let rows = min(examples.count, last * settings.batch)
            let step = epochs.count * schedule.stepCount + last
            guard progress(step, loss / Double(rows)) else { return nil }
        }
        learner.finishEpoch(schedule)
        return loss / Double(examples.count)
    }

    private mutating func close(loss: Double) {
        let judged = validation.count > 0 ? Self.squaredError(learner, validation) : nil
        let isBest = judged.map { error in
            epochs.allSatisfy { $0.validation.map { error < $0 } ?? true }
        }
        epochs.append(
            RatingEpoch(epoch: epochs.count + 1, training: loss, validation: judged))
        if settings.patience > 0, isBest == true { best = (epochs.count, learner) }
    }

    /// The order of an epoch's rows (Fisher and Yates).
    private static func order(_ count: Int, _ seed: UInt64, _ epoch: Int) -> [Int32] {
        var random = SplitMix64(seed: SplitMix64.mix(seed &+ UInt64(epoch) &+ 1))
        var order = (0..<Int32(count)).map(\.self)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, random.below(last + 1))
        }
        return order
    }

    static func squaredError(_ learner: any RatingLearner, _ examples: RatedExamples) -> Double {
        let predictions = learner.predictions(for: examples)
        var sum = 0.0
        for (prediction, rating) in zip(predictions, examples.ratings) {
            sum += Double(prediction - rating) * Double(prediction - rating)
        }
        return sum / Double(max(1, examples.count))
    }

    /// What the model as it is now predicts.
    package func predictions(for examples: RatedExamples) -> [Float] {
        learner.predictions(for: examples)
    }

    /// The model as it is now.
    package var weights: RatingWeights { RatingWeights(learner, settings) }
}

// MARK: Checkpoints

extension RatingTrainer {
    private static let bestPrefix = "best_"

    private func save(to file: CheckpointFile) throws(TrainingError) {
        var named = learner.state
        if let best { named += best.learner.state.map { (Self.bestPrefix + $0.name, $0.values) } }
        let checkpoint = TrainingCheckpoint(
            tensors: named.map {
                DraftTensor($0.name, shape: [$0.values.count], .float32($0.values))
            },
            state: [
                "best_epoch": JSONValue(best?.epoch ?? 0),
                "epochs": .array(epochs.map(\.json)),
            ])
        try checkpoint.write(to: file.path, run: file.run)
    }

    private mutating func resume(from file: CheckpointFile) throws(TrainingError) {
        guard let checkpoint = try TrainingCheckpoint(at: file.path, run: file.run) else { return }
        let floats = checkpoint.floats
        var epochs: [RatingEpoch] = []
        for value in checkpoint.state["epochs"]?.arrayValue ?? [] {
            guard let epoch = RatingEpoch(value, number: epochs.count + 1) else { break }
            epochs.append(epoch)
        }
        let count = checkpoint.state["epochs"]?.arrayValue?.count
        var isSound = count == epochs.count && learner.restore(floats)
        if let epoch = checkpoint.state["best_epoch"]?.integerValue, epoch > 0 {
            let values = floats.filter { $0.key.hasPrefix(Self.bestPrefix) }
                .map { (String($0.key.dropFirst(Self.bestPrefix.count)), $0.value) }
            var restored = learner
            isSound =
                isSound && restored.restore(Dictionary(uniqueKeysWithValues: values))
                && epoch <= epochs.count
            best = (epoch, restored)
        }
        guard isSound else {
            throw TrainingError(
                .badCheckpoint,
                "\(file.path) holds other tensors than this model; remove it to train from the "
                    + "beginning")
        }
        self.epochs = epochs
    }
}

extension RatingEpoch {
    package var json: JSONValue {
        [
            "epoch": JSONValue(epoch), "train_mse": JSONValue(training),
            "validation_mse": validation.map { JSONValue($0) } ?? .null,
        ]
    }

    fileprivate init?(_ json: JSONValue, number: Int) {
        guard let training = json["train_mse"]?.doubleValue else { return nil }
        self.init(
            epoch: number, training: training, validation: json["validation_mse"]?.doubleValue)
    }
}

/// Counts steps and seconds for the person who waits.
private struct ProgressReport {
    let stepCount: Int
    let batch: Int
    let start: ContinuousClock.Instant
    /// Steps that a run before this one made.
    let stepsBefore: Int

    func at(step: Int, loss: Double, _ now: ContinuousClock.Instant) -> TrainingProgress {
        // As if the steps of the run before had been made at the same rate.
        let share = Double(step - stepsBefore) / Double(step)
        return TrainingProgress(
            step: step, of: stepCount, loss: loss, examples: batch,
            seconds: (now - start) / .seconds(1) / share)
    }
}
