import BundleFormat
import Foundation
import JSON
import Training

/// `ledge evaluate`: how good a bundle is on what it has never seen.
enum EvaluateCommand {
    static let command = Command(
        name: "evaluate",
        summary: "Judge a bundle on held-out readers or ratings, beside the baselines.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option(
                "--split", value: "DIR",
                "The files of a split (train.tsv, test.queries.tsv ...; rating.test.tsv ...)."),
            Option(
                "--data", value: "PATH",
                "The data set, split again as the bundle's recipe says; see 'ledge train'."),
            Option("--columns", value: "LIST", "As for 'ledge train'."),
            Option("--json", "Print JSON instead of a table."),
        ],
        discussion: """
            'ledge train --split-out DIR' writes such a split for its data. A bundle must have been
            trained on that split's training rows, or the figures flatter it.
            Models that rank are asked three items in, ten out; models of ratings predict the rows
            of the test.
            """,
        run: run)

    /// What was found, for people and for programs.
    private struct Judgement {
        let table: String
        let json: JSONObject
    }

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        guard (arguments.value("--split") == nil) != (arguments.value("--data") == nil) else {
            throw CommandError(
                "say by what to judge: either '--split' or '--data'", exitCode: .usage)
        }
        let bundle = try ModelsCommand.open(arguments.parameter("bundle"))
        let judgement = try judge(bundle, arguments)
        guard arguments.has("--json") else {
            Terminal.line(judgement.table)
            return .success
        }
        var report: JSONObject = [
            "model": .string(bundle.manifest.modelName),
            "version": JSONValue(bundle.manifest.version),
            "digest": .string(bundle.digest.hex),
        ]
        for member in judgement.json.members { report[member.name] = member.value }
        let text = JSONValue.object(report).encodedForReading()
        Terminal.line(String(decoding: text.dropLast(), as: UTF8.self))
        return .success
    }

    private static func judge(
        _ bundle: ModelBundle, _ arguments: Arguments
    ) throws(CommandError) -> Judgement {
        let recipe = arguments.value("--data") == nil ? nil : try self.recipe(of: bundle)
        let directory = arguments.value("--split") ?? ""
        let dataset = try recipe.map { recipe throws(CommandError) in
            try TrainingInput.dataset(
                arguments, recipe.readingOptions, describes: !arguments.has("--json"))
        }
        let interactions = dataset.map { Interactions($0) }
        if let interactions { warn(bundle, interactions) }
        do throws(TrainingError) {
            switch (recipe, interactions) {
            case (.rating(let recipe), let rows?):
                let split = RatingSplit(rows, validationShare: recipe.settings.validationShare)
                return try ratings(bundle, RatingSplitFiles(split, of: rows))
            case (.ranking(let recipe), let rows?):
                return try rankings(bundle, SplitFiles(ReaderSplit(rows, rules: recipe.split)))
            default:
                return bundle.manifest.kind.predictsRatings
                    ? try ratings(bundle, RatingSplitFiles(directory: directory))
                    : try rankings(bundle, SplitFiles(directory: directory))
            }
        } catch {
            throw CommandError(error.message)
        }
    }

    private static func rankings(
        _ bundle: ModelBundle, _ split: SplitFiles
    ) throws(TrainingError) -> Judgement {
        let rows = try Evaluation.report(bundle: bundle, split: split)
        return Judgement(
            table: QualityTable.text(rows),
            json: [
                "methods": .object(
                    JSONObject(rows.map { ($0.method, .object($0.metrics.json)) }))
            ])
    }

    private static func ratings(
        _ bundle: ModelBundle, _ split: RatingSplitFiles
    ) throws(TrainingError) -> Judgement {
        let report = try RatingEvaluation.report(bundle: bundle, split: split)
        var table = QualityTable.text(report.quality) + "\n\(report.rowCount) rows"
        if report.unknownRows > 0 {
            table +=
                "; of \(report.unknownRows) the bundle does not know the reader or the item: it is "
                + "given the mean for them"
        }
        return Judgement(
            table: table,
            json: [
                "rows": JSONValue(report.rowCount), "unknown_rows": JSONValue(report.unknownRows),
                "methods": .object(
                    JSONObject(report.quality.map { ($0.method, .object($0.json)) })),
            ])
    }

    /// The recipe that the manifest carries.
    private static func recipe(of bundle: ModelBundle) throws(CommandError) -> AnyRecipe {
        guard let source = bundle.manifest.provenance["recipe"]?.objectValue else {
            throw CommandError(
                "the bundle does not say by which recipe it was trained; judge it with '--split'")
        }
        do throws(TrainingError) {
            return try AnyRecipe(source)
        } catch {
            throw CommandError("the bundle's recipe: \(error.message)")
        }
    }

    /// Says so if the bundle was trained on other rows.
    private static func warn(_ bundle: ModelBundle, _ interactions: Interactions) {
        guard bundle.manifest.provenance["data"] != .string(interactions.digest.hex) else { return }
        Terminal.error(
            "ledge: the bundle was trained on other rows than these; if it knows some of those "
                + "that it is judged by, the figures flatter it\n")
    }
}
