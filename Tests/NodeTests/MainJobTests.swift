import ClusterPublisher
import Foundation
import HTTPCore
import HTTPTransport
import JSON
import NodeRuntime
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite struct MainJobTests {
    private static let liked: JSONValue = [
        .string(SmallBundle.isbn(0)), .string(SmallBundle.isbn(6)), .string(SmallBundle.isbn(12)),
    ]

    @Test func `a published bundle answers on every node`() async throws {
        let cluster = try ClusterFixture(nodes: 2)

        try cluster.publish(version: 1)

        for node in cluster.nodes {
            try await cluster.waitUntil { try cluster.servedVersion(of: node) == 1 }
            let answer = try cluster.recommend(Self.liked, at: node)
            let books = try #require(try JSONValue(parsing: answer.body).arrayValue)
            #expect(answer.status == .ok)
            #expect(answer.fields["X-Model-Version"] == "1")
            #expect(books.count == 10)
            #expect(books.allSatisfy { $0["author"] == "Eve Even" })
            let isbns = books.compactMap { $0["isbn"]?.stringValue }
            #expect(Set(isbns).count == 10)
            #expect(Set(isbns).isDisjoint(with: [0, 6, 12].map(SmallBundle.isbn)))
            let scores = books.compactMap { $0["score"]?.doubleValue }
            #expect(scores == scores.sorted(by: >))
            #expect(
                books.allSatisfy {
                    ["Book 0", "Book 6", "Book 12"].contains($0["because"]?["title"]?.stringValue)
                })
            #expect(!answer.body.contains("null".utf8))
        }
        await cluster.stop()
    }

    @Test(arguments: [
        ("0.0.0.0", "password", false), ("::", "password", false), ("127.0.0.1", "password", true),
        ("0.0.0.0", "another one", true),
    ])
    func `the well-known password is refused on a public address`(
        address: String, password: String, isAccepted: Bool
    ) throws {
        let directory = try TemporaryDirectory()
        var configuration = NodeConfiguration(root: directory.path, name: "n")
        configuration.address = address
        configuration.superUser.password = password

        let made = try? Node(configuration, log: .silent)

        #expect((made != nil) == isAccepted)
    }

    @Test(arguments: [
        ("http://trainer:9926", "http://trainer:9926/models"),
        ("http://trainer:9926/", "http://trainer:9926/models"),
        ("http://trainer:9926/models/", "http://trainer:9926/models"),
        ("https://cdn.example/ledge", "https://cdn.example/ledge"),
    ])
    func `an address without a path means the trainer's own`(url: String, base: String) {
        #expect(FollowedFeed(url: url, trustFile: "").url == base)
    }

    @Test func `a node without a model says that none has arrived`() async throws {
        let cluster = try ClusterFixture(nodes: 1)

        let answer = try cluster.recommend(Self.liked, at: cluster.nodes[0])

        #expect(answer.status == .unavailable)
        #expect(answer.fields["Retry-After"] != nil)
        await cluster.stop()
    }

    @Test func `an ISBN is found in every spelling, as text and as number`() async throws {
        let cluster = try ClusterFixture(nodes: 1)
        let node = cluster.nodes[0]
        try cluster.publish(version: 1)
        try await cluster.waitUntil { try cluster.servedVersion(of: node) == 1 }
        let expected = String(
            decoding: try cluster.recommend(Self.liked, at: node).body, as: UTF8.self)
        let plain = SmallBundle.isbn(0)
        let hyphens = "\(plain.prefix(1))-\(plain.dropFirst().prefix(4))-\(plain.dropFirst(5))"
        let thirteen = "978\(plain.prefix(9))\(Self.check("978\(plain.prefix(9))"))"
        let number = try #require(Int64(plain))

        for spelling in [.string(hyphens), .string(thirteen), .integer(number)] as [JSONValue] {
            let asked: JSONValue = [
                spelling, .string(SmallBundle.isbn(6)), .string(SmallBundle.isbn(12)),
            ]
            let answer = try cluster.recommend(asked, at: node)
            #expect(
                String(decoding: answer.body, as: UTF8.self) == expected, "\(spelling.text)")
        }
        await cluster.stop()
    }

    /// The check digit of thirteen: weights 1 and 3 in turn.
    private static func check(_ body: String) -> Int {
        let sum = body.utf8.enumerated().reduce(0) {
            $0 + Int($1.element - 48) * ($1.offset.isMultiple(of: 2) ? 1 : 3)
        }
        return (10 - sum % 10) % 10
    }

    @Test func `what HarperDB answers with 500 gets a 400 and a sentence`() async throws {
        let cluster = try ClusterFixture(nodes: 1)
        let node = cluster.nodes[0]
        try cluster.publish(version: 1)
        try await cluster.waitUntil { try cluster.servedVersion(of: node) == 1 }
        let (one, two) = (JSONValue.string(SmallBundle.isbn(0)), JSONValue.string("9999999999"))

        for asked in [
            [one, one], [one, one, two], [false, false, false], [one, one, .null], [],
            "0195153448", [[one], one, one], .array(Array(repeating: one, count: 51)),
        ] as [JSONValue] {
            let answer = try cluster.recommend(asked, at: node)
            #expect(answer.status == .badRequest, "\(asked.text)")
            let error = try JSONValue(parsing: answer.body)["error"]?.stringValue
            #expect(error?.isEmpty == false)
        }
        for body in ["", "{", "[]", "{\"isbn\":[]}", "{\"isbns\":7}"] {
            let answer = try cluster.send(
                .post, "/book-recommender/recommend", to: node, body: body)
            #expect(answer.status == .badRequest, "\(body)")
        }
        let withoutQuery = try cluster.send(.get, "/book-recommender/books", to: node)
        #expect(withoutQuery.status == .badRequest)
        await cluster.stop()
    }

    @Test func `not one request fails while ten versions follow one another`() async throws {
        let cluster = try ClusterFixture(nodes: 2)
        try cluster.publish(version: 1)
        for node in cluster.nodes {
            try await cluster.waitUntil { try cluster.servedVersion(of: node) == 1 }
        }
        let tally = Tally()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in cluster.nodes {
                group.addTask {
                    while !tally.isOver.load(ordering: .relaxed) {
                        tally.count(try cluster.recommend(Self.liked, at: node))
                        await Task.yield()
                    }
                }
            }
            for version in 2...11 {
                try cluster.publish(version: version)
                for node in cluster.nodes {
                    try await cluster.waitUntil { try cluster.servedVersion(of: node) == version }
                }
            }
            tally.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }

        let (answers, failures) = tally.counts.withLock { $0 }
        #expect(failures.isEmpty)
        #expect(answers > 20)
        await cluster.stop()
    }

    @Test func `a flipped byte at the origin is refused and named`() async throws {
        let cluster = try ClusterFixture(nodes: 1)
        let node = cluster.nodes[0]
        try cluster.publish(version: 1)
        try await cluster.waitUntil { try cluster.servedVersion(of: node) == 1 }
        let blobs = "\(cluster.trainer.root)/trainer/public/blobs"
        let before = Set(try FileManager.default.contentsOfDirectory(atPath: blobs))

        // The blob is damaged between the trainer's own check and the node's first look.
        await node.node.stop()
        var draft = SmallBundle.draft(version: 2)
        draft.catalogue.items[0].title = "Another title"
        try draft.write(to: cluster.directory.file("bundle-2"))
        try cluster.publish(bundle: cluster.directory.file("bundle-2"))
        let added = Set(try FileManager.default.contentsOfDirectory(atPath: blobs))
            .subtracting(before)
        let name = try #require(
            added.first { (try? cluster.size("\(blobs)/\($0)")) ?? 0 > 10_000 })
        var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(blobs)/\(name)"))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: "\(blobs)/\(name)"))
        let again = try cluster.restart(node)

        try await cluster.waitUntil { try cluster.failureCode(of: again) == "digest.mismatch" }
        let status = try cluster.status(of: again).text
        #expect(status.contains(name))
        #expect(try cluster.recommend(Self.liked, at: again).fields["X-Model-Version"] == "1")

        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: "\(blobs)/\(name)"))
        try await cluster.waitUntil { try cluster.servedVersion(of: again) == 2 }
        await again.node.stop()
        await cluster.stop()
    }
}

/// Answers that several tasks count.
private final class Tally: Sendable {
    let isOver = Atomic<Bool>(false)
    let counts = Mutex((answers: 0, failures: [Int]()))

    func count(_ answer: HTTPClientResponse) {
        counts.withLock { counts in
            counts.answers += 1
            if answer.status != .ok { counts.failures.append(answer.status.code) }
        }
    }
}

extension ClusterFixture {
    func publish(bundle: String) throws {
        let directory = try TrainerDirectory(at: "\(trainer.root)/trainer")
        _ = try directory.publish(bundleDirectory: bundle, channel: "books")
    }

    func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// Starts a stopped node again, on its own files.
    func restart(_ member: Member) throws -> Member {
        var configuration = NodeConfiguration(
            root: member.root, name: URL(fileURLWithPath: member.root).lastPathComponent)
        configuration.following = FollowedFeed(
            url: "http://127.0.0.1:\(trainer.addresses.functionsPort)/models",
            trustFile: "\(trainer.root)/trainer/trust.keys")
        return try Self.start(configuration)
    }
}
