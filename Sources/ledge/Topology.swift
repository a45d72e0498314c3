import Foundation
import JSON

/// Which nodes `ledge cluster up` starts, read from a file of `Cluster/Topologies`.
struct Topology {
    struct Node {
        let name: String
        let operationsPort: Int
        let functionsPort: Int
    }

    let name: String
    let channel: String
    let trainer: Node
    let nodes: [Node]

    private static let fileBytesMax = 1 << 20
    private static let nodesMax = 256

    init(file path: String) throws(CommandError) {
        guard let file = FileManager.default.contents(atPath: path) else {
            throw CommandError(
                "the topology \(path) cannot be read; Cluster/Topologies holds examples")
        }
        guard file.count <= Self.fileBytesMax else {
            throw CommandError("\(path) has more than \(Self.fileBytesMax) bytes, the limit")
        }
        do throws(JSONError) {
            try self.init(JSONValue(parsing: [UInt8](file)), path: path)
        } catch {
            throw CommandError("\(path): \(error.message)")
        }
    }

    private init(_ value: JSONValue, path: String) throws(JSONError) {
        guard let name = value["name"]?.stringValue, let channel = value["channel"]?.stringValue,
            let trainer = value["trainer"], let nodes = value["nodes"]?.arrayValue
        else {
            throw JSONError(
                .unexpectedShape, "a topology has a name, a channel, a trainer and nodes")
        }
        guard nodes.count <= Self.nodesMax else {
            throw JSONError(
                .limitExceeded, "\(nodes.count) nodes, the limit is \(Self.nodesMax)")
        }
        self.name = name
        self.channel = channel
        self.trainer = try Self.node(trainer)
        self.nodes = try nodes.map { value throws(JSONError) in try Self.node(value) }
        try checkUniqueness()
    }

    private static func node(_ value: JSONValue) throws(JSONError) -> Node {
        let ports = 1...Int(UInt16.max)
        guard let name = value["name"]?.stringValue, isPlain(name),
            let operations = value["operationsPort"]?.integerValue, ports.contains(operations),
            let functions = value["functionsPort"]?.integerValue, ports.contains(functions)
        else {
            throw JSONError(
                .unexpectedShape,
                "a node has a name of letters, digits and dashes, and two ports "
                    + "(operationsPort, functionsPort) from 1 to \(ports.upperBound)")
        }
        return Node(name: name, operationsPort: operations, functionsPort: functions)
    }

    /// A node's name becomes the name of its folder.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    private func checkUniqueness() throws(JSONError) {
        let all = [trainer] + nodes
        guard Set(all.map(\.name)).count == all.count else {
            throw JSONError(.unexpectedShape, "two nodes have the same name")
        }
        let ports = all.flatMap { [$0.operationsPort, $0.functionsPort] }
        guard Set(ports).count == ports.count else {
            throw JSONError(.unexpectedShape, "two nodes want the same port")
        }
    }
}
