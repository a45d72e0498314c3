import HTTPCore
import JSON
import TableStorage

/// HarperDB's clustering operations: notes about nodes and routes, and what is true of the feed.
///
/// They change no replication, for there is none of tables: see `Cluster/HARPERDB.md`.
struct ClusterOperations: Sendable {
    let records: ClusterRecords
    let facts: NodeFacts
    let node: NodeControl

    var all: [Operation] {
        [
            Operation(
                "add_node", optional: [.nodeName, .host, .port, .hostname, .url, .subscriptions],
                access: .superUser(name: "addNode"), run: add),
            Operation(
                "update_node",
                optional: [.nodeName, .host, .port, .hostname, .url, .subscriptions],
                access: .superUser(name: "updateNode"), run: update),
            Operation(
                "remove_node", optional: [.nodeName, .name, .hostname, .url],
                access: .superUser(name: "removeNode"), run: remove),
            Operation(
                "configure_cluster", optional: [.connections],
                access: .superUser(name: "configureCluster"), run: configure),
            Operation("cluster_status", access: .superUser(name: "clusterStatus"), run: status),
            Operation(
                "cluster_network", optional: [.timeout],
                access: .superUser(name: "clusterNetwork"), run: network),
            Operation(
                "cluster_set_routes", demanded: [.server, .routes],
                access: .superUser(name: "setRoutes"), run: setRoutes),
            Operation("cluster_get_routes", access: .superUser(name: "getRoutes"), run: routes),
            Operation(
                "cluster_delete_routes", demanded: [.routes],
                access: .superUser(name: "deleteRoutes"),
                run: deleteRoutes),
            Operation(
                "purge_stream", optional: [.database, .table],
                access: .superUser(name: "purgeStream"), run: purge),
        ]
    }

    private func add(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ClusterRequest(request.body, adding: true, ownName: facts.nodeName)
        try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.add(asked.node)
        }
        let whole = asked.generation == .replication ? "cluster" : "manifest"
        return .string("Successfully added '\(asked.node.name)' to \(whole)")
    }

    private func update(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ClusterRequest(request.body, adding: false, ownName: facts.nodeName)
        try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.update(asked.node)
        }
        let suffix = asked.generation == .links ? " manifest" : ""
        return .string("Successfully updated '\(asked.node.name)'\(suffix)")
    }

    /// Clients of 3.x remove what may not be there; later ones are told.
    private func remove(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let asked = try ClusterRequest(naming: request.body)
        let name = asked.node.name
        let wasKnown = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.remove(name)
        }
        guard wasKnown || asked.generation == .links else {
            throw HTTPError(.badRequest, "Node '\(name)' was not found.")
        }
        let whole = asked.generation == .replication ? "cluster" : "manifest"
        return .string("Successfully removed '\(name)' from \(whole)")
    }

    /// Clients of 3.x configure the node itself, by the names of its settings.
    private func configure(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let settings = ConfigurationOperations.settings(in: request)
        if !settings.isEmpty, request[.connections] == nil {
            try node.setSettings(settings)
            return .string(
                "Successfully configured and loaded clustering configuration. Some configurations "
                    + "may require a restart of HarperDB to take effect.")
        }
        guard let value = request.body["connections"], value != .null else {
            throw HTTPError(.badRequest, "'connections' is required")
        }
        guard let connections = value.arrayValue else {
            throw HTTPError(.badRequest, "'connections' must be an array")
        }
        var nodes: [ClusterNode] = []
        for (index, connection) in connections.enumerated() {
            guard let object = connection.objectValue else {
                throw HTTPError(.badRequest, "'connections[\(index)]' must be an object")
            }
            nodes.append(
                try ClusterRequest(object, adding: true, ownName: facts.nodeName).node)
        }
        let replacement = nodes
        try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.replace(with: replacement)
        }
        return .string("Cluster successfully configured.")
    }

    private func purge(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        throw HTTPError(
            .badRequest, "there are no streams to purge: this node replicates no tables")
    }
}

// MARK: Routes

extension ClusterOperations {
    private func setRoutes(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let server = try ClusterRequest.server(request.body)
        let wanted = try ClusterRequest.routes(request.body)
        let set = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.set(wanted, of: server)
        }
        return Self.answer("cluster routes successfully set", "set", set, of: wanted)
    }

    private func routes(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let routes = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.routes()
        }
        return .object(
            JSONObject(
                ClusterRoute.Server.allCases.map { server in
                    (server.rawValue, .array((routes[server] ?? []).map(\.document)))
                }))
    }

    private func deleteRoutes(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let unwanted = try ClusterRequest.routes(request.body)
        let deleted = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.delete(unwanted)
        }
        return Self.answer("cluster routes successfully deleted", "deleted", deleted, of: unwanted)
    }

    private static func answer(
        _ message: String, _ name: String, _ done: [ClusterRoute], of asked: [ClusterRoute]
    ) -> JSONValue {
        var left = done
        let skipped = asked.filter { route in
            guard let index = left.firstIndex(of: route) else { return true }
            left.remove(at: index)
            return false
        }
        return [
            "message": .string(message), name: .array(done.map(\.document)),
            "skipped": .array(skipped.map(\.document)),
        ]
    }
}

// MARK: What is true

extension ClusterOperations {
    private func status(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let nodes = try storing(missing: .badRequest) { () throws(TableStorageError) in
            try records.nodes()
        }
        let followed = facts.followed()
        return ClusterStatus(facts: facts, followed: followed, nodes: nodes).answer
    }

    /// This node alone: there is nobody to ask, so that no timeout can pass.
    private func network(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        if let timeout = request.body["timeout"], timeout != .null {
            guard let number = timeout.doubleValue, number >= 0 else {
                throw HTTPError(.badRequest, "'timeout' must be a number of at least 0")
            }
        }
        return [
            "nodes": [
                [
                    "name": .string(facts.nodeName), "response_time": 0, "connected_nodes": [],
                    "routes": [],
                ]
            ]
        ]
    }
}
