import BundleFormat
import ClusterPublisher
import Foundation
import HTTPCore
import HTTPTransport
import JSON
import NodeRuntime
import Telemetry
import TestSupport

/// A trainer and its nodes in this process, each with its own directory and ports of its own.
final class ClusterFixture: Sendable {
    struct Member: Sendable {
        let node: Node
        let addresses: Node.Addresses
        let root: String
    }

    let directory: TemporaryDirectory
    let trainer: Member
    let nodes: [Member]
    private let client = HTTPClient()

    static let login = Credentials(username: "admin", password: "a long test password")
    /// Far beyond what anything here takes; a test that waits so long has failed.
    static let patience = Duration.seconds(60)

    init(nodes count: Int) throws {
        directory = try TemporaryDirectory()
        let trainerRoot = directory.file("trainer")
        let trust = try TrainerDirectory.initialise(at: "\(trainerRoot)/trainer", now: Date())
        var configuration = NodeConfiguration(root: trainerRoot, name: "trainer")
        configuration.isTrainer = true
        let trainer = try Self.start(configuration)
        self.trainer = trainer
        let root = directory
        nodes = try (0..<count).map { index in
            var configuration = NodeConfiguration(
                root: root.file("edge-\(index)"), name: "edge-\(index)")
            configuration.following = FollowedFeed(
                url: "http://127.0.0.1:\(trainer.addresses.functionsPort)/models", trustFile: trust)
            return try Self.start(configuration)
        }
    }

    static func start(_ configuration: NodeConfiguration) throws -> Member {
        var configuration = configuration
        configuration.operationsPort = 0
        configuration.functionsPort = 0
        configuration.superUser = login
        let node = try Node(configuration, log: .silent)
        return Member(
            node: node, addresses: try node.start(), root: configuration.root)
    }

    func stop() async {
        for member in nodes + [trainer] { await member.node.stop() }
    }

    /// Publishes a small bundle of that version at the trainer.
    func publish(version: Int) throws {
        let bundle = directory.file("bundle-\(version)")
        try SmallBundle.draft(version: version).write(to: bundle)
        let trainer = try TrainerDirectory(at: "\(self.trainer.root)/trainer")
        _ = try trainer.publish(bundleDirectory: bundle, channel: "books")
    }

    // MARK: Asking

    func send(
        _ method: HTTPMethod = .get, _ path: String, to member: Member, body: String = "",
        operations: Bool = false
    ) throws -> HTTPClientResponse {
        let ports = member.addresses
        let port = operations ? ports.operationsPort : ports.functionsPort
        let credentials = Data("\(Self.login.username):\(Self.login.password)".utf8)
        var fields: HTTPFields = ["Content-Type": "application/json"]
        if operations { fields["Authorization"] = "Basic \(credentials.base64EncodedString())" }
        return try client.send(
            HTTPClientRequest(
                method, "http://127.0.0.1:\(port)\(path)", fields: fields, body: Array(body.utf8)))
    }

    func operation(_ operation: JSONValue, at member: Member) throws -> JSONValue {
        let answer = try send(.post, "/", to: member, body: operation.text, operations: true)
        return try JSONValue(parsing: answer.body)
    }

    func recommend(_ isbns: JSONValue, at member: Member) throws -> HTTPClientResponse {
        try send(
            .post, "/book-recommender/recommend", to: member,
            body: JSONValue.object(["isbns": isbns]).text)
    }

    func status(of member: Member) throws -> JSONValue {
        try JSONValue(parsing: try send(.get, "/status", to: member).body)
    }

    func servedVersion(of member: Member) throws -> Int? {
        try status(of: member)["models"]?.arrayValue?.first?["serving"]?["version"]?.integerValue
    }

    func failureCode(of member: Member) throws -> String? {
        let feed = try status(of: member)["models"]?.arrayValue?.first?["feed"]
        return feed?["last_failure"]?["code"]?.stringValue
    }

    /// Asks again and again until the answer is yes.
    func waitUntil(_ isTrue: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while try !isTrue() {
            guard ContinuousClock.now < deadline else { throw TimedOut() }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    struct TimedOut: Error {}
}
