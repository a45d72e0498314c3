import BundleFormat
import Datasets
import Foundation
import JSON
import Retrieval
import TensorFlowJS

/// `ledge models import-tfjs`: a published TensorFlow.js model as a bundle.
enum ImportCommand {
    static let command = Command(
        name: "import-tfjs",
        summary: "Make a bundle of a TensorFlow.js two-tower model and its tables.",
        parameters: [Parameter(name: "model", help: "the model.json, its shards beside it")],
        options: [
            Option("--items", value: "FILE", "Items: id, title, author, index (CSV or JSON)."),
            Option("--ratings", value: "FILE", "Who rated what: reader, item, rating."),
            Option("--item-index", value: "FILE", "The items' indices, if --items lacks them."),
            Option("--readers", value: "FILE", "The readers' ids and indices."),
            Option("--out", value: "DIR", "Where the bundle goes; an older one is replaced."),
            Option("--name", value: "NAME", "The model's name (books)."),
            Option("--version", value: "N", "The bundle's version; one more than --out holds."),
            Option("--rule", value: "NAME", "reader-vote or nearest-reader (reader-vote)."),
            Option("--item-tensor", value: "NAME", "The weight that holds the items' rows."),
            Option("--reader-tensor", value: "NAME", "The weight that holds the readers' rows."),
            Option("--identifiers", value: "NAME", "The weight that numbers those rows."),
        ],
        discussion: """
            HarperDB's book recommender keeps its tables as books.csv, isbn_idxs.csv, user_idxs.csv
            and ratings.csv, its song recommender as songs.csv and users_songs.csv:

              ledge models import-tfjs tfjs-model/model.json --items books.csv \\
                --item-index isbn_idxs.csv --readers user_idxs.csv --ratings ratings.csv --out books

            Each reader is kept once, however many training rows the model holds of them.
            nearest-reader answers as the original does, also with an empty list.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let out = try arguments.required("--out")
        let tables = ImportTables(
            items: try arguments.required("--items"),
            ratings: try arguments.required("--ratings"),
            itemIndex: arguments.value("--item-index"), readers: arguments.value("--readers"))
        var options = ImportedModel.Options()
        options.modelName = arguments.value("--name") ?? options.modelName
        options.version =
            try arguments.number("--version", in: 1...Int.max)
            ?? TrainCommand.nextVersion(after: out)
        options.created = TrainCommand.created(arguments.environment)
        options.rule = try rule(arguments)
        let particulars = try particulars(tables)
        let imported: ImportedModel
        do throws(TensorFlowJSError) {
            let model = try ModelFiles(path: arguments.parameter("model"))
            let towers = try Towers(
                model,
                names: TowerNames(
                    items: arguments.value("--item-tensor"),
                    candidates: arguments.value("--reader-tensor"),
                    identifiers: arguments.value("--identifiers")))
            describe(towers, model)
            imported = try ImportedModel(towers, from: model, particulars, options: options)
        } catch {
            throw CommandError(error.message)
        }
        return try write(imported, to: out)
    }

    private static func describe(_ towers: Towers, _ model: ModelFiles) {
        Terminal.line(
            "\(model.weightBytes) bytes of weights: \(towers.itemCount) items and "
                + "\(towers.candidateCount) candidates of \(towers.dimensions) dimensions, "
                + "\(towers.readers.count) distinct readers")
        guard towers.differingCount > 0 else { return }
        Terminal.error(
            "ledge: \(towers.differingCount) candidates differ from the first of their reader; "
                + "the first stays\n")
    }

    private static func particulars(
        _ tables: ImportTables
    ) throws(CommandError) -> ImportedModel.Particulars {
        do throws(DatasetError) {
            return try tables.particulars()
        } catch {
            throw CommandError(error.message)
        }
    }

    private static func rule(_ arguments: Arguments) throws(CommandError) -> ServingRule {
        switch arguments.value("--rule") ?? "reader-vote" {
        case "nearest-reader": return .nearestReader
        case "reader-vote": return .readerVote(ReaderVote())
        default:
            throw CommandError("'--rule' is nearest-reader or reader-vote", exitCode: .usage)
        }
    }

    private static func write(
        _ imported: ImportedModel, to out: String
    ) throws(CommandError) -> ExitCode {
        do throws(BundleError) {
            let manifest = try imported.draft.write(to: out)
            Terminal.line(
                "\(imported.itemCount) items with names, \(imported.pairCount) ratings kept, "
                    + "\(imported.ratingsPassedOver) passed over\n"
                    + "wrote \(manifest.modelName) version \(manifest.version) to \(out): "
                    + "\(manifest.blobBytes) bytes, "
                    + "serves by \(manifest.serving["rule"]?.stringValue ?? "none")"
            )
            return .success
        } catch {
            throw CommandError(error.message)
        }
    }
}
