import BundleFormat
import Foundation
import JSON
import Training

/// `ledge evaluate`: how good a bundle is on readers it has never seen.
enum EvaluateCommand {
    static let command = Command(
        name: "evaluate",
        summary: "Judge a bundle on held-out readers, beside the baselines.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option(
                "--split", value: "DIR", "The files of a split (train.tsv, test.queries.tsv ...)."),
            Option("--json", "Print JSON instead of a table."),
        ],
        discussion: """
            'ledge train --split-out DIR' writes such a split for its data. A bundle must have been
            trained on that split's training readers, or the figures flatter it.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let bundle = try ModelsCommand.open(arguments.parameter("bundle"))
        let rows: [(method: String, metrics: RankingMetrics)]
        do throws(TrainingError) {
            let split = try SplitFiles(directory: arguments.value("--split") ?? ".")
            rows = try Evaluation.report(bundle: bundle, split: split)
        } catch {
            throw CommandError(error.message)
        }
        guard arguments.has("--json") else {
            Terminal.line(QualityTable.text(rows))
            return .success
        }
        let report: JSONValue = [
            "model": .string(bundle.manifest.modelName),
            "version": JSONValue(bundle.manifest.version),
            "digest": .string(bundle.digest.hex),
            "methods": .object(JSONObject(rows.map { ($0.method, .object($0.metrics.json)) })),
        ]
        Terminal.line(String(decoding: report.encodedForReading().dropLast(), as: UTF8.self))
        return .success
    }
}
