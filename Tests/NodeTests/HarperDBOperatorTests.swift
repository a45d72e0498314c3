import JSON
import Testing

/// What somebody who knows HarperDB's components and clusters meets on a running node.
@Suite struct HarperDBOperatorTests {
    @Test func `a deployed project serves its static files and is listed beside the compiled ones`()
        async throws
    {
        let cluster = try ClusterFixture(nodes: 0)
        let node = cluster.trainer

        _ = try cluster.operation(
            [
                "operation": "set_component_file", "project": "dogs", "file": "static/page.css",
                "payload": "body {}",
            ], at: node)
        let packed = try cluster.operation(
            ["operation": "package_component", "project": "dogs"], at: node)
        let deployed = try cluster.operation(
            [
                "operation": "deploy_component", "project": "copy",
                "payload": packed["payload"] ?? .null,
            ], at: node)
        let page = try cluster.send(.get, "/copy/static/page.css", to: node)
        let head = try cluster.send(.head, "/copy/static/page.css", to: node)
        let functions = try cluster.operation(["operation": "get_custom_functions"], at: node)

        #expect(deployed["message"] == "Successfully deployed: copy")
        #expect(page.status == .ok && page.body.elementsEqual("body {}".utf8))
        #expect(head.status == .ok && head.body.isEmpty)
        #expect(functions["copy"]?["static"] == 1)
        let compiled = functions["book-recommender"]?["compiled"]?.arrayValue ?? []
        #expect(compiled.contains("POST /recommend"))
        await cluster.stop()
    }

    @Test func `the followed trainer is an open connection`() async throws {
        let cluster = try ClusterFixture(nodes: 1)
        let node = try #require(cluster.nodes.first)
        func connection() throws -> JSONValue? {
            try cluster.operation(["operation": "cluster_status"], at: node)["connections"]?
                .arrayValue?.first
        }
        #expect(try connection()?["model_version"] == .null)

        try cluster.publish(version: 1)
        try await cluster.waitUntil { try connection()?["model_version"] == 1 }

        let open = try connection()
        #expect(open?["status"] == "open" && open?["role"] == "trainer")
        #expect(open?["latency_ms"]?.integerValue != nil)
        #expect(
            open?["ports"]?["clustering"] == JSONValue(cluster.trainer.addresses.functionsPort))
        await cluster.stop()
    }
}
