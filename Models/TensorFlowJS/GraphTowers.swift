import JSON

/// Which weights of a model are the towers.
package struct TowerNames: Sendable, Hashable {
    /// Query tower: shape (items, dimensions).
    package var items: String?
    /// Candidates: shape (candidates, dimensions).
    package var candidates: String?
    /// The reader of each candidate: shape (candidates); a candidate's own place without it.
    package var identifiers: String?

    package init(items: String? = nil, candidates: String? = nil, identifiers: String? = nil) {
        self.items = items
        self.candidates = candidates
        self.identifiers = identifiers
    }
}

/// The towers in the graph that TensorFlow Recommenders' `BruteForce` layer becomes.
///
/// ```
/// input -> Cast -> GatherV2(items) -> mean -> MatMul(candidates) -> TopKV2
///                                                                 -> GatherV2(identifiers)
/// ```
///
/// Weights have lost their names on the way ("unknown_1"), so the graph says what they are for.
struct GraphTowers {
    private struct Node {
        var operation: String
        var inputs: [String]
        var transposesSecond: Bool
    }

    private var nodes: [String: Node] = [:]

    init(_ topology: JSONValue) throws(TensorFlowJSError) {
        guard let list = topology["node"]?.arrayValue,
            list.count <= TensorFlowJSLimits.nodeCountMax
        else {
            throw TensorFlowJSError(.malformed, "the graph model has no list of nodes")
        }
        for value in list {
            guard let name = value["name"]?.stringValue, let operation = value["op"]?.stringValue
            else { throw TensorFlowJSError(.malformed, "a node of the graph has no name or op") }
            nodes[name] = Node(
                operation: operation,
                inputs: (value["input"]?.arrayValue ?? []).compactMap(\.stringValue)
                    .filter { !$0.hasPrefix("^") }.map(Self.source),
                transposesSecond: value["attr"]?["transpose_b"]?["b"]?.boolValue ?? false)
        }
    }

    /// The node that an input comes from: `name:1` is the second output of `name`.
    private static func source(_ input: String) -> String {
        String(input.prefix { $0 != ":" })
    }

    private static let gathering: Set = ["Gather", "GatherV2", "ResourceGather"]
    private static let multiplying: Set = ["MatMul", "_FusedMatMul", "BatchMatMulV2"]
    /// Operations that pass their first input on.
    private static let passing: Set = ["Identity", "ReadVariableOp", "StopGradient"]

    /// - Parameter names: What the caller knows better than the graph.
    /// - Throws: `.noTwoTower` if a part is missing or there are several.
    func find(
        in model: ModelFiles, names: TowerNames
    ) throws(TensorFlowJSError) -> (names: TowerNames, isTransposed: Bool) {
        var items: Set<String> = []
        var identifiers: Set<String> = []
        var candidates: [String: Bool] = [:]
        for node in nodes.values where node.inputs.count >= 2 {
            if Self.gathering.contains(node.operation) {
                guard let table = weight(node.inputs[0], in: model) else { continue }
                if table.shape.count == 2, table.kind == .float32 { items.insert(table.name) }
                if table.shape.count == 1, comesFromTop(node.inputs[1]) {
                    identifiers.insert(table.name)
                }
            } else if Self.multiplying.contains(node.operation),
                let table = weight(node.inputs[1], in: model), table.shape.count == 2
            {
                candidates[table.name] = !node.transposesSecond
            }
        }
        var chosen = names
        if chosen.items == nil {
            chosen.items = try one(of: items, "item embeddings", "--item-tensor")
        }
        if chosen.candidates == nil {
            chosen.candidates = try one(of: Set(candidates.keys), "candidates", "--reader-tensor")
        }
        if chosen.identifiers == nil, !identifiers.isEmpty {
            chosen.identifiers = try one(of: identifiers, "identifiers", "--identifiers")
        }
        return (chosen, chosen.candidates.flatMap { candidates[$0] } ?? false)
    }

    private func one(
        of names: Set<String>, _ part: String, _ option: String
    ) throws(TensorFlowJSError) -> String {
        guard let name = names.first, names.count == 1 else {
            throw TensorFlowJSError(
                .noTwoTower,
                names.isEmpty
                    ? "the graph has no \(part): it is no two-tower model with its candidates"
                    : "several weights could be the \(part): "
                        + names.sorted().joined(separator: ", ") + "; say which with \(option)")
        }
        return name
    }

    /// The weight that stands behind an input.
    private func weight(_ input: String, in model: ModelFiles) -> WeightDescription? {
        var name = input
        // A circle of nodes ends here too.
        for _ in 0..<nodes.count {
            if let weight = model.description(of: name) { return weight }
            guard let node = nodes[name], Self.passing.contains(node.operation),
                let next = node.inputs.first
            else { return nil }
            name = next
        }
        return model.description(of: name)
    }

    /// Whether a value depends on the choice of the best candidates.
    private func comesFromTop(_ input: String) -> Bool {
        var seen: Set<String> = []
        var open = [input]
        while let name = open.popLast() {
            guard seen.insert(name).inserted, let node = nodes[name] else { continue }
            if node.operation.hasPrefix("TopK") { return true }
            open += node.inputs
        }
        return false
    }
}
