import ClusterPublisher
import Foundation
import HTTPTransport

/// `ledge cluster`: several nodes on this machine.
enum ClusterCommand {
    static let command = Command(
        name: "cluster", summary: "Run a trainer and several nodes on this machine.",
        subcommands: [up])

    static let up = Command(
        name: "up", summary: "Start all nodes of a topology; Ctrl-C stops all of them.",
        parameters: [
            Parameter(name: "topology", help: "such as Cluster/Topologies/three-nodes.json")
        ],
        options: [
            Option("--root", value: "DIR", "Where the nodes keep their files (.ledge-cluster).")
        ],
        discussion: """
            Each node has a folder of its own under the root; its log lines begin with its name.
            The trainer's keys are made at the first start. Publish with 'ledge models publish'.
            """,
        run: { arguments in
            let topology = try Topology(file: arguments.parameter("topology"))
            let root = arguments.value("--root") ?? ".ledge-cluster"
            let interruption = Interruption.shared
            let nodes = try NodeProcesses()
            let cluster = LocalCluster(topology: topology, root: root, nodes: nodes)
            try await cluster.start(environment: [:])
            await withTaskGroup { group in
                group.addTask { await cluster.printLines() }
                group.addTask {
                    await interruption.wait()
                    await nodes.stopAll()
                }
                // The lines end when all nodes have ended, by themselves or by the signal.
                await group.next()
                await nodes.stopAll()
                group.cancelAll()
            }
            return .success
        })
}

/// The nodes of a topology as processes, each with its folder.
struct LocalCluster: Sendable {
    let topology: Topology
    let root: String
    let nodes: NodeProcesses

    /// Makes the trainer's keys if there are none, then starts everything.
    func start(environment: [String: String]) async throws(CommandError) {
        let trainerRoot = "\(root)/\(topology.trainer.name)"
        let trust = "\(trainerRoot)/trainer/trust.keys"
        if !TrainerDirectory.isInitialised(at: "\(trainerRoot)/trainer") {
            _ = try TrainerCommand.makeKeys(root: trainerRoot)
        }
        try await start(topology.trainer, ["--trainer"], environment)
        await waitForTrainer()
        for node in topology.nodes {
            try await start(node, ["--feed", feedURL, "--trust", trust], environment)
        }
    }

    /// Lets the nodes find a trainer that listens, so that their first line is no complaint.
    ///
    /// A trainer that does not come is no reason to stop here: its own log says why.
    private func waitForTrainer() async {
        let deadline = ContinuousClock.now + Self.trainerPatience
        while ContinuousClock.now < deadline, await nodes.ended.isEmpty {
            let url = "\(feedURL)/keys/1"
            let answer = try? await offThePool {
                try HTTPClient().send(HTTPClientRequest(.get, url))
            }
            guard answer == nil else { return }
            // A cancelled wait goes on to the deadline at once.
            try? await Task.sleep(for: Self.pollInterval)
        }
    }

    private static let trainerPatience = Duration.seconds(5)
    private static let pollInterval = Duration.milliseconds(20)

    var feedURL: String { "http://127.0.0.1:\(topology.trainer.functionsPort)/models" }

    private func start(
        _ node: Topology.Node, _ words: [String], _ environment: [String: String]
    ) async throws(CommandError) {
        try await nodes.start(
            node.name,
            arguments: [
                "serve", "--root", "\(root)/\(node.name)", "--name", node.name,
                "--operations-port", "\(node.operationsPort)",
                "--functions-port", "\(node.functionsPort)",
            ] + words, environment: environment)
    }

    /// Prints what the nodes say, each line behind its node's name, until all have ended.
    func printLines() async {
        let width = ([topology.trainer] + topology.nodes).map(\.name.count).max() ?? 0
        for await line in nodes.lines {
            let name = line.node.padding(toLength: width, withPad: " ", startingAt: 0)
            Terminal.line("\(name) | \(line.text)")
        }
    }
}
