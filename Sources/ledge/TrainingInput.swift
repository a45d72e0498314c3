import BundleFormat
import Datasets
import Foundation
import Identifiers
import JSON
import Recipes
import Report
import Telemetry
import Training

/// What a training starts from, as the command line names it.
struct TrainingInput {
    var pipeline: TrainingPipeline
    let context: TrainingPipeline.Context
    /// What was read; nil for a split that somebody else made.
    let rows: TrainingReport.Rows?

    /// The files of a split, or a data set that is split here.
    init(_ arguments: Arguments, _ recipe: Recipe, _ output: TrainingOutput) throws {
        let (version, created) = (output.version, output.created)
        if let directory = arguments.value("--split") {
            guard arguments.value("--data") == nil, arguments.value("--split-out") == nil else {
                throw CommandError(
                    "'--split' stands in place of '--data' and '--split-out'", exitCode: .usage)
            }
            (pipeline, context) = try Self.split(in: directory, recipe) { items in
                TrainingPipeline.Context(
                    version: version, created: created, items: items, aliases: [])
            }
            rows = nil
            return
        }
        let dataset = try Self.dataset(arguments, recipe.readingOptions)
        pipeline = try Self.pipeline(recipe, Interactions(dataset))
        try output.writeSplit(pipeline.split.files)
        context = TrainingPipeline.Context(dataset, version: version, created: created)
        rows = TrainingReport.Rows(dataset)
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

    /// A pipeline for a split that somebody made before; its items have their ids for titles.
    private static func split(
        in directory: String, _ recipe: Recipe,
        _ context: ([CatalogueItem]) -> TrainingPipeline.Context
    ) throws(CommandError) -> (TrainingPipeline, TrainingPipeline.Context) {
        do throws(TrainingError) {
            let files = try SplitFiles(directory: directory)
            let items = files.items.map { CatalogueItem(key: $0, title: $0, author: "") }
            return (try TrainingPipeline(recipe: recipe, files: files), context(items))
        } catch {
            throw CommandError(error.message)
        }
    }
}

// MARK: The data set

extension TrainingInput {
    /// Reads what `--data` and `--columns` name, and says what was read.
    static func dataset(
        _ arguments: Arguments, _ options: DatasetReader.Options, describes: Bool = true
    ) throws(CommandError) -> Dataset {
        let path = try arguments.required("--data")
        try checkMemory(for: path)
        let dataset: Dataset
        if let columns = arguments.value("--columns") {
            let file = URL(fileURLWithPath: path).standardizedFileURL
            let roles = try roles(columns)
            dataset = try reading { () throws(DatasetError) in
                let form = try DatasetForm.own(
                    file: file.lastPathComponent, columns: roles)
                return try DatasetReader.read(
                    directory: file.deletingLastPathComponent().path, forms: [form],
                    options: options)
            }
        } else {
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            guard !exists || isDirectory.boolValue else {
                throw CommandError(
                    "\(path) is one file; say what its columns are, such as "
                        + "--columns reader=A,item=B,rating=C")
            }
            dataset = try self.dataset(in: path, options)
        }
        if describes { describe(dataset) }
        return dataset
    }

    static func dataset(
        in directory: String, _ options: DatasetReader.Options
    ) throws(CommandError) -> Dataset {
        try reading { () throws(DatasetError) in
            try DatasetReader.read(directory: directory, options: options)
        }
    }

    private static func reading(
        _ body: () throws(DatasetError) -> Dataset
    ) throws(CommandError) -> Dataset {
        do throws(DatasetError) {
            return try body()
        } catch {
            throw CommandError(error.message)
        }
    }

    /// `reader=A,item=B` as a table.
    private static func roles(_ text: String) throws(CommandError) -> [String: String] {
        var roles: [String: String] = [:]
        for part in text.split(separator: ",") {
            let sides = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw CommandError(
                    "'--columns' is a list such as reader=A,item=B,rating=C, not '\(text)'",
                    exitCode: .usage)
            }
            roles[String(sides[0])] = String(sides[1])
        }
        return roles
    }

