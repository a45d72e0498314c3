import BundleFormat
import Datasets
import Foundation
import HTTPCore
import HTTPTransport
import Identifiers
import JSON
import Training

/// `ledge demo`: the main job from ratings to recommendations, on this machine, in a minute.
enum DemoCommand {
    static let command = Command(
        name: "demo",
        summary: "Train on the sample, start a trainer and two nodes, ask for books.",
        options: [
            Option("--data", value: "DIR", "The data set (Models/Sample)."),
            Option("--recipe", value: "FILE", "The recipe (Models/Recipes/books.json)."),
            Option("--topology", value: "FILE", "The nodes (Cluster/Topologies/three-nodes.json)."),
            Option("--keep", "Leave the nodes running until Ctrl-C."),
        ],
        run: run)

    private static func run(_ arguments: Arguments) async throws -> ExitCode {
        let topology = try Topology(
            file: arguments.value("--topology") ?? "Cluster/Topologies/three-nodes.json")
        guard
            case .ranking(let recipe) = try TrainingInput.recipe(
                arguments.value("--recipe") ?? "books")
        else { throw CommandError("the demo needs a recipe of a model that ranks") }
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("ledge-demo-\(ProcessInfo.processInfo.processIdentifier)").path
        let demo = Demo(
            topology: topology, root: root, recipe: recipe,
            data: arguments.value("--data") ?? "Models/Sample",
            nodes: try NodeProcesses())
        let interruption = Interruption.shared
        do {
            try await demo.run(keeping: arguments.has("--keep"), until: interruption)
        } catch {
            await demo.tidy()
            throw error
        }
        await demo.tidy()
        return .success
    }
}

/// The demonstration, scene by scene.
private struct Demo: Sendable {
    let topology: Topology
    let root: String
    let recipe: Recipe
    let data: String
    let nodes: NodeProcesses
    /// Made for this run: nobody else knows it.
    private let login = (username: "demo", password: UUID().uuidString)

    init(
        topology: Topology, root: String, recipe: Recipe, data: String, nodes: NodeProcesses
    ) {
        self.topology = topology
        self.root = root
        self.recipe = recipe
        self.data = data
        self.nodes = nodes
    }

    /// How long a node may take to be ready, or to serve a published version.
    private static let patience = Duration.seconds(30)
    private static let pollInterval = Duration.milliseconds(50)
    /// Liked books in the question.
    private static let questionSize = 3

    func run(keeping: Bool, until interruption: Interruption) async throws {
        say("1. train on \(data)")
        let first = try await train(version: 1)
        say("\n2. start a trainer and \(topology.nodes.count) nodes")
        let cluster = LocalCluster(topology: topology, root: root, nodes: nodes)
        try await cluster.start(environment: [
            "HDB_ADMIN_USERNAME": login.username, "HDB_ADMIN_PASSWORD": login.password,
        ])
        try await waitUntilAllAreReady()
        say("\n3. publish version 1; the nodes pull and verify it")
        try await publish(first, version: 1, to: cluster.feedURL)
        say("\n4. ask a node what goes with three books")
        try await ask(topology.nodes[0], bundle: first)
        say("\n5. train and publish version 2; the nodes change over without a pause")
        try await publish(try await train(version: 2), version: 2, to: cluster.feedURL)
        let page = "http://127.0.0.1:\(topology.nodes[0].functionsPort)/book-recommender/ui/"
        guard keeping else { return say("\nDone. 'make demo KEEP=1' leaves it running: \(page)") }
        say("\nThe nodes are running. Open \(page)\nCtrl-C stops them.")
        await interruption.wait()
    }

    func tidy() async {
        await nodes.stopAll()
        // What cannot be removed lies in the system's temporary folder and is harmless.
        try? FileManager.default.removeItem(atPath: root)
    }

    private func say(_ text: String) { Terminal.line(text) }
}

extension Demo {
    /// - Returns: The bundle's directory.
    private func train(version: Int) async throws -> String {
        let out = "\(root)/bundle-\(version)"
        var recipe = recipe
        // Another seed, so that the second version is another model and not only another number.
        recipe.settings.seed += UInt64(version - 1)
        let chosen = recipe
        try await offThePool {
            try FileManager.default.createDirectory(
                atPath: root, withIntermediateDirectories: true)
            let dataset = try TrainingInput.dataset(in: data, chosen.readingOptions)
            let pipeline = try TrainingInput.pipeline(chosen, Interactions(dataset))
            let context = TrainingPipeline.Context(dataset, version: version, created: Date())
            let outcome = try TrainCommand.watching { progress throws(TrainingError) in
                try pipeline.run(context: context, progress: progress)
            }
            try outcome.draft.write(to: out)
            if version == 1 { Terminal.line(QualityTable.text(outcome.quality)) }
        }
        return out
    }

