import JSON

/// Searches a rating recipe's grid for the smallest squared error on validation rows.
///
/// Test rows are never looked at. Each combination is trained once and judged by the epoch that a
/// training of it would end with: the best on validation where the recipe has patience or trains
/// once more for as many epochs, else the last.
package struct RatingTuning {
    /// One combination.
    package struct Trial: Sendable {
        /// The members that the grid chose, by name.
        package let choice: JSONObject
        /// On validation rows.
        package let quality: RatingQuality
        /// The epoch whose weights were judged.
        package let epoch: Int
        /// Of the training.
        package let seconds: Double
        fileprivate let recipe: RatingRecipe
    }

    private let recipe: RatingRecipe
    private let grid: TuningGrid
    private let split: RatingSplit

    /// - Throws: `.badRecipe` if the recipe has no grid, one with impossible values, or keeps no
    ///   rows for validation.
    package init(recipe: RatingRecipe, split: RatingSplit) throws(TrainingError) {
        guard let grid = recipe.grid else {
            throw TrainingError(
                .badRecipe,
                "the recipe has no \"grid\"; add one, such as {\"dimensions\": [16, 32]}")
        }
        guard split.validation.count > 0 else {
            throw TrainingError(
                .badRecipe,
                "the recipe's member \"validation_share\" is 0, so a search has nothing to go by")
        }
        try grid.check(recipe.source) { object throws(TrainingError) in
            _ = try RatingRecipe(object)
        }
        self.recipe = recipe
        self.grid = grid
        self.split = split
    }

    /// Searches.
    ///
    /// - Parameters:
    ///   - progress: Is told now and then how far which training is, 1 being the first.
    ///   - report: Is told of each trial. If either says false, the search stops.
    /// - Returns: The recipe of the best trial, without a grid; of equals the first.
    /// - Throws: `.cancelled`; `.diverged` if each combination did.
    package func run(
        _ budget: Tuning.Budget, now: () -> ContinuousClock.Instant = { .now },
        progress: (TrainingProgress, _ run: Int) -> Bool, report: (Trial, _ run: Int) -> Bool
    ) throws(TrainingError) -> (chosen: RatingRecipe, trial: Trial) {
        var best: Trial?
        var failure: TrainingError?
        try budget.spend(on: grid, now: now) { choice, run throws(TrainingError) in
            let trial: Trial
            do throws(TrainingError) {
                trial = try self.trial(choice, now) { progress($0, run) }
            } catch {
                // A rate that is too large for one combination is no reason to end the search.
                guard error.code == .diverged else { throw error }
                failure = error
                return
            }
            guard report(trial, run) else {
                throw TrainingError(.cancelled, "the search was stopped at training \(run)")
            }
            if best.map({ trial.quality.mse < $0.quality.mse }) ?? true { best = trial }
        }
        guard let best else {
            throw failure ?? TrainingError(.badRecipe, "the recipe's grid is empty")
        }
        return (best.recipe, best)
    }

    private func trial(
        _ choice: TuningGrid.Choice, _ now: () -> ContinuousClock.Instant,
        progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> Trial {
        let start = now()
        let source = try TuningGrid.source(recipe.source, with: choice)
        guard let recipe = try RatingRecipe(source) else {
            throw TrainingError(.badRecipe, "the recipe predicts no ratings")
        }
        var settings = recipe.settings
        // Without end, patience stops nothing and keeps the best epoch's weights.
        if settings.refits, settings.patience == 0 { settings.patience = settings.epochs }
        var trainer = RatingTrainer(
            training: split.training, validation: split.validation,
            readerCount: split.readerCount, itemCount: split.itemCount, settings: settings)
        let epochs = try trainer.train(progress: progress)
        return Trial(
            choice: JSONObject(choice.map { ($0.name, $0.value) }),
            quality: RatingQuality(
                method: recipe.settings.kind.rawValue,
                predictions: trainer.predictions(for: split.validation),
                ratings: split.validation.ratings),
            epoch: settings.patience > 0 ? trainer.bestEpoch : epochs.count,
            seconds: (now() - start) / .seconds(1), recipe: recipe)
    }
}
