import BundleFormat
import Foundation

/// `ledge models`: look at bundles and send them on.
enum ModelsCommand {
    static let command = Command(
        name: "models", summary: "Inspect, verify, draw and publish bundles.",
        subcommands: [
            InspectCommand.command, verify, publish, ProjectCommand.command,
            WebCatalogueCommand.command,
            ImportCommand.command, ReportCommand.command,
        ])

    static let verify = Command(
        name: "verify", summary: "Check every byte of a bundle.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        discussion: """
            Sizes, digests, tensors, catalogue and golden answers must all be right, and the
            directory must hold nothing that the manifest does not name. Exit code 1 if not.
            """,
        run: { arguments in
            let directory = arguments.parameter("bundle")
            let bundle = try open(directory)
            let foreign: [String]
            do throws(BundleError) {
                foreign = try ModelBundle.foreignFiles(in: directory, manifest: bundle.manifest)
            } catch {
                throw CommandError(error.message)
            }
            guard foreign.isEmpty else {
                throw CommandError(
                    "the manifest does not name \(foreign.joined(separator: ", "))")
            }
            Terminal.line(
                "\(bundle.manifest.modelName) version \(bundle.manifest.version) is sound: "
                    + "manifest sha256:\(bundle.digest.hex)")
            return .success
        })

    static let publish = Command(
        name: "publish", summary: "Send a bundle to a trainer, which signs and announces it.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option("--to", value: "URL", "The trainer's feed (http://127.0.0.1:9926/models).")
        ],
        discussion: "HDB_ADMIN_USERNAME and HDB_ADMIN_PASSWORD are the login at the trainer.",
        run: { arguments in
            let trainer = TrainerClient(
                base: arguments.value("--to") ?? "http://127.0.0.1:9926/models",
                username: arguments.environment["HDB_ADMIN_USERNAME"] ?? "HDB_ADMIN",
                password: arguments.environment["HDB_ADMIN_PASSWORD"] ?? "password")
            let published = try trainer.publish(bundle: arguments.parameter("bundle"))
            Terminal.line("published version \(published.version) as entry \(published.seq)")
            return .success
        })

    /// Opens a bundle with every check.
    static func open(_ directory: String) throws(CommandError) -> ModelBundle {
        do throws(BundleError) {
            return try ModelBundle(directory: directory)
        } catch {
            throw CommandError("\(directory): \(error)")
        }
    }
}
