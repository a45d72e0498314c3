import BundleFormat
import Datasets
import Foundation
import Identifiers
import Training

/// `ledge train`: from a recipe and a data set to a bundle.
enum TrainCommand {
    static let command = Command(
        name: "train",
        summary: "Train a model from ratings and write a bundle.",
        parameters: [
            Parameter(name: "recipe", help: "a recipe file, such as Models/Recipes/books.json")
        ],
        options: [
            Option("--data", value: "DIR", "The directory that holds the ratings and books."),
            Option(
                "--split", value: "DIR",
                "Train on the files of a split instead (train.tsv, items.tsv ...)."),
            Option("--out", value: "DIR", "Where the bundle goes; an older one is replaced."),
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
                "Begin with a former bundle's weights (rating-dot and rating-mlp)."),
        ],
        discussion: """
            Data is read in every form of Book-Crossing: ratings.csv and books.csv (also .gz),
            Kaggle's Ratings.csv and Books.csv, or BX-Book-Ratings.csv and BX-Books.csv.
            SOURCE_DATE_EPOCH, if set, is the bundle's date: then the same data, recipe and version
            give the same bytes.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        if let recipe = try RatingTraining.recipe(at: arguments.parameter("recipe")) {
            return try RatingTraining.run(recipe, arguments)
        }
        let recipe = try recipe(at: arguments.parameter("recipe"))
        let out = try arguments.required("--out")
        let version = try version(arguments, after: out)
        var (pipeline, context) = try source(arguments, recipe, version: version)
        Terminal.line(
            "training on \(pipeline.trainingPairs) liked pairs of \(pipeline.trainingReaders) "
                + "readers, \(pipeline.vocabulary) items; \(pipeline.testReaders) readers held out")
        if arguments.has("--tune") {
            try TuningRun(arguments).run(&pipeline, context)
        } else if arguments.value("--recipe-out") != nil {
            throw CommandError("'--recipe-out' is for '--tune'", exitCode: .usage)
        }
        let chosen = pipeline.recipe
        return try finish(train(pipeline, chosen, context: context), chosen, out: out)
    }

    /// Trains with a progress bar; Ctrl-C stops it and leaves no half bundle.
    static func train(
        _ pipeline: TrainingPipeline, _ recipe: Recipe, context: TrainingPipeline.Context
    ) throws -> TrainingPipeline.Outcome {
        let interruption = Interruption.shared
        var bar = ProgressBar()
        defer { bar.close() }
        do throws(TrainingError) {
            return try pipeline.run(context: context) { progress in
                bar.show(progress)
                return !interruption.hasHappened
            }
        } catch {
            throw CommandError(error.message)
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

// MARK: What goes in

extension TrainCommand {
    static func recipe(at path: String) throws(CommandError) -> Recipe {
        guard let file = FileManager.default.contents(atPath: path) else {
            throw CommandError("the recipe \(path) cannot be read; Models/Recipes holds some")
        }
        do throws(TrainingError) {
            return try Recipe(parsing: [UInt8](file))
        } catch {
            throw CommandError("\(path): \(error.message)")
        }
    }

    static func describe(_ dataset: Dataset) {
        let report = dataset.report
        Terminal.line(
            "\(dataset.name): \(report.ratingRowsKept) of \(report.ratingRowsRead) ratings kept, "
                + "\(dataset.readers.count) readers, \(dataset.items.count) items")
        for line in report.lines { Terminal.line("  \(line)") }
    }

    static func dataset(
        in directory: String, _ options: DatasetReader.Options
    ) throws(CommandError) -> Dataset {
        do throws(DatasetError) {
            return try DatasetReader.read(directory: directory, options: options)
        } catch {
            throw CommandError(error.message)
        }
    }

    static func pipeline(
        _ recipe: Recipe, _ interactions: Interactions
    ) throws(CommandError) -> TrainingPipeline {
        do throws(TrainingError) {
            return try TrainingPipeline(recipe: recipe, interactions: interactions)
        } catch {
            throw CommandError(error.message)
        }
    }

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

extension Recipe {
    /// How the data set is read for this recipe.
    var readingOptions: DatasetReader.Options {
        var options = DatasetReader.Options()
        options.mergesEditions = mergesEditions
        options.requiresTitles = requiresTitles
        options.keepsKeys = keepsKeys
        return options
    }
}

extension Interactions {
    /// The rows of a data set, with the items' keys as their ids.
    init(_ dataset: Dataset) {
        self.init(
            readers: dataset.readers, items: dataset.items.map(\.key),
            rowReaders: dataset.rowReaders, rowItems: dataset.rowItems,
            rowRatings: dataset.rowRatings)
    }
}

extension CatalogueItem {
    init(_ item: Dataset.Item) {
        self.init(
            key: item.key, title: item.title, author: item.author, year: item.year,
            publisher: item.publisher, image: item.image)
    }
}
