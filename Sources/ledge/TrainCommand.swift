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
        if let recipe = try RatingTraining.recipe(at: arguments.parameter("recipe")) {
            return try RatingTraining.run(recipe, arguments)
        }
        let recipe = try TrainingInput.recipe(arguments.parameter("recipe"))
        let warmStart = try warmStart(arguments, for: recipe)
        let out = arguments.value("--out") ?? "\(recipe.model).bundle"
        let version = try version(arguments, after: out)
        var input = try TrainingInput(arguments, recipe, version: version)
        let pipeline = input.pipeline
        Terminal.line(
            "training on \(pipeline.trainingPairs) liked pairs of \(pipeline.trainingReaders) "
                + "readers, \(pipeline.vocabulary) items; \(pipeline.testReaders) readers held out")
        if arguments.has("--tune") {
            try TuningRun(arguments).run(&input.pipeline, input.context)
        } else if arguments.value("--recipe-out") != nil {
            throw CommandError("'--recipe-out' is for '--tune'", exitCode: .usage)
        }
        let chosen = input.pipeline.recipe
        let continuity = Continuity(
            checkpointPath: URL(fileURLWithPath: out).standardizedFileURL.path + ".checkpoint",
            warmStart: warmStart)
        let outcome = try train(input.pipeline, context: input.context, continuity)
        let code = try finish(outcome, chosen, out: out)
        if let path = continuity.checkpointPath {
            // There is none after a training that took a few seconds.
            try? FileManager.default.removeItem(atPath: path)
        }
        let page = arguments.value("--report") ?? "\(out).html"
        try TrainingSummary.show(bundle: out, rows: input.rows, page: page == "none" ? nil : page)
        return code
    }

    /// Refuses before the data are read what the training would refuse after it.
    private static func warmStart(_ arguments: Arguments, for recipe: Recipe) throws -> ModelBundle?
    {
        guard let path = arguments.value("--warm-start") else { return nil }
        let bundle = try ModelsCommand.open(path)
        do throws(TrainingError) {
            try recipe.settings.refuseWarmStart(bundle.manifest.kind)
        } catch {
            throw CommandError("'--warm-start': \(error.message)", exitCode: .usage)
        }
        return bundle
    }

    /// What a training begins from and may be continued from.
    struct Continuity {
        var checkpointPath: String?
        var warmStart: ModelBundle?
    }

    /// Trains with a progress bar; Ctrl-C stops it and leaves no half bundle.
    static func train(
        _ pipeline: TrainingPipeline, context: TrainingPipeline.Context,
        _ continuity: Continuity = Continuity()
    ) throws -> TrainingPipeline.Outcome {
        let interruption = Interruption.shared
        var bar = ProgressBar()
        defer { bar.close() }
        do throws(TrainingError) {
            return try pipeline.run(
                context: context, warmStart: continuity.warmStart,
                checkpointPath: continuity.checkpointPath
            ) { progress in
                bar.show(progress)
                return !interruption.hasHappened
            }
        } catch {
            guard error.code == .cancelled, let path = continuity.checkpointPath,
                FileManager.default.fileExists(atPath: path)
            else { throw CommandError(error.message) }
            throw CommandError("\(error.message); the same command goes on from \(path)")
        }
    }

    private static func finish(
        _ outcome: TrainingPipeline.Outcome, _ recipe: Recipe, out: String
    ) throws -> ExitCode {
        Terminal.line("")
        Terminal.line(QualityTable.text(outcome.quality))
        let manifest: BundleManifest
        do throws(BundleError) {
            manifest = try outcome.draft.write(to: out, bytesMax: recipe.bundleBytesMax)
        } catch {
            throw CommandError(error.message)
        }
        Terminal.line(
            "\nwrote \(manifest.modelName) version \(manifest.version) to \(out): "
                + "\(manifest.blobBytes) bytes, serves by \(manifest.serving["rule"]?.text ?? "?")")
        if let served = outcome.quality.last?.metrics, served.readerCount > 0,
            served.ndcgAt10 < recipe.expectedNDCG
        {
            Terminal.error(
                "ledge: NDCG@10 is \(served.ndcgAt10), the recipe expects at least "
                    + "\(recipe.expectedNDCG); look at the data before you publish this\n")
        }
        return .success
    }
}

// MARK: What stands around a training

extension TrainCommand {
    /// The version that was asked for, or the next one.
    static func version(
        _ arguments: Arguments, after out: String
    ) throws(CommandError) -> Int {
        if let version = try arguments.number("--version", in: 1...Int.max) { return version }
        return try nextVersion(after: out)
    }

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
