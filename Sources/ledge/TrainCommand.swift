import BundleFormat
import Datasets
import Foundation
import Identifiers
import Recipes
import Training

/// `ledge train`: from a recipe and a data set to a bundle.
enum TrainCommand {
    static let command = Command(
        name: "train",
        summary: "Train a model from ratings and write a bundle.",
        parameters: [
            Parameter(
                name: "recipe",
                help: "one that comes with the program, such as books, or a file with your own")
        ],
        options: [
            Option(
                "--data", value: "PATH",
                "The directory of a data set, or one file together with --columns."),
            Option(
                "--columns", value: "LIST",
                "Columns of that file: reader=A,item=B and, if there, rating=C,title=D,author=E."),
            Option(
                "--split", value: "DIR",
                "Train on the files of a split instead (train.tsv, items.tsv ...)."),
            Option(
                "--out", value: "DIR",
                "Where the bundle goes (MODEL.bundle); an older one is replaced."),
            Option(
                "--version", value: "N", "The bundle's version; one more than what --out holds."),
            Option("--split-out", value: "DIR", "Also write the split, for 'ledge evaluate'."),
            Option("--tune", "Search the recipe's grid on validation readers first."),
            Option("--tune-runs", value: "N", "At most so many trainings, drawn at random."),
            Option("--tune-seconds", value: "N", "Begin no training after so many seconds."),
            Option("--tune-seed", value: "N", "The seed of the draw (42)."),
            Option("--recipe-out", value: "FILE", "Write the recipe that the search chose."),
            Option(
                "--warm-start", value: "DIR",
                "Begin with a former bundle's weights; item-neighbours has none to begin with."),
            Option(
                "--report", value: "FILE",
                "The page that explains the bundle (beside it, .html); 'none' for no page."),
        ],
        discussion: """
            Recipes: \(ShippedRecipes.all.map(\.name).joined(separator: ", ")).
            Data sets are known by their files: Book-Crossing in each of its forms, goodbooks-10k,
            MovieLens, Echo Nest, Last.fm; also packed with gzip.
            After Ctrl-C or worse the same command goes on from OUT.checkpoint.
            SOURCE_DATE_EPOCH, if set, is the bundle's date: then the same data, recipe and version
            give the same bytes.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        guard arguments.has("--tune") || arguments.value("--recipe-out") == nil else {
            throw CommandError("'--recipe-out' is for '--tune'", exitCode: .usage)
        }
        switch try TrainingInput.recipe(arguments.parameter("recipe")) {
        case .ranking(let recipe): try train(recipe, arguments)
        case .rating(let recipe): try RatingTraining.run(recipe, arguments)
        }
        return .success
    }

    private static func train(_ recipe: Recipe, _ arguments: Arguments) throws {
        let output = try TrainingOutput(arguments, model: recipe.model)
        try refuse(output.warmStart, for: recipe)
        try output.prepare()
        var input = try TrainingInput(arguments, recipe, output)
        let pipeline = input.pipeline
        Terminal.line(
            "training on \(pipeline.trainingPairs) liked pairs of \(pipeline.trainingReaders) "
                + "readers, \(pipeline.vocabulary) items; \(pipeline.testReaders) readers held out")
        if arguments.has("--tune") {
            try TuningRun(arguments).run(&input.pipeline, input.context)
        }
        let chosen = input.pipeline
        let context = input.context
        let outcome = try watching(checkpoint: output.checkpoint) {
            progress throws(TrainingError) in
            try chosen.run(
                context: context, warmStart: output.warmStart, checkpointPath: output.checkpoint,
                progress: progress)
        }
        Terminal.line("\n\(QualityTable.text(outcome.quality))")
        try output.write(outcome.draft, bytesMax: chosen.recipe.bundleBytesMax)
        if let served = outcome.quality.last?.metrics, served.readerCount > 0,
            served.ndcgAt10 < chosen.recipe.expectedNDCG
        {
            Terminal.error(
                "ledge: NDCG@10 is \(served.ndcgAt10), the recipe expects at least "
                    + "\(chosen.recipe.expectedNDCG); look at the data before you publish this\n")
        }
        try output.explain(input.rows)
    }

    /// Refuses before the data are read what the training would refuse after it.
    private static func refuse(
        _ warmStart: ModelBundle?, for recipe: Recipe
    ) throws(CommandError) {
        guard let warmStart else { return }
        do throws(TrainingError) {
            try recipe.settings.refuseWarmStart(warmStart.manifest.kind)
        } catch {
            throw CommandError("'--warm-start': \(error.message)", exitCode: .usage)
        }
    }

    /// Trains with a progress bar; Ctrl-C stops it and leaves no half bundle.
    static func watching<Outcome>(
        checkpoint: String? = nil,
        _ train: ((TrainingProgress) -> Bool) throws(TrainingError) -> Outcome
    ) throws(CommandError) -> Outcome {
        let interruption = Interruption.shared
        var bar = ProgressBar()
        defer { bar.close() }
        do throws(TrainingError) {
            return try train { progress in
                bar.show(progress)
                return !interruption.hasHappened
            }
        } catch {
            guard error.code == .cancelled, let checkpoint,
                FileManager.default.fileExists(atPath: checkpoint)
            else { throw CommandError(error.message) }
            throw CommandError("\(error.message); the same command goes on from \(checkpoint)")
        }
    }
}

// MARK: What stands around a training

extension TrainCommand {
    /// One more than the version of the bundle that stands there already.
    static func nextVersion(after directory: String) throws(CommandError) -> Int {
        let path = "\(directory)/\(BundleFile.manifest)"
        guard FileManager.default.fileExists(atPath: path) else { return 1 }
        do throws(BundleError) {
            let bytes = try BlobFile.read(path, bytesMax: BundleLimits.manifestBytesMax)
            return try BundleManifest(parsing: bytes).version + 1
        } catch {
            throw CommandError("\(path): \(error.message); say the version with --version")
        }
    }

    /// The date that builders agree on, or now.
    static func created(_ environment: [String: String]) -> Date {
        let agreed = environment["SOURCE_DATE_EPOCH"].flatMap(Double.init)
        return agreed.map(Date.init(timeIntervalSince1970:)) ?? Date()
    }

    static func write(_ files: [(name: String, text: String)], to directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        for file in files {
            try Data(file.text.utf8)
                .write(to: URL(fileURLWithPath: directory).appendingPathComponent(file.name))
        }
    }
}
