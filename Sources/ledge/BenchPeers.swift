import Foundation
import Measurement

/// Servers of `Tests/Peers` that do what a node does with the same model.
struct BenchPeers: Sendable {
    /// A way to serve, without which the others can still be measured.
    struct Peer: Sendable {
        let name: String
        /// The program and its script.
        let program: [String]
        /// How the script is to serve a model; `hello` is without one.
        let mode: String
        /// What stands behind the mode.
        var further: [String] = []
    }

    /// Programs to run the peers with; those that are nil are left out.
    var python: String?
    var tensorFlow: String?
    var node: String?

    static let options = [
        Option("--python", value: "FILE", "A Python with FastAPI, numpy and ONNX Runtime."),
        Option("--tensorflow", value: "FILE", "A Python with FastAPI and TensorFlow."),
        Option("--node", value: "FILE", "Node, such as 'node'."),
    ]

    init(_ arguments: Arguments) {
        python = arguments.value("--python")
        tensorFlow = arguments.value("--tensorflow")
        node = arguments.value("--node")
    }

    static let discussion = """
        Peers run under the same load with the same model, in turn, and only where a program for
        them is named; Tests/Peers says what it needs. Call this from the repository, which has
        their scripts.
        """

    func servers(workers: Int) -> [Peer] {
        let count = workers == 1 ? "1 worker" : "\(workers) workers"
        let fastAPI = [
            ("numpy", "numpy", python), ("ONNX Runtime", "onnxruntime", python),
            ("TensorFlow", "tensorflow", tensorFlow),
        ].compactMap { name, mode, program in
            program.map {
                Peer(
                    name: "FastAPI + \(name), \(count)",
                    program: [$0, "Tests/Peers/serve_fastapi.py"], mode: mode,
                    further: ["\(workers)"])
            }
        }
        let javaScript = node.map {
            Peer(
                name: "Node http", program: [$0, "Tests/Peers/serve_node.mjs"],
                mode: "typed-arrays")
        }
        return fastAPI + [javaScript].compactMap(\.self)
    }

    /// The same servers without a model, each once.
    func emptyServers() -> [Peer] {
        var seen: Set<String> = []
        return servers(workers: 1).filter { seen.insert($0.program[1]).inserted }.map { peer in
            Peer(
                name: peer.program[1].hasSuffix(".py") ? "FastAPI, 1 worker" : peer.name,
                program: peer.program, mode: "hello", further: peer.further)
        }
    }
}

extension BenchPeers.Peer {
    /// Starts the peer with the files of a model.
    ///
    /// - Returns: Nil if it does not come up, which is said and no reason to stop.
    func start(
        _ directory: String, answering request: [UInt8] = BenchServer.hello
    ) -> BenchServer? {
        do {
            return try BenchServer(name, answering: request) { port in
                program + [directory, "\(port)", mode] + further
            }
        } catch {
            Terminal.error("ledge: the peer \(name) failed; is its package installed?\n")
            return nil
        }
    }
}
