import Foundation
import JSON
import Testing

@testable import OperationsAPI

@Suite struct ClusterOperationsTests {
    private static let subscription: JSONValue = [
        "schema": "dev", "table": "dog", "publish": true, "subscribe": false,
    ]

    private func connections(_ fixture: OperationsFixture) throws -> [JSONValue] {
        try fixture.ask(["operation": "cluster_status"]).body["connections"]?.arrayValue ?? []
    }

    @Test func `a node of 3.x is added, changed and removed twice`() throws {
        let fixture = try OperationsFixture()
        func body(_ operation: String, port: JSONValue) -> JSONValue {
            [
                "operation": .string(operation), "name": "edge-2", "host": "10.0.0.2",
                "port": port, "node_name": "",
                "subscriptions": [
                    ["channel": "dev:dog", "publish": false, "subscribe": true]
                ],
            ]
        }

        try fixture.expectMessage(
            "Successfully added 'edge-2' to manifest", body("add_node", port: 12_345))
        try fixture.expectMessage(
            "Successfully updated 'edge-2' manifest", body("update_node", port: "12346"))

        let status = try fixture.ask(["operation": "cluster_status"]).body
        let outbound = status["status"]?["outbound_connections"]?.arrayValue?.first
        #expect(outbound?["host_address"] == "10.0.0.2")
        #expect(outbound?["host_port"] == 12_346)
        #expect(outbound?["state"] == "closed")
        #expect(outbound?["subscriptions"]?.arrayValue?.first?["channel"] == "dev:dog")
        for _ in 0..<2 {
            try fixture.expectMessage(
                "Successfully removed 'edge-2' from manifest",
                ["operation": "remove_node", "name": "edge-2"])
        }
        #expect(try connections(fixture).isEmpty)
    }

    @Test func `a node of 4.0 is added once and removed once`() throws {
        let fixture = try OperationsFixture()
        let body: JSONValue = [
            "operation": "add_node", "node_name": "n2", "subscriptions": [Self.subscription],
        ]

        try fixture.expectMessage("Successfully added 'n2' to manifest", body)
        try fixture.expectError(
            400, "Node 'n2' has already been added, perform update_node to proceed.", body)
        try fixture.expectMessage(
            "Successfully updated 'n2'",
            [
                "operation": "update_node", "node_name": "n2",
                "subscriptions": [Self.subscription],
            ])
        try fixture.expectMessage(
            "Successfully removed 'n2' from manifest",
            ["operation": "remove_node", "node_name": "n2"])
        try fixture.expectError(
            400, "Node 'n2' was not found.", ["operation": "remove_node", "node_name": "n2"])
        try fixture.expectError(
            400, "Node 'n2' has not been added, perform add_node to proceed.",
            [
                "operation": "update_node", "node_name": "n2",
                "subscriptions": [Self.subscription],
            ])
    }

