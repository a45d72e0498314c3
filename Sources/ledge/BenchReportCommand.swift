import Foundation
import JSON

/// `ledge bench all`: kernel, store, serve and start as one page of Markdown.
enum BenchReportCommand {
    static let command = Command(
        name: "all", summary: "Kernel, store, serve and start, as a page with the machine.",
        options: [
            Option("--out", value: "FILE", "Where the page goes (standard output)."),
            Option("--rounds", value: "N", "Times that each is measured, in turn (3)."),
            Option("--seconds", value: "N", "How long each load lasts (3)."),
        ] + BenchPeers.options,
        discussion: BenchPeers.discussion,
        run: run)

    private static func run(_ arguments: Arguments) async throws -> ExitCode {
        let rounds = try arguments.number("--rounds", in: 1...100) ?? 3
        let seconds = try arguments.number("--seconds", in: 1...60) ?? 3
        let peers = BenchPeers(arguments)
        let folder = try BenchFolder()
        defer { folder.remove() }
        let kernel = KernelBench(
            rounds: rounds, queryCount: 200, peers: PeerScript(python: peers.python))
        let store = StoreBench(
            root: "\(folder.path)/store", ratings: nil, rows: 600_000, time: .seconds(seconds),
            syncDelay: 0)
        let serve = ServeBench(
            rounds: rounds, time: .seconds(seconds), connections: nil, peers: peers)
        let start = StartBench(rounds: rounds, idleSeconds: seconds, peers: peers)
        let sections = [
            ("Start", try start.run()), ("Serve", try serve.run()),
            ("Kernel", try kernel.run()), ("Store", try await store.run()),
        ]
        let page =
            try head(peers, rounds: rounds)
            + sections.map { "\n## \($0)\n\n\(BenchFigure.table($1))\n" }.joined()
        guard let path = arguments.value("--out") else {
            Terminal.line(page)
            return .success
        }
        try Data(page.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        return .success
    }

    private static func head(_ peers: BenchPeers, rounds: Int) throws -> String {
        """
        # What was measured

        `make bench` wrote this page. \(BenchMachine().text)

        \(try versions(peers))

        Medians of \(rounds), all in turn, the load on the same machine. A ratio says how many times
        better Ledge is, and below 1 it is worse. [Peers](README.md) says what the others do.

        """
    }

    private static func versions(_ peers: BenchPeers) throws -> String {
        var parts: [String] = []
        for python in [peers.python, peers.tensorFlow] {
            guard let found = try PeerScript(python: python).run("versions.py", [])?.objectValue
            else { continue }
            parts += found.names.map { "\($0) \(found[$0]?.stringValue ?? "")" }
        }
        if let node = peers.node {
            let child = try BenchMachine.firstLine(of: [node, "--version"])
            parts.append("Node \(child)")
        }
        let unique = parts.enumerated().filter { parts.firstIndex(of: $1) == $0 }.map(\.element)
        return unique.isEmpty ? "No peers were named." : unique.joined(separator: ", ") + "."
    }
}