    private static func describe(_ dataset: Dataset) {
        let report = dataset.report
        Terminal.line(
            "\(dataset.name) (\(dataset.form)): \(report.ratingRowsKept) of "
                + "\(report.ratingRowsRead) rows kept, \(dataset.readers.count) readers, "
                + "\(dataset.items.count) items")
        for line in report.lines { Terminal.line("  \(line)") }
    }

    /// Bytes in memory for each byte of a file while it is read: its text, keys, rows and texts.
    private static let memoryOfPlain = 3
    /// The same for a file that gzip has packed.
    private static let memoryOfPacked = 16

    /// Refuses early what the system would end in the middle.
    private static func checkMemory(for path: String) throws(CommandError) {
        guard let free = HostReadings().memory()?.available else { return }
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: path)) ?? []
        let paths = names.isEmpty ? [path] : names.map { "\(path)/\($0)" }
        let known = Set(DatasetForm.all.flatMap { $0.ratings.names + ($0.items?.names ?? []) })
        let needed = paths.reduce(0) { sum, file in
            let name = URL(fileURLWithPath: file).lastPathComponent.lowercased()
            let isPacked = name.hasSuffix(".gz")
            let plain = isPacked ? String(name.dropLast(".gz".count)) : name
            guard names.isEmpty || known.contains(where: { $0.lowercased() == plain }),
                let size = (try? files.attributesOfItem(atPath: file))?[.size] as? Int
            else { return sum }
            return sum + size * (isPacked ? memoryOfPacked : memoryOfPlain)
        }
        guard needed <= free else {
            throw CommandError(
                "reading \(path) takes about \(needed >> 20) MiB of memory and \(free >> 20) MiB "
                    + "are free; take a part of the rows, or another machine")
        }
    }
}

// MARK: The recipe

extension TrainingInput {
    private static let recipeBytesMax = 1 << 20

    /// The text of a recipe: a file, or one of those that come with the program.
    static func recipeBytes(_ name: String) throws(CommandError) -> [UInt8] {
        var status = stat()
        let exists = stat(name, &status) == 0
        if exists, status.st_mode & S_IFMT == S_IFREG, status.st_size <= recipeBytesMax,
            let file = FileManager.default.contents(atPath: name)
        {
            return [UInt8](file)
        }
        // A bundle of the recipe's name may stand here: it is a directory.
        if let bytes = ShippedRecipes.bytes(of: name) { return bytes }
        guard !exists else {
            throw CommandError(
                "the recipe \(name) is no file of at most \(recipeBytesMax) bytes that can be read")
        }
        let known = ShippedRecipes.all.map(\.name).joined(separator: ", ")
        throw CommandError("there is no recipe file \(name); the program has \(known)")
    }

    static func recipe(_ name: String) throws(CommandError) -> AnyRecipe {
        let bytes = try recipeBytes(name)
        do throws(TrainingError) {
            return try AnyRecipe(parsing: bytes)
        } catch {
            throw CommandError("\(name): \(error.message)")
        }
    }
}

extension TrainingPipeline.Context {
    /// - Parameter created: The bundle's date.
    init(_ dataset: Dataset, version: Int, created: Date) {
        self.init(
            version: version, created: created, items: dataset.items.map(CatalogueItem.init),
            aliases: dataset.aliases,
            unratedItems: dataset.unratedItems.map(CatalogueItem.init))
    }
}

extension Recipe {
    /// How the data set is read for this recipe.
    var readingOptions: DatasetReader.Options {
        var options = DatasetReader.Options(
            mergesEditions: mergesEditions, requiresTitles: requiresTitles)
        options.keepsKeys = keepsKeys
        return options
    }
}

extension RatingRecipe {
    /// How the data set is read for this recipe: each row counts, as the protocol counts them.
    var readingOptions: DatasetReader.Options {
        var options = DatasetReader.Options(
            mergesEditions: mergesEditions, requiresTitles: requiresTitles)
        options.keepsRepeats = true
        return options
    }
}

extension AnyRecipe {
    var readingOptions: DatasetReader.Options {
        switch self {
        case .ranking(let recipe): recipe.readingOptions
        case .rating(let recipe): recipe.readingOptions
        }
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
