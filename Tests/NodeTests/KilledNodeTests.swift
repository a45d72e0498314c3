import ClusterPublisher
import Foundation
import HTTPTransport
import JSON
import Synchronization
import TestSupport
import Testing

/// The real program, killed without warning.
@Suite struct KilledNodeTests {
    @Test func `every acknowledged write is there after kill -9`() async throws {
        let directory = try TemporaryDirectory()
        let node = try LedgeProcess(root: directory.file("node"))
        let client = HTTPClient()
        _ = try node.operation(
            ["operation": "create_table", "database": "dev", "table": "t", "primary_key": "id"],
            client: client)
        let acknowledged = Mutex<[Int]>([])
        let writers = DispatchGroup()
        for writer in 0..<8 {
            DispatchQueue.global().async(group: writers) {
                let client = HTTPClient()
                for number in 0..<10_000 {
                    let id = writer * 1_000_000 + number
                    let answer = try? node.operation(
                        [
                            "operation": "insert", "database": "dev", "table": "t",
                            "records": [["id": JSONValue(id)]],
                        ], client: client)
                    guard answer?.status == .ok else { return }
                    acknowledged.withLock { $0.append(id) }
                }
            }
        }
        while acknowledged.withLock({ $0.count }) < 200 { await Task.yield() }

        node.killAtOnce()
        writers.wait()

        let again = try LedgeProcess(root: directory.file("node"))
        let ids = acknowledged.withLock { $0 }
        let found = try again.operation(
            [
                "operation": "search_by_hash", "database": "dev", "table": "t",
                "hash_values": .array(ids.map { JSONValue($0) }), "get_attributes": ["id"],
            ], client: HTTPClient())
        let records = try #require(try JSONValue(parsing: found.body).arrayValue)
        #expect(ids.count >= 200)
        #expect(records.count == ids.count)
        again.killAtOnce()
    }

    @Test(arguments: [0, 5, 15, 30, 60, 120])
    func `a node killed during a pull serves the old or the new version`(
        milliseconds: Int
    ) async throws {
        let cluster = try ClusterFixture(nodes: 0)
        try cluster.publish(version: 1)
        let root = cluster.directory.file("victim")
        let words = [
            "--feed", "http://127.0.0.1:\(cluster.trainer.addresses.functionsPort)/models",
            "--trust", "\(cluster.trainer.root)/trainer/trust.keys",
        ]
        let node = try LedgeProcess(root: root, words)
        try await cluster.waitUntil { try Self.servedVersion(node) == 1 }
        try cluster.publish(version: 2)
        // Not to wait for something, but to be somewhere else in the pull with each argument.
        try await Task.sleep(for: .milliseconds(milliseconds))

        node.killAtOnce()

        let again = try LedgeProcess(root: root, words)
        let isbns = [0, 6, 12].map { JSONValue.string(SmallBundle.isbn($0)) }
        let answer = try HTTPClient().send(
            .init(
                .post, "http://127.0.0.1:\(again.functionsPort)/book-recommender/recommend",
                body: JSONValue.object(["isbns": .array(isbns)]).encoded()))
        #expect(answer.status == .ok)
        #expect(["1", "2"].contains(answer.fields["X-Model-Version"]))
        try await cluster.waitUntil { try Self.servedVersion(again) == 2 }
        again.killAtOnce()
        await cluster.stop()
    }

    private static func servedVersion(_ node: LedgeProcess) throws -> Int? {
        let answer = try HTTPClient().send(
            .init(.get, "http://127.0.0.1:\(node.functionsPort)/status"))
        let models = try JSONValue(parsing: answer.body)["models"]?.arrayValue
        return models?.first?["serving"]?["version"]?.integerValue
    }
}
