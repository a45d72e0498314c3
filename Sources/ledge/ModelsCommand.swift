import BundleFormat
import Foundation
import JSON

/// `ledge models`: look at bundles and send them on.
enum ModelsCommand {
    static let command = Command(
        name: "models", summary: "Inspect, verify, draw and publish bundles.",
        subcommands: [
            inspect, verify, publish, ProjectCommand.command, WebCatalogueCommand.command,
            ImportCommand.command,
        ])

    static let inspect = Command(
        name: "inspect", summary: "Show what a bundle holds.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [Option("--json", "Print the manifest itself.")],
        run: { arguments in
            let bundle = try open(arguments.parameter("bundle"))
            if arguments.has("--json") {
                Terminal.line(
                    String(decoding: bundle.manifest.encoded().dropLast(), as: UTF8.self))
            } else {
                Terminal.line(summary(of: bundle))
            }
            return .success
        })

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

    private static func summary(of bundle: ModelBundle) -> String {
        let manifest = bundle.manifest
        let catalogue = bundle.catalogue
        var lines = [
            "model      \(manifest.modelName) version \(manifest.version)",
            "kind       \(manifest.kind.rawValue)",
            "created    \(manifest.created.formatted(.iso8601))",
            "digest     sha256:\(bundle.digest.hex)",
            "serves by  \(JSONValue.object(manifest.serving).text)",
            "memory     \(manifest.memoryBytes) bytes",
            "catalogue  \(catalogue.itemCount) items, \(catalogue.readerCount) readers",
            "golden     \(bundle.golden.queries.count) questions",
            "blobs",
        ]
        for blob in manifest.blobs {
            lines.append("  \(blob.name)  \(blob.bytes) bytes  sha256:\(blob.digest.hex)")
        }
        lines.append("tensors")
        for tensor in manifest.tensors {
            lines.append("  \(tensor.name)  \(tensor.elementType.rawValue)  \(tensor.shape)")
        }
        for (title, object) in [
            ("metrics", manifest.metrics["test"]?.objectValue ?? [:]),
            ("provenance", manifest.provenance),
        ] {
            lines.append(title)
            for member in object.members { lines.append("  \(member.name)  \(member.value.text)") }
        }
        return lines.joined(separator: "\n")
    }
}
