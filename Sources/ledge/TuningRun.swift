import BundleFormat
import Foundation
import JSON
import Training

/// `ledge train --tune`: the search of a recipe's grid, with its table.
struct TuningRun {
    private let budget: Tuning.Budget
    private let recipePath: String?

    private static let secondsMax = 30 * 86_400
    /// How many of the trials the table shows.
    private static let shownTrials = 12

    init(_ arguments: Arguments) throws(CommandError) {
        budget = Tuning.Budget(
            runsMax: try arguments.number("--tune-runs", in: 1...Int.max) ?? .max,
            secondsMax: try arguments.number("--tune-seconds", in: 1...Self.secondsMax)
                .map(Double.init) ?? .infinity,
            seed: try arguments.number("--tune-seed", in: 0...Int.max).map(UInt64.init) ?? 42)
        recipePath = arguments.value("--recipe-out")
    }

    /// Searches, prints the best trials, and leaves the chosen recipe with the pipeline.
    func run(
        _ pipeline: inout TrainingPipeline, _ context: TrainingPipeline.Context
    ) throws(CommandError) {
        let interruption = Interruption.shared
        let runs = pipeline.recipe.grid.map(budget.runCount) ?? 0
        var trials: [Tuning.Trial] = []
        var bar = ProgressBar()
        do throws(TrainingError) {
            defer { bar.close() }
            try pipeline.tune(budget, context: context) { trial, run in
                trials.append(trial)
                let best = trials.map(\.metrics.ndcgAt10).max() ?? 0
                bar.show(
                    share: Double(run - 1) / Double(max(1, runs)),
                    text: String(
                        format: "training %d of %d, best NDCG@10 %.4f on validation", run, runs,
                        best))
                return !interruption.hasHappened
            }
        } catch {
            throw CommandError(error.message)
        }
        Terminal.line(Self.table(trials))
        if let recipePath { try write(pipeline.recipe.source, to: recipePath) }
    }

    /// The same for a recipe of ratings, by the squared error on validation rows.
    func run(_ pipeline: inout RatingPipeline) throws(CommandError) {
        let interruption = Interruption.shared
        let runs = pipeline.recipe.grid.map(budget.runCount) ?? 0
        var trials: [RatingTuning.Trial] = []
        var bar = ProgressBar()
        do throws(TrainingError) {
            defer { bar.close() }
            try pipeline.tune(
                budget,
                progress: { progress, run in
                    let best = trials.map(\.quality.mse).min()
                    let share = Double(progress.step) / Double(progress.stepCount)
                    bar.show(
                        share: (Double(run - 1) + share) / Double(max(1, runs)),
                        text: "training \(run) of \(runs)"
                            + (best.map { String(format: ", best MSE %.4f on validation", $0) }
                                ?? ""))
                    return !interruption.hasHappened
                },
                report: { trial, _ in
                    trials.append(trial)
                    return true
                })
        } catch {
            throw CommandError(error.message)
        }
        Terminal.line(Self.table(trials))
        if let recipePath { try write(pipeline.recipe.source, to: recipePath) }
    }

    static func table(_ trials: [RatingTuning.Trial]) -> String {
        var lines = ["validation MSE  +-95%      MAE    RMSE  epoch  seconds"]
        let ranked = trials.enumerated().sorted { left, right in
            let (l, r) = (left.element.quality.mse, right.element.quality.mse)
            return l != r ? l < r : left.offset < right.offset
        }
        for (_, trial) in ranked.prefix(shownTrials) {
            let quality = trial.quality
            lines.append(
                String(
                    format: "%14.4f  %6.4f  %6.4f  %6.4f  %5d  %7.1f", quality.mse,
                    quality.mseConfidence, quality.mae, quality.rmse, trial.epoch, trial.seconds)
                    + "  \(JSONValue.object(trial.choice).text)")
        }
        if trials.count > shownTrials {
            lines.append("and \(trials.count - shownTrials) more")
        }
        return lines.joined(separator: "\n")
    }

    static func table(_ trials: [Tuning.Trial]) -> String {
        var lines = ["validation NDCG@10  +-95%   Recall@10  Coverage@10  MB of tensors  seconds"]
        let ranked = trials.enumerated().sorted { left, right in
            let (l, r) = (left.element.metrics.ndcgAt10, right.element.metrics.ndcgAt10)
            return l != r ? l > r : left.offset < right.offset
        }
        for (_, trial) in ranked.prefix(shownTrials) {
            let metrics = trial.metrics
            lines.append(
                String(
                    format: "%18.4f  %6.4f  %9.4f  %11.4f  %13.1f  %7.1f", metrics.ndcgAt10,
                    metrics.ndcgConfidence, metrics.recallAt10, metrics.coverageAt10,
                    Double(trial.tensorBytes) / 1e6, trial.seconds)
                    + "  \(JSONValue.object(trial.choice).text)  \(trial.rule.name)"
                    + (trial.fits ? "" : "  (too large)"))
        }
        if trials.count > shownTrials {
            lines.append("and \(trials.count - shownTrials) more")
        }
        return lines.joined(separator: "\n")
    }

    private func write(_ recipe: JSONObject, to path: String) throws(CommandError) {
        let text = Data(JSONValue.object(recipe).encodedForReading())
        guard FileManager.default.createFile(atPath: path, contents: text) else {
            throw CommandError("\(path) cannot be written")
        }
        Terminal.line("wrote the chosen recipe to \(path)")
    }
}
