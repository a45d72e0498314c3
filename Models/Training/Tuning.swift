import Identifiers
import JSON
import Retrieval

/// Searches a recipe's grid for what is best on validation readers.
///
/// Test readers are never asked. Each combination of training members is trained once and then
/// serves by every rule in every combination of serving settings.
package struct Tuning {
    /// How long to search.
    package struct Budget: Sendable {
        /// Trainings; a grid with more is searched in a random order of the seed.
        package var runsMax: Int
        package var secondsMax: Double
        package var seed: UInt64

        package init(runsMax: Int = .max, secondsMax: Double = .infinity, seed: UInt64 = 42) {
            self.runsMax = runsMax
            self.secondsMax = secondsMax
            self.seed = seed
        }
    }

    /// One combination with its best rule.
    package struct Trial: Sendable {
        /// The members and settings that the grid chose, by name.
        package let choice: JSONObject
        package let rule: ServingRule
        package let metrics: RankingMetrics
        /// Of the model's tensors; a combination above the recipe's limit cannot win.
        package let tensorBytes: Int
        package let fits: Bool
        /// Of the training, shared by all that serve from it.
        package let seconds: Double
        fileprivate let recipe: JSONObject
    }

    package let recipe: Recipe
    private let grid: TuningGrid
    private let split: ReaderSplit

    /// - Throws: `.badRecipe` if the recipe has no grid, or one with impossible values;
    ///   `.notEnoughData` if no reader is held out for validation.
    package init(recipe: Recipe, split: ReaderSplit) throws(TrainingError) {
        guard let grid = recipe.grid else {
            throw TrainingError(
                .badRecipe, "the recipe has no \"grid\"; add one, such as {\"shrink\": [0, 10]}")
        }
        guard !split.validation.isEmpty, !split.pairs.isEmpty else {
            throw TrainingError(
                .notEnoughData, "no reader with enough liked items is held out for validation")
        }
        self.recipe = recipe
        self.grid = grid
        self.split = split
        try grid.check(recipe.source) { object throws(TrainingError) in _ = try Recipe(object) }
    }

    /// Searches.
    ///
    /// - Parameters:
    ///   - catalogueBytes: What the bundle's other files take.
    ///   - report: Is told of each trial and of how many trainings are done; false stops it.
    /// - Returns: The recipe of the best trial that fits, with its one rule and without a grid.
    /// - Throws: `.cancelled` if the report said so; `.badRecipe` if nothing fits the size limit.
    package func run(
        _ budget: Budget, catalogueBytes: Int, now: () -> ContinuousClock.Instant = { .now },
        report: (_ trial: Trial, _ run: Int) -> Bool
    ) throws(TrainingError) -> (chosen: Recipe, trial: Trial) {
        var best: Trial?
        try budget.spend(on: grid, now: now) { choice, run throws(TrainingError) in
            for trial in try trials(choice, catalogueBytes, now) {
                guard report(trial, run) else {
                    throw TrainingError(.cancelled, "the search was stopped at training \(run)")
                }
                let isBetter = best.map { trial.metrics.ndcgAt10 > $0.metrics.ndcgAt10 } ?? true
                if trial.fits, isBetter { best = trial }
            }
        }
        guard let best else {
            throw TrainingError(
                .badRecipe,
                "no combination of the grid fits into \(recipe.bundleBytesMax) bytes")
        }
        return (try Recipe(best.recipe), best)
    }

    private func trials(
        _ choice: TuningGrid.Choice, _ catalogueBytes: Int, _ now: () -> ContinuousClock.Instant
    ) throws(TrainingError) -> [Trial] {
        let start = now()
        let settings = try Recipe(TuningGrid.source(recipe.source, with: choice)).settings
        let model = try RankingTraining(split, settings) { _ in true }.model
        let seconds = (now() - start) / .seconds(1)
        let tensorBytes = model.draftTensors.reduce(0) { $0 + $1.bytes }
        return try grid.servings.map { serving throws(TrainingError) in
            let recipe = try Recipe(
                TuningGrid.source(self.recipe.source, with: choice + serving))
            var best: (rule: ServingRule, metrics: RankingMetrics)?
            for rule in recipe.candidates {
                let recommender = try Recommender(training: model, rule: rule)
                let metrics = Evaluation.metrics(
                    of: recommender, on: split.validation, itemCount: split.items.count)
                if best.map({ metrics.ndcgAt10 > $0.metrics.ndcgAt10 }) ?? true {
                    best = (rule, metrics)
                }
            }
            guard let best else {
                throw TrainingError(.badRecipe, "the recipe has no serving rule")
            }
            var source = recipe.source
            source["serving"] = .array([.object(best.rule.json)])
            return Trial(
                choice: JSONObject((choice + serving).map { ($0.name, $0.value) }),
                rule: best.rule, metrics: best.metrics, tensorBytes: tensorBytes,
                fits: tensorBytes + catalogueBytes <= self.recipe.bundleBytesMax, seconds: seconds,
                recipe: source)
        }
    }
}

extension Tuning.Budget {
    /// How many trainings of a grid are made if there is time.
    package func runCount(of grid: TuningGrid) -> Int { min(runsMax, grid.trainings.count) }

    /// Trains until runs or seconds are used up; the first training is always made.
    ///
    /// - Parameter train: Gets the choice, and its number, 1 being the first.
    func spend(
        on grid: TuningGrid, now: () -> ContinuousClock.Instant,
        _ train: (TuningGrid.Choice, Int) throws(TrainingError) -> Void
    ) throws(TrainingError) {
        var random = SplitMix64(seed: seed)
        let all = grid.trainings
        let trainings = all.count > runsMax ? all.shuffled(using: &random) : all
        let start = now()
        for (place, choice) in trainings.prefix(runsMax).enumerated() {
            guard place == 0 || (now() - start) / .seconds(1) < secondsMax else { break }
            try train(choice, place + 1)
        }
    }
}