    private func waitUntilAllAreReady() async throws {
        for node in [topology.trainer] + topology.nodes {
            try await waitUntil("\(node.name) is ready") {
                try await status(of: node) != nil
            }
            say(
                "   \(node.name): operations http://127.0.0.1:\(node.operationsPort) "
                    + "functions http://127.0.0.1:\(node.functionsPort)")
        }
    }

    private func publish(_ bundle: String, version: Int, to feed: String) async throws {
        let trainer = TrainerClient(
            base: feed, username: login.username, password: login.password)
        let start = ContinuousClock.now
        try await offThePool { _ = try trainer.publish(bundle: bundle) }
        for node in topology.nodes {
            try await waitUntil("\(node.name) serves version \(version)") {
                try await servedVersion(of: node) == version
            }
            let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
            say("   \(node.name) serves version \(version) after \(milliseconds) ms")
        }
    }

    /// Asks as anybody would: over HTTP, with what the line above it says.
    private func ask(_ node: Topology.Node, bundle: String) async throws {
        let liked = try likedBooks(bundle)
        let url = "http://127.0.0.1:\(node.functionsPort)/book-recommender/recommend"
        let body = JSONValue.object(["isbns": .array(liked.map { .string($0.key) })]).text
        for book in liked { say("   likes \(book.title) (\(book.author))") }
        say(
            "   curl -s -X POST \(url) -H 'Content-Type: application/json' -d '\(body)'\n")
        let answer = try await get(
            HTTPClientRequest(
                .post, url, fields: ["Content-Type": "application/json"], body: Array(body.utf8)))
        guard answer.status == .ok, let books = try JSONValue(parsing: answer.body).arrayValue
        else { throw CommandError("\(node.name) answered \(answer.status.code)") }
        for (rank, book) in books.enumerated() {
            let text = { (name: String) in book[name]?.stringValue ?? "" }
            let number = rank < 9 ? " \(rank + 1)" : "\(rank + 1)"
            say("   \(number). \(text("title")), \(text("author")), ISBN \(text("isbn"))")
            say("       because you like \(book["because"]?["title"]?.stringValue ?? "")")
        }
    }

    /// The first golden question of the bundle: three books that one reader liked.
    private func likedBooks(_ directory: String) throws -> [CatalogueItem] {
        let bundle = try ModelsCommand.open(directory)
        guard let question = bundle.golden.queries.first else {
            throw CommandError("the bundle has no golden question to ask with")
        }
        return try bundle.catalogue.items(at: Array(question.items.prefix(Self.questionSize)))
            .compactMap(\.self)
    }
}

// MARK: Waiting

extension Demo {
    private func waitUntil(
        _ what: String, _ isTrue: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while try await !isTrue() {
            let ended = await nodes.ended
            guard ended.isEmpty else {
                throw CommandError(
                    "\(ended.joined(separator: ", ")) ended: \(await lastLines()); is one of the "
                        + "ports in use?")
            }
            guard ContinuousClock.now < deadline else {
                throw CommandError("waited \(Self.patience) in vain until \(what)")
            }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    /// What the nodes said before one of them ended.
    private func lastLines() async -> String {
        await nodes.stopAll()
        var last = ""
        for await line in nodes.lines where line.text.contains("ledge:") {
            last = "\(line.node): \(line.text)"
        }
        return last
    }

    private func servedVersion(of node: Topology.Node) async throws -> Int? {
        let models = try await status(of: node)?["models"]?.arrayValue
        return models?.first?["serving"]?["version"]?.integerValue
    }

    /// The node's status, or nil while it does not answer yet.
    private func status(of node: Topology.Node) async throws -> JSONValue? {
        let request = HTTPClientRequest(.get, "http://127.0.0.1:\(node.functionsPort)/status")
        guard let answer = try? await get(request), answer.status == .ok else { return nil }
        return try JSONValue(parsing: answer.body)
    }

    private func get(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        try await offThePool { try HTTPClient().send(request) }
    }
}

/// Runs blocking work on a thread that may block, not on the pool that runs tasks.
func offThePool<Answer: Sendable>(
    _ work: @escaping @Sendable () throws -> Answer
) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
