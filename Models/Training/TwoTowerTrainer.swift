import BundleFormat
import Foundation
import JSON
import Kernels

/// Trains a two-tower model (seed of this project: HarperDB's recommenders, 2022).
///
/// An example is a reader and three of the reader's liked items. The query is the mean of the
/// items' embeddings, the candidate is the reader's embedding, and the loss is the softmax over
/// all readers of the batch. Other examples of the same reader are no negatives.
///
/// Training goes in rounds of some steps. A round draws its examples from its own number and the
/// seed, so the same seed gives the same embeddings to the last bit, however many processors there
/// are, and also if the training was interrupted between two rounds.
package struct TwoTowerTrainer {
    package let settings: TwoTowerSettings
    private let pairs: LikedPairs
    private let rounds: Rounds
    private var learner: TwoTowerLearner
    private var batch: TwoTowerBatch
    private var curve: [LossPoint] = []
    /// Rounds that are done.
    private var roundCount = 0
    /// The tables after the best epoch so far, kept only where training may stop early.
    private var best: (epoch: Int, score: Double, learner: TwoTowerLearner)?

    /// How a training is cut: epochs into rounds, rounds into steps.
    private struct Rounds {
        let stepsOfEpoch: Int
        let epochs: Int

        /// A round is short enough to be lost and long enough that saving costs nothing.
        static let stepsMax = 128

        var ofEpoch: Int { (stepsOfEpoch + Self.stepsMax - 1) / Self.stepsMax }
        var count: Int { ofEpoch * epochs }

        func steps(of round: Int) -> Int {
            min(Self.stepsMax, stepsOfEpoch - round % ofEpoch * Self.stepsMax)
        }

        func stepsBefore(_ round: Int) -> Int {
            round / ofEpoch * stepsOfEpoch + round % ofEpoch * Self.stepsMax
        }
    }

    /// Embeddings to begin with: shapes (items, dimensions) and (readers, dimensions).
    package struct Start: Sendable {
        package var items: [Float]
        package var readers: [Float]

        /// Random ones, uniform in plus and minus ``TwoTowerSettings/spread``.
        package init(random split: ReaderSplit, _ settings: TwoTowerSettings) {
            var random = SplitMix64(seed: settings.seed)
            func rows(_ count: Int) -> [Float] {
                (0..<count * settings.dimensions).map { _ in
                    (random.unit() * 2 - 1) * TwoTowerSettings.spread
                }
            }
            items = rows(split.items.count)
            readers = rows(split.readers.count)
        }
    }

    /// - Precondition: there is at least one pair, and the start is of the split's size.
    package init(split: ReaderSplit, settings: TwoTowerSettings, start: Start? = nil) {
        precondition(!split.pairs.isEmpty, "there is nothing to learn from")
        self.settings = settings
        pairs = LikedPairs(split)
        rounds = Rounds(
            stepsOfEpoch: max(1, pairs.count * settings.drawsPerPair / settings.batch),
            epochs: settings.epochs)
        let start = start ?? Start(random: split, settings)
        learner = TwoTowerLearner(
            form: .init(
                dimensions: settings.dimensions, queryItems: settings.queryItems,
                masksRepeatedReaders: settings.masksRepeatedReaders),
            items: EmbeddingTable(
                weights: start.items, rowCount: split.items.count, columns: settings.dimensions,
                batch: settings.batch * settings.queryItems, rule: settings.rule),
            readers: EmbeddingTable(
                weights: start.readers, rowCount: split.readers.count,
                columns: settings.dimensions, batch: settings.batch, rule: settings.rule))
        batch = TwoTowerBatch(
            examples: settings.batch, queryItems: settings.queryItems,
            readerCount: split.readers.count)
    }

    /// Shape (items of the vocabulary, dimensions).
    package var itemEmbeddings: [Float] { learner.items.weights }
    /// Shape (training readers, dimensions).
    package var readerEmbeddings: [Float] { learner.readers.weights }

    /// Steps of the whole training.
    package var stepCount: Int { rounds.stepsOfEpoch * settings.epochs }

    /// Runs what is left of the training.
    ///
    /// - Parameters:
    ///   - checkpoint: Is read first, if it is there, and written now and then, when the training
    ///     is stopped and when it ends.
    ///   - judge: The quality on validation after an epoch, larger is better. With patience the
    ///     embeddings of the best epoch remain, else those of the last.
    ///   - progress: Is told now and then, on the calling thread; false stops the training.
    /// - Returns: The losses of stretches of steps, with the quality where an epoch ends.
    /// - Throws: `.cancelled` if progress said so; `.badCheckpoint`, `.unwritable`.
    package mutating func train(
        checkpoint: CheckpointFile? = nil, now: () -> ContinuousClock.Instant = { .now },
        judge: ((TwoTowerTrainer) -> Double)? = nil, progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> [LossPoint] {
        if let checkpoint { try resume(from: checkpoint) }
        let (start, stepsBefore) = (now(), rounds.stepsBefore(roundCount))
        let (stepCount, batchCount) = (stepCount, settings.batch)
        var saved = start
        while !isDone {
            let former = checkpoint == nil ? nil : (learner: learner, curve: curve)
            var isStopped = false
            round { step, loss in
                let report = TrainingProgress(
                    step: step, of: stepCount, loss: loss, examples: batchCount,
                    seconds: (now() - start) / .seconds(1), stepsBefore: stepsBefore)
                isStopped = !progress(report)
                return !isStopped
            }
            if isStopped {
                if let checkpoint, let former {
                    (learner, curve) = former
                    try save(to: checkpoint)
                }
                throw TrainingError(
                    .cancelled,
                    "the training was stopped after step \(rounds.stepsBefore(roundCount)) of "
                        + "\(stepCount)")
            }
            closeRound(judge)
            if let checkpoint, isDone || (now() - saved) / .seconds(1) >= checkpoint.seconds {
                try save(to: checkpoint)
                saved = now()
            }
        }
        if let best { learner = best.learner }
        return curve
    }

    private var isDone: Bool {
        if roundCount >= rounds.count { return true }
        guard settings.patience > 0, let best else { return false }
        return roundCount / rounds.ofEpoch - best.epoch >= settings.patience
    }

    /// Steps between two reports of progress.
    private static let reportSteps = 8
    /// About how many points the curve has.
    private static let curvePoints = 100

    /// One round of steps, ended early if progress says so.
    private mutating func round(progress: (_ step: Int, _ loss: Double) -> Bool) {
        let stretch = max(1, stepCount / Self.curvePoints)
        let steps = rounds.steps(of: roundCount)
        let before = rounds.stepsBefore(roundCount)
        var schedule = StepSchedule(rule: settings.rule, stepCount: steps)
        schedule.begin(rate: Double(settings.learningRate), stepsBefore: before)
        var random = SplitMix64(seed: SplitMix64.mix(settings.seed &+ UInt64(roundCount) &+ 1))
        var losses: [Double] = []
        for step in 1...steps {
            draw(using: &random)
            losses.append(learner.learn(batch, step: step, schedule: schedule))
            let mean = losses.reduce(0, +) / Double(losses.count)
            if step.isMultiple(of: stretch) || step == steps {
                curve.append(LossPoint(step: before + step, loss: mean))
                losses.removeAll(keepingCapacity: true)
            }
            guard step.isMultiple(of: Self.reportSteps) || step == steps else { continue }
            guard progress(before + step, mean) else { break }
        }
        learner.finish(schedule)
    }

    private mutating func closeRound(_ judge: ((TwoTowerTrainer) -> Double)?) {
        roundCount += 1
        guard roundCount.isMultiple(of: rounds.ofEpoch), let score = judge?(self) else { return }
        curve[curve.count - 1].validation = score
        guard settings.patience > 0, score > best?.score ?? -.infinity else { return }
        best = (roundCount / rounds.ofEpoch, score, learner)
    }

    /// Draws readers by how much they like, and items of each with replacement.
    private mutating func draw(using random: inout SplitMix64) {
        batch.clear()
        for example in 0..<settings.batch {
            let reader = pairs.readers[random.below(pairs.count)]
            batch.setReader(reader, of: example)
            let first = Int(pairs.starts[Int(reader)])
            let count = Int(pairs.starts[Int(reader) + 1]) - first
            for position in 0..<settings.queryItems {
                batch.setItem(
                    pairs.items[first + random.below(count)],
                    at: example * settings.queryItems + position)
            }
        }
    }
}

// MARK: Checkpoints

extension TwoTowerTrainer {
    private func save(to file: CheckpointFile) throws(TrainingError) {
        var tensors = Self.tensors(of: learner, "")
        if let best { tensors += Self.tensors(of: best.learner, "best_") }
        let checkpoint = TrainingCheckpoint(
            tensors: tensors,
            state: [
                "rounds": JSONValue(roundCount), "best_epoch": JSONValue(best?.epoch ?? 0),
                "best_score": JSONValue(best?.score ?? 0),
                "curve": .array(curve.map(\.json)),
            ])
        try checkpoint.write(to: file.path, run: file.run)
    }

    private static func tensors(of learner: TwoTowerLearner, _ prefix: String) -> [DraftTensor] {
        [("items", learner.items.state), ("readers", learner.readers.state)].map { name, values in
            DraftTensor(prefix + name, shape: [values.count], .float32(values))
        }
    }

    private mutating func resume(from file: CheckpointFile) throws(TrainingError) {
        guard let checkpoint = try TrainingCheckpoint(at: file.path, run: file.run) else { return }
        let floats = checkpoint.floats
        let curve = checkpoint.state["curve"]?.arrayValue?.compactMap(LossPoint.init) ?? []
        let count = checkpoint.state["rounds"]?.integerValue ?? -1
        var isSound =
            (0...rounds.count).contains(count)
            && curve.last?.step ?? 0 == rounds.stepsBefore(count)
        isSound = isSound && learner.restore(items: floats["items"], readers: floats["readers"])
        if let epoch = checkpoint.state["best_epoch"]?.integerValue, epoch > 0 {
            var restored = learner
            isSound =
                isSound && epoch <= rounds.epochs
                && restored.restore(items: floats["best_items"], readers: floats["best_readers"])
            best = (epoch, checkpoint.state["best_score"]?.doubleValue ?? 0, restored)
        }
        guard isSound else {
            throw TrainingError(
                .badCheckpoint,
                "\(file.path) holds other tensors than this model; remove it to train from the "
                    + "beginning")
        }
        roundCount = count
        self.curve = curve
    }
}

/// The liked pairs of the training readers, reader by reader.
struct LikedPairs {
    /// Reader r owns `starts[r]..<starts[r + 1]`.
    let starts: [Int32]
    let items: [Int32]
    let readers: [Int32]

    var count: Int { items.count }

    init(_ split: ReaderSplit) {
        var starts = [Int32](repeating: 0, count: split.readers.count + 1)
        for pair in split.pairs { starts[pair.reader.place + 1] += 1 }
        for reader in split.readers.indices { starts[reader + 1] += starts[reader] }
        self.starts = starts
        // A split lists its pairs reader by reader, so their order is already that of `starts`.
        items = split.pairs.map(\.item.rawValue)
        readers = split.pairs.map(\.reader.rawValue)
    }
}
