import Datasets
import Foundation
import JSON
import Kernels
import Training

/// The measurements of `ledge bench train`.
struct TrainBench {
    let ratings: String?
    let books: String?
    let steps: Int
    let python: String?

    private static let readerCount = 19_371
    private static let itemCount = 271_357
    private static let dimensions = 24
    private static let batch = 4_096
    private static let queryItems = 3
    private static let seed: UInt64 = 42

    func run() throws -> [BenchFigure] {
        var figures = [try twoTowerStep()]
        if let books { figures.append(try reading(books)) }
        if let ratings { figures += try epochs(ratings) }
        return figures
    }

    /// The median of some steps at random questions; the first ones, which warm up, do not count.
    private func twoTowerStep() throws -> BenchFigure {
        let peer = try PeerScript(python: python).run(
            "tfrs_step.py", ["\(Self.batch)", "\(steps)"])
        let warmUp = 3
        var random = SplitMix64(seed: Self.seed)
        func table(_ rows: Int, batch: Int) -> EmbeddingTable {
            EmbeddingTable(
                weights: (0..<rows * Self.dimensions).map { _ in random.unit() * 0.1 - 0.05 },
                rowCount: rows, columns: Self.dimensions, batch: batch,
                rule: LearningRule(.adagrad))
        }
        var learner = TwoTowerLearner(
            form: .init(
                dimensions: Self.dimensions, queryItems: Self.queryItems,
                masksRepeatedReaders: true),
            items: table(Self.itemCount, batch: Self.batch * Self.queryItems),
            readers: table(Self.readerCount, batch: Self.batch))
        var batch = TwoTowerBatch(
            examples: Self.batch, queryItems: Self.queryItems, readerCount: Self.readerCount)
        var schedule = StepSchedule(rule: LearningRule(.adagrad), stepCount: warmUp + steps)
        schedule.begin(rate: 0.1, stepsBefore: 0)
        var times: [Double] = []
        for step in 1...warmUp + steps {
            let start = ContinuousClock.now
            batch.clear()
            for example in 0..<Self.batch {
                batch.setReader(Int32(random.below(Self.readerCount)), of: example)
                for position in 0..<Self.queryItems {
                    batch.setItem(
                        Int32(random.below(Self.itemCount)),
                        at: example * Self.queryItems + position)
                }
            }
            _ = learner.learn(batch, step: step, schedule: schedule)
            if step > warmUp { times.append((ContinuousClock.now - start) / .milliseconds(1)) }
        }
        return BenchFigure(
            what: "two-tower step, \(Self.batch) questions", unit: "ms",
            own: times.sorted()[times.count / 2], peer: peer?["milliseconds"]?.doubleValue,
            peerName: peer?["peer"]?.stringValue ?? "TensorFlow Recommenders",
            largerIsBetter: false)
    }

    private func reading(_ directory: String) throws -> BenchFigure {
        let start = ContinuousClock.now
        let dataset = try TrainingInput.dataset(in: directory, DatasetReader.Options())
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return BenchFigure(
            what: "read \(dataset.report.ratingRowsRead) rows of \(dataset.form)", unit: "s",
            own: seconds)
    }
}

// MARK: Epochs of ratings

extension TrainBench {
    private func epochs(_ directory: String) throws -> [BenchFigure] {
        var options = DatasetReader.Options()
        (options.mergesEditions, options.requiresTitles) = (false, false)
        options.keepsRepeats = true
        let interactions = Interactions(try TrainingInput.dataset(in: directory, options))
        let split = FileManager.default.temporaryDirectory
            .appendingPathComponent("ledge-bench-\(UUID().uuidString)").path
        defer {
            // What cannot be removed lies in the system's temporary folder and is harmless.
            try? FileManager.default.removeItem(atPath: split)
        }
        try TrainCommand.write(
            RatingSplitFiles(RatingSplit(interactions, validationShare: 0), of: interactions)
                .files(), to: split)
        var figures: [BenchFigure] = []
        for (kind, recipe) in [("dot", "ratings-dot-seed"), ("mlp", "ratings-mlp-seed")] {
            for batch in [1_024, 32] {
                figures.append(
                    try epoch(of: recipe, kind, batch: batch, interactions, split: split))
            }
        }
        return figures
    }

    private func epoch(
        of name: String, _ kind: String, batch: Int, _ interactions: Interactions, split: String
    ) throws -> BenchFigure {
        let peer = try PeerScript(python: python).run(
            "keras_ratings.py", [split, kind, "\(batch)", "1"])
        let bytes = try TrainingInput.recipeBytes(name)
        guard let object = try JSONValue(parsing: bytes).objectValue,
            var recipe = try RatingRecipe(object)
        else { throw CommandError("the recipe \(name) is not of ratings") }
        recipe.settings.batch = batch
        let pipeline = try RatingPipeline(recipe: recipe, interactions: interactions)
        let outcome = try pipeline.run(
            context: TrainingPipeline.Context(
                version: 1, created: Date(),
                items: interactions.items.map { .init(key: $0, title: $0, author: "") },
                aliases: [])
        ) { _ in !Interruption.shared.hasHappened }
        return BenchFigure(
            what: "\(name), an epoch of \(pipeline.split.training.count) ratings, batch \(batch)",
            unit: "s", own: outcome.secondsPerEpoch, peer: peer?["seconds"]?.doubleValue,
            peerName: peer?["peer"]?.stringValue ?? "Keras", largerIsBetter: false)
    }
}
