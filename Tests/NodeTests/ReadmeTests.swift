import Foundation
import TestSupport
import Testing

/// The store's commands of the README, as a newcomer would type them.
@Suite struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let hasCurl = ["/usr/bin/curl", "/bin/curl", "/usr/local/bin/curl"]
        .contains { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: hasCurl))
    func `every command for a running node works, or the test skips without curl`() throws {
        let directory = try TemporaryDirectory()
        let node = try LedgeProcess(root: directory.file("node"))
        defer { node.killAtOnce() }
        let commands = try Self.commands().map { block in
            block.replacing("127.0.0.1:9925", with: "127.0.0.1:\(node.operationsPort)")
                .replacing("$PWD/node/", with: "\(directory.path)/node/")
                .replacing(" node/csv/", with: " \(directory.path)/node/csv/")
        }

        let answers = try Self.run(commands.joined(separator: "\n"))

        #expect(commands.count == 3)
        #expect(!answers.contains("\"error\""), "\(answers)")
        for part in [
            "table 'dev.dog' successfully created.", "inserted 1 of 1 records",
            "\"name\":\"Penny\"", "\"COUNT(*)\":1", "Starting job with id",
            "\"status\":\"COMPLETE\"", "\"readers\":", "updated 1 of 1 records", "\"permission\"",
            "rita successfully added", "\"operation_token\"",
        ] {
            #expect(answers.contains(part), "\(part) is not in \(answers)")
        }
    }

    /// The blocks of "Run a node" that ask one; the first two build the program and start it.
    private static func commands() throws -> [String] {
        let text = try String(
            contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let section =
            try #require(text.split(separator: "## Run a node").last)
            .split(separator: "\n## ").first ?? ""
        let parts = section.split(separator: "```\n", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
            .filter { !$0.contains("ledge serve") }
    }

    private static func run(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euc", script]
        process.currentDirectoryURL = root
        process.environment = ProcessInfo.processInfo.environment.merging([
            "HDB_ADMIN_USERNAME": ClusterFixture.login.username,
            "HDB_ADMIN_PASSWORD": ClusterFixture.login.password,
        ]) { _, own in own }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self)
    }
}
