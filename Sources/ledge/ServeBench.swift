import Foundation
import HTTPCore
import HTTPTransport
import JSON
import Measurement
import Training

/// The measurements of `ledge bench serve`.
struct ServeBench {
    let rounds: Int
    let time: Duration
    /// Instead of each shape's own.
    let connections: Int?
    let peers: BenchPeers

    /// A model's size and how many ask at once.
    struct Shape {
        let readers: Int
        let connections: Int
    }

    /// What one server did in one round.
    private struct Turn {
        let recommend: LoadReport
        let hello: LoadReport
    }

    static let shapes = [
        Shape(readers: 19_371, connections: 16), Shape(readers: 80_000, connections: 64),
    ]
    static let itemCount = 40_000
    static let dimensions = 24
    static let seed: UInt64 = 42
    private static let questionItems = 3
    private static let questionCount = 512
    /// How many answers of a peer are compared with Ledge's.
    private static let proofs = 20
    /// The share of its capacity at which a server should still answer evenly.
    private static let paceShare = 0.8
    private static let workers = 2

    func run() throws -> [BenchFigure] { try Self.shapes.flatMap(figures) }

    private func figures(of shape: Shape) throws -> [BenchFigure] {
        let folder = try BenchFolder()
        defer { folder.remove() }
        var random = SplitMix64(seed: Self.seed)
        let model = MadeModel(
            readers: shape.readers, items: Self.itemCount, dimensions: Self.dimensions,
            using: &random)
        let questions = (0..<Self.questionCount).map { _ in
            Self.question(model.question(of: Self.questionItems, using: &random))
        }
        let cluster = try BenchCluster(root: "\(folder.path)/cluster", model: model)
        defer { cluster.stop() }
        try model.write(to: URL(fileURLWithPath: "\(folder.path)/model"))
        var servers = [
            try cluster.startNode("node", answering: Self.request(questions[0]))
        ]
        defer { for server in servers { server.stop() } }
        servers += peers.servers(workers: Self.workers).compactMap {
            $0.start("\(folder.path)/model")
        }
        for server in servers { server.settle() }
        try compareAnswers(servers, questions.prefix(Self.proofs))
        return try measure(servers, shape, questions.map(Self.request))
    }

    static func question(_ keys: [String]) -> String {
        JSONValue.object(["isbns": .array(keys.map { .string($0) })]).text
    }

    static func request(_ question: String) -> [UInt8] {
        LoadGenerator.request("POST", "/book-recommender/recommend", json: question)
    }

    /// A peer that computes something else is no peer.
    private func compareAnswers(
        _ servers: [BenchServer], _ questions: ArraySlice<String>
    ) throws {
        for question in questions {
            let answers = try servers.map { server in
                let answer = try HTTPClient().send(
                    HTTPClientRequest(
                        .post, "http://127.0.0.1:\(server.port)/book-recommender/recommend",
                        fields: ["Content-Type": "application/json"], body: Array(question.utf8)))
                return try JSONValue(parsing: answer.body).arrayValue?.map { $0["isbn"] }
            }
            for (server, answer) in zip(servers, answers) where answer != answers[0] {
                throw CommandError("\(server.name) answers \(question) with other books")
            }
        }
    }
}

// MARK: Load

extension ServeBench {
    private func measure(
        _ servers: [BenchServer], _ shape: Shape, _ requests: [[UInt8]]
    ) throws -> [BenchFigure] {
        let connections = connections ?? shape.connections
        var turns = servers.map { _ in [Turn]() }
        for _ in 0..<rounds {
            for (index, server) in servers.enumerated() {
                turns[index].append(
                    Turn(
                        recommend: try report(server, requests, connections),
                        hello: try report(server, [BenchServer.hello], connections)))
            }
        }
        let name = "\(shape.readers) readers, \(connections) connections"
        let compared = Self.compared.flatMap { quantity in
            let values = turns.map { Self.median($0, quantity.value) }
            let peers = zip(servers, values).dropFirst().map { ($0.name, $1 as Double?) }
            return (peers.isEmpty ? [("", nil)] : peers).map { peerName, peer in
                BenchFigure(
                    what: "\(quantity.name), \(name)", unit: quantity.unit, own: values[0],
                    peer: peer, peerName: peerName, largerIsBetter: quantity.largerIsBetter)
            }
        }
        let own = Self.own.map {
            BenchFigure(
                what: "\($0.name), \(name)", unit: $0.unit, own: Self.median(turns[0], $0.value))
        }
        let capacity = Self.median(turns[0]) { $0.recommend.answersPerSecond }
        return compared + own
            + [try paced(servers[0], requests, connections, rate: capacity * Self.paceShare, name)]
    }

    private func report(
        _ server: BenchServer, _ requests: [[UInt8]], _ connections: Int, rate: Double? = nil
    ) throws -> LoadReport {
        var load = LoadGenerator(port: server.port, requests: requests, connections: connections)
        load.time = time
        load.rate = rate
        let processes = server.processes
        load.processorTime = { processes.processorTime() }
        let report = try load.run()
        guard report.refusals.isEmpty, report.closedConnections == 0 else {
            throw CommandError(
                "\(server.name): refusals \(report.refusals), "
                    + "closed connections \(report.closedConnections)")
        }
        return report
    }

    private func paced(
        _ server: BenchServer, _ requests: [[UInt8]], _ connections: Int, rate: Double,
        _ name: String
    ) throws -> BenchFigure {
        let times = try (0..<rounds).map { _ in
            let report = try report(server, requests, connections, rate: rate)
            return Self.milliseconds(report.latencies.percentile(0.99))
        }
        return BenchFigure(
            what: "p99 at \(Int(rate)) requests a second, 80 % of capacity, \(name)", unit: "ms",
            own: times.sorted()[rounds / 2])
    }

    /// Something that is read off a server's turns.
    private struct Quantity: Sendable {
        let name: String
        let unit: String
        var largerIsBetter = false
        let value: @Sendable (Turn) -> Double
    }

    private static let compared = [
        Quantity(name: "POST recommend", unit: "/s", largerIsBetter: true) {
            $0.recommend.answersPerSecond
        },
        Quantity(name: "p99", unit: "ms") { milliseconds($0.recommend.latencies.percentile(0.99)) },
        Quantity(name: "processor time of a recommendation", unit: "us") {
            microseconds($0.recommend.processorTimePerAnswer)
        },
    ]

    private static let own = [
        Quantity(name: "p50", unit: "ms") { milliseconds($0.recommend.latencies.percentile(0.5)) },
        Quantity(name: "GET hello", unit: "/s") { $0.hello.answersPerSecond },
        Quantity(name: "processor time of a hello", unit: "us") {
            microseconds($0.hello.processorTimePerAnswer)
        },
        Quantity(name: "a recommendation's processor time in hellos", unit: "") {
            microseconds($0.recommend.processorTimePerAnswer)
                / microseconds($0.hello.processorTimePerAnswer)
        },
    ]

    private static func median(_ turns: [Turn], _ value: (Turn) -> Double) -> Double {
        turns.map(value).sorted()[turns.count / 2]
    }

    private static func milliseconds(_ time: Duration?) -> Double {
        time.map { $0 / .milliseconds(1) } ?? .nan
    }

    private static func microseconds(_ time: Duration?) -> Double {
        time.map { $0 / .microseconds(1) } ?? .nan
    }
}
