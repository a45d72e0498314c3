import BundleFormat
import Foundation
import Report
import Training

/// What `ledge train` does with a recipe of a kind that predicts ratings.
enum RatingTraining {
    static func run(_ recipe: RatingRecipe, _ arguments: Arguments) throws {
        guard arguments.value("--split") == nil else {
            throw CommandError(
                "'--split' is for models that rank; \(recipe.settings.kind.rawValue) is trained "
                    + "with '--data'", exitCode: .usage)
        }
        let output = try TrainingOutput(arguments, model: recipe.model)
        try output.prepare()
        let dataset = try TrainingInput.dataset(arguments, recipe.readingOptions)
        var pipeline: RatingPipeline
        do throws(TrainingError) {
            pipeline = try RatingPipeline(recipe: recipe, interactions: Interactions(dataset))
        } catch {
            throw CommandError(error.message)
        }
        try output.writeSplit { pipeline.files.files() }
        let split = pipeline.split
        Terminal.line(
            "training on \(split.training.count) ratings, \(split.validation.count) to choose by, "
                + "\(split.test.count) to judge by")
        if arguments.has("--tune") { try TuningRun(arguments).run(&pipeline) }
        let chosen = pipeline
        let context = TrainingPipeline.Context(
            dataset, version: output.version, created: output.created)
        let outcome = try TrainCommand.watching(checkpoint: output.checkpoint) {
            progress throws(TrainingError) in
            try chosen.run(
                context: context, warmStart: output.warmStart, checkpointPath: output.checkpoint,
                progress: progress)
        }
        show(outcome)
        try output.write(outcome.draft)
        if let mse = outcome.quality.last?.mse, mse > recipe.expectedMSE {
            Terminal.error(
                "ledge: the squared error on test rows is \(mse), the recipe expects at most "
                    + "\(recipe.expectedMSE); look at the data before you publish this\n")
        }
        try output.explain(TrainingReport.Rows(dataset))
    }

    private static func show(_ outcome: RatingPipeline.Outcome) {
        Terminal.line("\nepoch   train MSE  validation MSE")
        for epoch in outcome.epochs {
            let validation = epoch.validation.map { String(format: "%.4f", $0) } ?? "-"
            let mark = epoch.epoch == outcome.bestEpoch ? "  best" : ""
            Terminal.line(
                String(format: "%5d  %10.4f  ", epoch.epoch, epoch.training)
                    + String(repeating: " ", count: max(0, 14 - validation.count)) + validation
                    + mark)
        }
        Terminal.line(String(format: "%.3f s an epoch\n", outcome.secondsPerEpoch))
        Terminal.line(QualityTable.text(outcome.quality))
    }
}