    @Test func `a node of 4.4 is added by its address and its login is not kept`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Successfully added 'server-two' to cluster",
            [
                "operation": "add_node", "url": "wss://server-two:9933", "verify_tls": false,
                "authorization": ["username": "admin", "password": "topsecret"],
            ])

        let status = try fixture.ask(["operation": "cluster_status"])
        let connection = try #require(connections(fixture).first)
        #expect(!status.description.contains("topsecret"))
        #expect(connection["url"] == "wss://server-two:9933")
        #expect(connection["status"] == "closed" && connection["replicates"] == false)
        try fixture.expectError(
            400, "'url' must not hold a login",
            ["operation": "add_node", "url": "wss://admin:topsecret@server-three:9933"])
        try fixture.expectMessage(
            "Successfully removed 'server-two' from cluster",
            ["operation": "remove_node", "hostname": "server-two"])
    }

    @Test(
        arguments: [
            (["node_name": nil], "'node_name' is required"),
            (["node_name": "a.b"], "'node_name' invalid, must not contain ., * or >"),
            (["node_name": "edge-1"], "'node_name' cannot be this nodes name"),
            (["node_name": 1], "'node_name' must be a string"),
            (["subscriptions": nil], "'subscriptions' is required"),
            (["subscriptions": []], "'subscriptions' must contain at least 1 items"),
            (["subscriptions": "x"], "'subscriptions' must be an array"),
            (["subscriptions": [1]], "'subscriptions[0]' must be an object"),
            (["subscriptions": [["table": "t"]]], "'subscriptions[0].schema' is required"),
            (["subscriptions": [["schema": "s"]]], "'subscriptions[0].table' is required"),
            (
                ["subscriptions": [["schema": "s", "table": "t"]]],
                "'subscriptions[0].publish' is required"
            ),
            (
                ["subscriptions": [["schema": "s", "table": "t", "publish": 1]]],
                "'subscriptions[0].publish' must be a boolean"
            ),
            (
                [
                    "subscriptions": [
                        ["schema": "s", "table": "t", "publish": false, "subscribe": false]
                    ]
                ],
                "'subscriptions[0]' subscribe and/or publish must be set to true when adding a node"
            ),
            (
                ["node_name": "", "url": "nonsense"],
                "'url' must be an address such as wss://node:9933"
            ),
            (
                ["node_name": "", "name": "a", "port": 65_536],
                "'port' must be a number from 1 to 65535"
            ),
            (
                ["node_name": "", "name": "a", "subscriptions": [["channel": "dog"]]],
                "'subscriptions[0].channel' must be 'schema:table'"
            ),
        ] as [(JSONValue, String)])
    func `a node that is not described as it must be is refused`(
        change: JSONValue, error: String
    ) throws {
        let fixture = try OperationsFixture()
        var body: JSONObject = ["node_name": "n2", "subscriptions": [Self.subscription]]
        for (name, value) in change.objectValue?.members ?? [] {
            body[name] = value == .null ? nil : value
        }

        for operation in ["add_node", "update_node"]
        where operation == "add_node" || !error.contains("adding") {
            body["operation"] = .string(operation)
            try fixture.expectError(400, error, .object(body))
        }

        #expect(try connections(fixture).isEmpty)
    }

    @Test func `configuring replaces all nodes or none`() throws {
        let fixture = try OperationsFixture()
        func body(_ names: [JSONValue]) -> JSONValue {
            [
                "operation": "configure_cluster",
                "connections": .array(
                    names.map { ["node_name": $0, "subscriptions": [Self.subscription]] }),
            ]
        }

        try fixture.expectMessage("Cluster successfully configured.", body(["a", "b"]))
        try fixture.expectError(400, "'node_name' must be a string", body(["c", 1]))
        try fixture.expectError(400, "'connections' names a node twice", body(["c", "c"]))
        #expect(try connections(fixture).map { $0["name"] } == ["a", "b"])
        try fixture.expectMessage("Cluster successfully configured.", body(["c"]))
        #expect(try connections(fixture).map { $0["name"] } == ["c"])
        try fixture.expectError(
            400, "'connections' is required", ["operation": "configure_cluster"])
    }

    @Test func `configuring in the words of 3.x sets the node's own settings`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Successfully configured and loaded clustering configuration. Some configurations may "
                + "require a restart of HarperDB to take effect.",
            ["operation": "configure_cluster", "CLUSTERING": true, "NODE_NAME": "edge-1"])
        try fixture.expectAnswer(
            ["CLUSTERING": true, "NODE_NAME": "edge-1"], ["operation": "get_configuration"])
        try fixture.expectError(
            400, "not spinach", ["operation": "configure_cluster", "NODE_NAME": "spinach"])
    }

    @Test func `routes are set at one server, shown and deleted`() throws {
        let fixture = try OperationsFixture()
        let (one, two): (JSONValue, JSONValue) = (
            ["host": "a", "port": 9_932], ["host": "b", "port": 9_932]
        )

        try fixture.expectAnswer(
            ["message": "cluster routes successfully set", "set": [one], "skipped": []],
            ["operation": "cluster_set_routes", "server": "hub", "routes": [one]])
        try fixture.expectAnswer(
            ["message": "cluster routes successfully set", "set": [two], "skipped": [one]],
            [
                "operation": "cluster_set_routes", "server": "leaf",
                "routes": [one, ["host": "b", "port": "9932"]],
            ])
        try fixture.expectAnswer(
            ["hub": [one], "leaf": [two]], ["operation": "cluster_get_routes"])
        try fixture.expectAnswer(
            ["message": "cluster routes successfully deleted", "deleted": [one], "skipped": [one]],
            ["operation": "cluster_delete_routes", "routes": [one, one]])
        try fixture.expectAnswer(
            ["hub": [], "leaf": [two]], ["operation": "cluster_get_routes"])
    }

    @Test(
        arguments: [
            (["routes": nil], "'routes' is required"),
            (["routes": "x"], "'routes' must be an array"),
            (["routes": [1]], "'routes[0]' must be an object"),
            (["routes": [["host": "a"]]], "'routes[0].port' is required"),
            (["routes": [["port": 1]]], "'routes[0].host' is required"),
            (
                ["routes": [["host": "a", "port": 70_000]]],
                "'routes[0].port' must be a number from 1 to 65535"
            ),
            (["server": nil], "'server' is required"),
            (["server": "x"], "'server' must be one of [hub, leaf]"),
        ] as [(JSONValue, String)])
    func `routes that are not described as they must be are refused`(
        change: JSONValue, error: String
    ) throws {
        let fixture = try OperationsFixture()
        var body: JSONObject = [
            "operation": "cluster_set_routes", "server": "hub",
            "routes": [["host": "a", "port": 1]],
        ]
        for (name, value) in change.objectValue?.members ?? [] {
            body[name] = value == .null ? nil : value
        }

        try fixture.expectError(400, error, .object(body))

        try fixture.expectAnswer(["hub": [], "leaf": []], ["operation": "cluster_get_routes"])
    }

    @Test func `the followed trainer is a connection with what is known of it`() throws {
        let contact = Date(timeIntervalSince1970: 1_772_359_200)
        let fixture = try OperationsFixture(
            facts: NodeFacts(
                nodeName: "edge-1", isTrainer: false, functionsPort: 9_926, functions: { [] },
                followed: {
                    [
                        .init(
                            url: "http://trainer:9926/models", channel: "books", isOpen: true,
                            latencyMilliseconds: 3, lastContact: contact, modelVersion: 7)
                    ]
                }))

        let status = try fixture.ask(["operation": "cluster_status"]).body

        #expect(status["type"] == "cluster-status" && status["node_name"] == "edge-1")
        #expect(status["is_enabled"] == true)
        let connection = try #require(status["connections"]?.arrayValue?.first)
        #expect(connection["status"] == "open" && connection["role"] == "trainer")
        #expect(connection["latency_ms"] == 3 && connection["model_version"] == 7)
        #expect(connection["last_contact"] == "2026-03-01T10:00:00.000Z")
        #expect(connection["ports"]?["clustering"] == 9_926)
        #expect(
            status["status"]?["outbound_connections"]?.arrayValue?.first?["state"] == "open")
    }

    @Test func `a node that follows nobody is in no cluster`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask([
            "operation": "add_node", "node_name": "n2", "subscriptions": [Self.subscription],
        ])

        let status = try fixture.ask(["operation": "cluster_status"]).body

        #expect(status["is_enabled"] == false)
        #expect(try connections(fixture).first?["role"] == "noted")
    }

    @Test func `the network is this node alone`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectAnswer(
            [
                "nodes": [
                    ["name": "edge-1", "response_time": 0, "connected_nodes": [], "routes": []]
                ]
            ], ["operation": "cluster_network", "timeout": 500])
        try fixture.expectError(
            400, "'timeout' must be a number of at least 0",
            ["operation": "cluster_network", "timeout": "soon"])
    }

    @Test func `there is no stream to purge`() throws {
        try OperationsFixture().expectError(
            400, "there are no streams to purge: this node replicates no tables",
            ["operation": "purge_stream", "schema": "dev", "table": "dog"])
    }
}
