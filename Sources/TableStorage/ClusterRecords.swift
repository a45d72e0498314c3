import JSON
import Synchronization

/// The nodes and routes that clients have named, kept over restarts.
///
/// All nodes are one document, and all routes another: whatever a call changes, it changes at once
/// or not at all.
package final class ClusterRecords: Sendable {
    private let system: SystemRecords
    /// A change reads and writes a document.
    private let changing = Mutex<Void>(())

    private static let kind = "cluster"
    private static let nodesKey = "nodes"
    private static let routesKey = "routes"

    package static let nodesMax = 256
    package static let subscriptionsMax = 1_000
    /// Of both servers together.
    package static let routesMax = 1_000

    package init(_ system: SystemRecords) { self.system = system }

    private func elements(_ key: String, of name: String) throws(TableStorageError) -> [JSONValue] {
        try system.get(kind: Self.kind, key: key)?[name]?.arrayValue ?? []
    }
}

// MARK: Nodes

extension ClusterRecords {
    /// By name.
    package func nodes() throws(TableStorageError) -> [ClusterNode] {
        try elements(Self.nodesKey, of: Self.nodesKey).compactMap {
            $0.objectValue.map(ClusterNode.init)
        }
    }

    /// Adds a node.
    ///
    /// - Throws: `.alreadyExists`, `.limitExceeded`.
    package func add(_ node: ClusterNode) throws(TableStorageError) {
        try change { nodes throws(TableStorageError) in
            guard !nodes.contains(where: { $0.name == node.name }) else {
                throw TableStorageError(
                    .alreadyExists,
                    "Node '\(node.name)' has already been added, perform update_node to proceed.")
            }
            nodes.append(node)
        }
    }

    /// Takes over what is said of a node; subscriptions to tables that are not named stay.
    ///
    /// - Throws: `.invalidRecord` if there is no such node, `.limitExceeded`.
    package func update(_ node: ClusterNode) throws(TableStorageError) {
        try change { nodes throws(TableStorageError) in
            guard let index = nodes.firstIndex(where: { $0.name == node.name }) else {
                throw TableStorageError(
                    .invalidRecord,
                    "Node '\(node.name)' has not been added, perform add_node to proceed.")
            }
            nodes[index] = nodes[index].merging(node)
        }
    }

    /// - Returns: False if there was no such node.
    package func remove(_ name: String) throws(TableStorageError) -> Bool {
        var isKnown = false
        try change { nodes throws(TableStorageError) in
            isKnown = nodes.contains { $0.name == name }
            nodes.removeAll { $0.name == name }
        }
        return isKnown
    }

    /// Replaces all nodes.
    ///
    /// - Throws: `.alreadyExists` if two have one name, `.limitExceeded`.
    package func replace(with replacement: [ClusterNode]) throws(TableStorageError) {
        try change { nodes throws(TableStorageError) in
            guard Set(replacement.map(\.name)).count == replacement.count else {
                throw TableStorageError(.alreadyExists, "'connections' names a node twice")
            }
            nodes = replacement
        }
    }

    private func change(
        _ body: (inout [ClusterNode]) throws(TableStorageError) -> Void
    ) throws(TableStorageError) {
        try changing.withLock { _ throws(TableStorageError) in
            var nodes = try nodes()
            try body(&nodes)
            try Self.check(nodes)
            nodes.sort { $0.name < $1.name }
            try system.put(
                [Self.nodesKey: .array(nodes.map { .object($0.document) })], kind: Self.kind,
                key: Self.nodesKey)
        }
    }

    private static func check(_ nodes: [ClusterNode]) throws(TableStorageError) {
        guard nodes.count <= nodesMax else {
            throw TableStorageError(
                .limitExceeded,
                "the cluster would have \(nodes.count) nodes, the limit is \(nodesMax)")
        }
        for node in nodes where node.subscriptions.count > subscriptionsMax {
            throw TableStorageError(
                .limitExceeded,
                "node '\(node.name)' would have \(node.subscriptions.count) subscriptions, the "
                    + "limit is \(subscriptionsMax)")
        }
    }
}

extension ClusterNode {
    fileprivate func merging(_ later: ClusterNode) -> ClusterNode {
        var merged = self
        merged.host = later.host ?? host
        merged.port = later.port ?? port
        merged.url = later.url ?? url
        let isSame = { (a: ClusterSubscription, b: ClusterSubscription) in
            a.database == b.database && a.table == b.table
        }
        merged.subscriptions.removeAll { kept in
            later.subscriptions.contains { isSame($0, kept) }
        }
        merged.subscriptions += later.subscriptions
        return merged
    }
}

// MARK: Routes

extension ClusterRecords {
    package typealias Routes = [ClusterRoute.Server: [ClusterRoute]]

    /// In the order in which they were set.
    package func routes() throws(TableStorageError) -> Routes {
        var routes: Routes = [:]
        for server in ClusterRoute.Server.allCases {
            routes[server] = try elements(Self.routesKey, of: server.rawValue).compactMap {
                ClusterRoute($0)
            }
        }
        return routes
    }

    /// Adds routes to one server; those that either server has already are left alone.
    ///
    /// - Returns: The routes that were added.
    /// - Throws: `.limitExceeded`.
    package func set(
        _ wanted: [ClusterRoute], of server: ClusterRoute.Server
    ) throws(TableStorageError) -> [ClusterRoute] {
        try changingRoutes { routes throws(TableStorageError) in
            var present = Set(routes.values.joined())
            let added = wanted.filter { present.insert($0).inserted }
            guard present.count <= Self.routesMax else {
                throw TableStorageError(
                    .limitExceeded,
                    "there would be \(present.count) routes, the limit is \(Self.routesMax)")
            }
            routes[server, default: []] += added
            return added
        }
    }

    /// - Returns: The routes that were there.
    package func delete(_ unwanted: [ClusterRoute]) throws(TableStorageError) -> [ClusterRoute] {
        try changingRoutes { routes throws(TableStorageError) in
            var present = Set(routes.values.joined())
            let deleted = unwanted.filter { present.remove($0) != nil }
            routes = routes.mapValues { $0.filter(present.contains) }
            return deleted
        }
    }

    private func changingRoutes(
        _ body: (inout Routes) throws(TableStorageError) -> [ClusterRoute]
    ) throws(TableStorageError) -> [ClusterRoute] {
        try changing.withLock { _ throws(TableStorageError) in
            var routes = try routes()
            let changed = try body(&routes)
            var document = JSONObject()
            for server in ClusterRoute.Server.allCases {
                document[server.rawValue] = .array((routes[server] ?? []).map(\.document))
            }
            try system.put(document, kind: Self.kind, key: Self.routesKey)
            return changed
        }
    }
}
