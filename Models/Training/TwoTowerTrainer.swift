import Identifiers
import Kernels

/// Trains a two-tower model (seed of this project: HarperDB's recommenders, 2022).
///
/// An example is a reader and three of the reader's liked items. The query is the mean of the
/// items' embeddings, the candidate is the reader's embedding, and the loss is the softmax over
/// all readers of the batch. Other examples of the same reader are no negatives.
///
/// The same seed gives the same embeddings to the last bit, however many processors there are: a
/// batch is always cut into the same shards, and their sums are always added in the same order.
package struct TwoTowerTrainer {
    private let settings: TwoTowerSettings
    private let pairs: LikedPairs
    private var random: SplitMix64
    private var itemTable: AdagradTable
    private var readerTable: AdagradTable
    private var batch: TrainingBatch

    /// - Precondition: there is at least one pair.
    package init(split: ReaderSplit, settings: TwoTowerSettings) {
        precondition(!split.pairs.isEmpty, "there is nothing to learn from")
        self.settings = settings
        pairs = LikedPairs(split)
        var random = SplitMix64(seed: settings.seed)
        itemTable = AdagradTable(
            rows: split.items.count, settings: settings, random: &random)
        readerTable = AdagradTable(
            rows: split.readers.count, settings: settings, random: &random)
        batch = TrainingBatch(settings: settings, readerCount: split.readers.count)
        self.random = random
    }

    /// Shape (items of the vocabulary, dimensions).
    package var itemEmbeddings: [Float] { itemTable.weights }
    /// Shape (training readers, dimensions).
    package var readerEmbeddings: [Float] { readerTable.weights }

    /// Steps of the whole training.
    package var stepCount: Int {
        let examples = pairs.count * settings.drawsPerPair * settings.epochs
        return max(1, examples / settings.batch)
    }

    /// How many points the loss curve has at most.
    private static let curvePoints = 100
    /// How often progress is told.
    private static let reportsPerRun = 1_000

    /// Runs all steps.
    ///
    /// - Parameter progress: Is told now and then, on the calling thread; false stops the training.
    /// - Returns: The loss curve.
    /// - Throws: `.cancelled` if progress said so.
    package mutating func train(
        now: () -> ContinuousClock.Instant = { .now },
        progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> [LossPoint] {
        let start = now()
        let stretch = max(1, stepCount / Self.curvePoints)
        let reportEvery = max(1, stepCount / Self.reportsPerRun)
        var curve: [LossPoint] = []
        var losses: [Double] = []
        for step in 1...stepCount {
            losses.append(self.step())
            let mean = losses.reduce(0, +) / Double(losses.count)
            if step.isMultiple(of: reportEvery) || step == stepCount {
                let seconds = (now() - start) / .seconds(1)
                let report = TrainingProgress(
                    step: step, of: stepCount, loss: mean, examples: settings.batch,
                    seconds: seconds)
                guard progress(report) else {
                    throw TrainingError(
                        .cancelled, "the training was stopped at step \(step) of \(stepCount)")
                }
            }
            if step.isMultiple(of: stretch) || step == stepCount {
                curve.append(LossPoint(step: step, loss: mean))
                losses.removeAll(keepingCapacity: true)
            }
        }
        return curve
    }

    /// One step: draw, forward, backward, update.
    ///
    /// - Returns: The mean loss of the batch, in nats.
    mutating func step() -> Double {
        batch.draw(from: pairs, using: &random)
        batch.gather(items: itemTable.weights, readers: readerTable.weights)
        let gradients = batch.differentiate()
        batch.update(gradients, items: &itemTable, readers: &readerTable)
        return gradients.reduce(0) { $0 + $1.loss } / Double(settings.batch)
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
