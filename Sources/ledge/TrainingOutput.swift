import BundleFormat
import Foundation
import Report
import Training

/// What a training writes and what it begins from, as the command line names it.
struct TrainingOutput {
    /// The bundle's directory.
    let bundle: String
    let version: Int
    let created: Date
    /// Where the split goes, if it is wanted.
    private let split: String?
    /// The page that explains the bundle; nil for none.
    private let page: String?
    /// A former bundle to begin from.
    let warmStart: ModelBundle?

    init(_ arguments: Arguments, model: String) throws(CommandError) {
        bundle = arguments.value("--out") ?? "\(model).bundle"
        if let version = try arguments.number("--version", in: 1...Int.max) {
            self.version = version
        } else {
            version = try TrainCommand.nextVersion(after: bundle)
        }
        created = TrainCommand.created(arguments.environment)
        split = arguments.value("--split-out")
        let page = arguments.value("--report") ?? "\(bundle).html"
        self.page = page == "none" ? nil : page
        if let path = arguments.value("--warm-start") {
            warmStart = try ModelsCommand.open(path)
        } else {
            warmStart = nil
        }
    }

    /// Lies beside the bundle while it is made: `--out books` has `books.checkpoint`.
    var checkpoint: String { URL(fileURLWithPath: bundle).standardizedFileURL.path + ".checkpoint" }

    /// Makes the directories that stand above bundle and page: what cannot be written is said
    /// before the training, not after it.
    func prepare() throws(CommandError) {
        for path in [bundle, page ?? bundle] {
            let parent = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent()
            do {
                try FileManager.default.createDirectory(
                    at: parent, withIntermediateDirectories: true)
            } catch {
                throw CommandError("\(parent.path) cannot be made: \(error.localizedDescription)")
            }
        }
    }

    /// Writes the split if it was asked for.
    func writeSplit(_ files: () -> [(name: String, text: String)]) throws {
        if let split { try TrainCommand.write(files(), to: split) }
    }

    /// Writes the bundle and says so; then the checkpoints are of no more use.
    func write(_ draft: BundleDraft, bytesMax: Int = .max) throws(CommandError) {
        let manifest: BundleManifest
        do throws(BundleError) {
            manifest = try draft.write(to: bundle, bytesMax: bytesMax)
        } catch {
            throw CommandError(error.message)
        }
        for suffix in ["", RatingPipeline.refitSuffix] {
            // There is none after a training that took a few seconds.
            try? FileManager.default.removeItem(atPath: checkpoint + suffix)
        }
        Terminal.line(
            "\nwrote \(manifest.modelName) version \(manifest.version) to \(bundle): "
                + "\(manifest.blobBytes) bytes, serves by \(manifest.serving["rule"]?.text ?? "?")")
    }

    /// Shows a few answers of the bundle that was written, and writes its page.
    func explain(_ rows: TrainingReport.Rows?) throws {
        try TrainingSummary.show(bundle: bundle, rows: rows, page: page)
    }
}
