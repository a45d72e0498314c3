import BundleFormat
import Datasets
import Foundation
import JSON
import Training

/// What `ledge train` does with a recipe of a kind that predicts ratings.
enum RatingTraining {
    /// - Returns: Nil if the recipe is of another kind.
    static func recipe(at path: String) throws(CommandError) -> RatingRecipe? {
        let bytes = try TrainingInput.recipeBytes(path)
        guard let object = try? JSONValue(parsing: bytes).objectValue
        else {
            // What is wrong is said by whoever reads recipes of the other kinds.
            return nil
        }
        do throws(TrainingError) {
            return try RatingRecipe(object)
        } catch {
            throw CommandError("\(path): \(error.message)")
        }
    }

    struct Paths {
        let out: String
        let splitOut: String?
        /// A former bundle to begin from.
        let warmStart: String?

        /// Lies beside the bundle while it is made: `--out books` has `books.checkpoint`.
        var checkpoint: String {
            URL(fileURLWithPath: out).standardizedFileURL.path + ".checkpoint"
        }
    }

    static func run(_ recipe: RatingRecipe, _ arguments: Arguments) throws -> ExitCode {
        let paths = Paths(
            out: arguments.value("--out") ?? "\(recipe.model).bundle",
            splitOut: arguments.value("--split-out"),
            warmStart: arguments.value("--warm-start"))
        let output = try TrainingOutput(paths.out)
        defer { output.close() }
        let version = try TrainCommand.version(arguments, after: paths.out)
        var options = DatasetReader.Options()
        options.mergesEditions = recipe.mergesEditions
        options.requiresTitles = recipe.requiresTitles
        options.keepsRepeats = true
        let dataset = try TrainingInput.dataset(arguments, options)
        return try run(
            recipe, Interactions(dataset), paths,
            context: TrainingPipeline.Context(
                dataset, version: version, created: TrainCommand.created(arguments.environment)))
    }

    private static func run(
        _ recipe: RatingRecipe, _ interactions: Interactions, _ paths: Paths,
        context: TrainingPipeline.Context
    ) throws -> ExitCode {
        let pipeline: RatingPipeline
        do throws(TrainingError) {
            pipeline = try RatingPipeline(recipe: recipe, interactions: interactions)
        } catch {
            throw CommandError(error.message)
        }
        let split = pipeline.split
        if let directory = paths.splitOut {
            try TrainCommand.write(split.files(), to: directory)
        }
        Terminal.line(
            "training on \(split.training.count) ratings, \(split.validation.count) to choose by, "
                + "\(split.test.count) to judge by")
        let outcome = try train(pipeline, paths, context)
        report(outcome)
        let manifest: BundleManifest
        do throws(BundleError) {
            manifest = try ReportCommand.withCurves(outcome.draft).write(to: paths.out)
        } catch {
            throw CommandError(error.message)
        }
        for suffix in ["", RatingPipeline.refitSuffix] {
            // There is none after a training without interruption that took no second.
            try? FileManager.default.removeItem(atPath: paths.checkpoint + suffix)
        }
        Terminal.line(
            "\nwrote \(manifest.modelName) version \(manifest.version) to \(paths.out): "
                + "\(manifest.blobBytes) bytes")
        if let mse = outcome.quality.last?.mse, mse > recipe.expectedMSE {
            Terminal.error(
                "ledge: the error on test rows is \(mse), the recipe expects at most "
                    + "\(recipe.expectedMSE); look at the data before you publish this\n")
        }
        return .success
    }

    private static func train(
        _ pipeline: RatingPipeline, _ paths: Paths, _ context: TrainingPipeline.Context
    ) throws -> RatingPipeline.Outcome {
        let warmStart = try paths.warmStart.map { try ModelsCommand.open($0) }
        let directory = URL(fileURLWithPath: paths.checkpoint).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let interruption = Interruption.shared
        var bar = ProgressBar()
        defer { bar.close() }
        do throws(TrainingError) {
            return try pipeline.run(
                context: context, warmStart: warmStart, checkpointPath: paths.checkpoint
            ) { progress in
                bar.show(progress)
                return !interruption.hasHappened
            }
        } catch {
            guard error.code == .cancelled else { throw CommandError(error.message) }
            throw CommandError(
                "\(error.message); the same command goes on from \(paths.checkpoint)")
        }
    }

    private static func report(_ outcome: RatingPipeline.Outcome) {
        Terminal.line("\nepoch   train MSE  validation MSE")
        for epoch in outcome.epochs {
            let validation = epoch.validation.map { String(format: "%.4f", $0) } ?? "-"
            let mark = epoch.epoch == outcome.bestEpoch ? "  best" : ""
            Terminal.line(
                String(format: "%5d  %10.4f  ", epoch.epoch, epoch.training)
                    + String(repeating: " ", count: max(0, 14 - validation.count)) + validation
                    + mark)
        }
        Terminal.line(String(format: "%.3f s an epoch", outcome.secondsPerEpoch))
        Terminal.line("\ntest rows                        MSE    RMSE")
        for row in outcome.quality {
            let method = row.method.padding(toLength: 28, withPad: " ", startingAt: 0)
            Terminal.line(method + String(format: "  %6.4f  %6.4f", row.mse, row.rmse))
        }
    }
}

extension ProgressBar {
    mutating func show(_ progress: TrainingProgress) {
        show(
            share: Double(progress.step) / Double(progress.stepCount),
            text: (progress.loss.map { String(format: "loss %.4f  ", $0) } ?? "")
                + String(format: "%.0f examples/s  ", progress.examplesPerSecond)
                + "\(ProgressBar.clock(seconds: progress.secondsRemaining)) left")
    }
}
