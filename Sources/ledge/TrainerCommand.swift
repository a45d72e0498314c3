import ClusterPublisher
import Foundation

/// `ledge trainer`: the keys of a trainer.
enum TrainerCommand {
    static let command = Command(
        name: "trainer", summary: "Make the keys that a trainer signs with.",
        subcommands: [initialise])

    static let initialise = Command(
        name: "init", summary: "Make root and release keys and the trust file for nodes.",
        options: [Option("--root", value: "DIR", "The root directory of the trainer node.")],
        discussion: "Then start the trainer with 'ledge serve --root DIR --trainer'.",
        run: { arguments in
            let root = try arguments.required("--root")
            let trust = try makeKeys(root: root)
            Terminal.line(
                """
                made the keys of a trainer in \(root)/trainer

                give to every node   \(trust)
                keep off this machine, as a backup, and out of every image:
                                     \(root)/trainer/secret/root.key
                stays here, secret   \(root)/trainer/secret/release.key

                next:  ledge serve --root \(root) --trainer
                       ledge serve --root NODE --feed http://TRAINER:9926/models --trust \(trust)
                """)
            return .success
        })

    /// - Returns: The path of the trust file.
    static func makeKeys(root: String) throws(CommandError) -> String {
        do throws(PublisherError) {
            return try TrainerDirectory.initialise(at: "\(root)/trainer", now: Date())
        } catch {
            throw CommandError(error.message)
        }
    }
}
