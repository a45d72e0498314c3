import ClusterPublisher
import Foundation
import HTTPCore
import Measurement

/// A trainer with a made model, and a node that follows it: processes of this program.
struct BenchCluster: Sendable {
    let root: String
    private let trainer: BenchServer
    private let trust: String

    private static let environment = [
        "HDB_ADMIN_USERNAME": "bench", "HDB_ADMIN_PASSWORD": "a password for a bench",
    ]

    init(root: String, model: MadeModel) throws {
        self.root = root
        try FileManager.default.createDirectory(
            atPath: root, withIntermediateDirectories: true)
        trust = try TrainerCommand.makeKeys(root: "\(root)/trainer")
        try model.draft(version: 1).write(to: "\(root)/bundle")
        let directory = try TrainerDirectory(at: "\(root)/trainer/trainer")
        _ = try directory.publish(bundleDirectory: "\(root)/bundle", channel: "books")
        trainer = try Self.start("trainer", root: "\(root)/trainer", ["--trainer"])
    }

    func stop() { trainer.stop() }

    /// Starts a node that pulls the model, or has it from an earlier start with the same name.
    ///
    /// - Returns: The node once it has answered.
    func startNode(_ name: String, answering request: [UInt8]) throws -> BenchServer {
        try Self.start(
            "Ledge", root: "\(root)/\(name)",
            ["--feed", "http://127.0.0.1:\(trainer.port)/models", "--trust", trust],
            answering: request)
    }

    /// Starts a node that has the directory for itself.
    static func start(
        _ name: String, root: String, _ words: [String],
        answering request: [UInt8] = BenchServer.hello
    ) throws -> BenchServer {
        guard let program = Bundle.main.executablePath else {
            throw CommandError("the path of this program cannot be found")
        }
        return try BenchServer(name, answering: request, environment: environment) { port in
            [
                program, "serve", "--root", root, "--operations-port", "0",
                "--functions-port", "\(port)",
            ] + words
        }
    }
}
