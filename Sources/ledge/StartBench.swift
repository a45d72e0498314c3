import Foundation
import Measurement
import Training

/// The measurements of `ledge bench start`.
struct StartBench {
    let rounds: Int
    let idleSeconds: Int
    let peers: BenchPeers

    private static let readerCount = 19_371
    private static let warmUpRequests = 200

    /// What was read of one server, median of some starts.
    private struct Readings {
        let name: String
        let start: Double
        let resident: Double
        let proportional: Double
        let idle: Double
    }

    func run() throws -> [BenchFigure] {
        let folder = try BenchFolder()
        defer { folder.remove() }
        return try empty(folder) + loaded(folder) + [try Self.programSize()]
    }

    /// Without a model: the store is open, the registry read, nothing pulled.
    private func empty(_ folder: BenchFolder) throws -> [BenchFigure] {
        let start = { try BenchCluster.start("Ledge", root: "\(folder.path)/empty", []) }
        // The first start makes the tables and hashes a password; it is not what is measured.
        try start().stop()
        let own = try readings(start)
        let others = try peers.emptyServers().compactMap { peer in
            try readings { peer.start(folder.path) }
        }
        return Self.figures("without a model", own, others)
    }

    private func loaded(_ folder: BenchFolder) throws -> [BenchFigure] {
        var random = SplitMix64(seed: ServeBench.seed)
        let model = MadeModel(
            readers: Self.readerCount, items: ServeBench.itemCount,
            dimensions: ServeBench.dimensions, using: &random)
        let request = ServeBench.request(
            ServeBench.question(model.question(of: 3, using: &random)))
        let cluster = try BenchCluster(root: "\(folder.path)/cluster", model: model)
        defer { cluster.stop() }
        try model.write(to: URL(fileURLWithPath: "\(folder.path)/model"))
        // The first start pulls the model; it is not what is measured.
        try cluster.startNode("node", answering: request).stop()
        let own = try readings(asking: request) {
            try cluster.startNode("node", answering: request)
        }
        let others = try peers.servers(workers: 1).compactMap { peer in
            try readings(asking: request) {
                peer.start("\(folder.path)/model", answering: request)
            }
        }
        return Self.figures("\(Self.readerCount) readers", own, others)
    }

    /// - Returns: Nil if the server does not come up.
    private func readings(
        asking request: [UInt8] = BenchServer.hello, _ start: () throws -> BenchServer?
    ) throws -> Readings? {
        var times: [Double] = []
        for round in 1...rounds {
            guard let server = try start() else { return nil }
            defer { server.stop() }
            times.append(server.startTime / .milliseconds(1))
            guard round == rounds else { continue }
            var load = LoadGenerator(port: server.port, requests: [request], connections: 1)
            (load.warmUp, load.time) = (.zero, .seconds(1))
            _ = try load.run()
            server.settle()
            let memory = server.processes.memory()
            return Readings(
                name: server.name, start: times.sorted()[rounds / 2],
                resident: Self.megabytes(memory.resident),
                proportional: Self.megabytes(memory.proportional),
                idle: server.processorShare(over: Double(idleSeconds)) * 1_000)
        }
        return nil
    }

    private static func figures(
        _ state: String, _ own: Readings?, _ others: [Readings]
    ) -> [BenchFigure] {
        guard let own else { return [] }
        let quantities: [(name: String, unit: String, value: (Readings) -> Double)] = [
            ("start to first answer", "ms", \.start), ("resident memory", "MB", \.resident),
            ("proportional memory", "MB", \.proportional),
            ("processor time of an idle second", "ms", \.idle),
        ]
        return quantities.flatMap { quantity in
            let peers = others.map { ($0.name, quantity.value($0) as Double?) }
            return (peers.isEmpty ? [("", nil)] : peers).map { name, peer in
                BenchFigure(
                    what: "\(quantity.name), \(state)", unit: quantity.unit,
                    own: quantity.value(own), peer: peer, peerName: name)
            }
        }
    }

    private static func programSize() throws -> BenchFigure {
        let path = Bundle.main.executablePath ?? ""
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return BenchFigure(
            what: "size of the program", unit: "MB",
            own: megabytes((attributes[.size] as? Int) ?? 0))
    }

    private static func megabytes(_ bytes: Int) -> Double { Double(bytes) / 1e6 }
}
