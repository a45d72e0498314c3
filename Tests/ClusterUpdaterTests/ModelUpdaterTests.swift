import BundleFormat
import ClusterFeed
import ClusterPublisher
import Foundation
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import ClusterUpdater

/// A feed's files on this disk as a source, with lies on demand.
private final class DirectorySource: FeedSource {
    let root: String
    /// Changes what is handed over for a path: a byte flipped, the end cut off.
    let lie = Mutex<@Sendable (String, [UInt8]) -> [UInt8]>({ _, bytes in bytes })
    let requests = Mutex<[(path: String, offset: Int)]>([])

    init(root: String) { self.root = root }

    func stop() {}

    func get(
        _ path: String, from offset: Int, bytesMax: Int, knownTag: String?,
        begin: (_ offset: Int) throws(PullFailure) -> Void,
        piece: ([UInt8]) throws(PullFailure) -> Void
    ) throws(PullFailure) -> FeedAnswer? {
        requests.withLock { $0.append((path, offset)) }
        guard let file = FileManager.default.contents(atPath: "\(root)/\(path)") else { return nil }
        let told = lie.withLock { $0 }(path, [UInt8](file))
        let tag = "\"\(told.hashValue)\""
        if tag == knownTag { return FeedAnswer(tag: tag, isUnchanged: true) }
        try begin(offset)
        for start in stride(from: offset, to: told.count, by: 10_000) {
            try piece(Array(told[start..<min(start + 10_000, told.count)]))
        }
        return FeedAnswer(tag: tag, isUnchanged: false)
    }
}

/// A trainer's directory, a node's store, and what the node was told to serve.
private final class Bench: Sendable {
    let directory: TemporaryDirectory
    let source: DirectorySource
    let served = Mutex<[Int]>([])
    private let trust: [UInt8]

    init() throws {
        directory = try TemporaryDirectory()
        let trainer = directory.file("trainer")
        let path = try TrainerDirectory.initialise(at: trainer, now: Date())
        trust = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        source = DirectorySource(root: "\(trainer)/public")
    }

    var storePath: String { directory.file("store") }

    func publish(_ version: Int) throws {
        let bundle = directory.file("bundle-\(version)")
        try SmallBundle.draft(version: version, publisherBytes: 10_000).write(to: bundle)
        _ = try TrainerDirectory(at: directory.file("trainer"))
            .publish(bundleDirectory: bundle, channel: "books")
    }

    /// An updater on the node's store, as a start of the node makes it.
    func updater(
        onStep: @escaping @Sendable (PullStep) throws(PullFailure) -> Void = { _ in },
        configure: (inout ModelUpdater.Configuration) -> Void = { _ in },
        probe: @escaping @Sendable (ModelBundle) throws -> Void = { _ in }
    ) throws -> ModelUpdater {
        var configuration = ModelUpdater.Configuration(channel: "books", nodeName: "edge")
        configuration.onStep = onStep
        configuration.diskReserveBytes = 0
        configure(&configuration)
        let served = self
        return try ModelUpdater(
            configuration: configuration, trust: trust, source: source,
            store: try ModelStore(root: storePath),
            receiver: ModelReceiver(
                prepare: { bundle in
                    try probe(bundle)
                    return { served.served.withLock { $0.append(bundle.manifest.version) } }
                },
                offer: { open in
                    guard let bundle = try? open() else { return }
                    served.served.withLock { $0.append(bundle.manifest.version) }
                }), log: .silent, metrics: Metrics())
    }
}

private func code(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? PullFailure)?.code
    }
}

@Suite struct ModelUpdaterTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test func `a pull brings the newest version and the next one finds nothing new`() throws {
        try bench.publish(1)
        try bench.publish(2)
        let updater = try bench.updater()

        #expect(try updater.pull())
        #expect(try updater.pull() == false)

        #expect(bench.served.withLock { $0 } == [2])
        #expect(updater.status.position?.seq == 2)
    }

    @Test func `a node is in contact until something goes wrong after the last answer`() {
        let asked = Date(timeIntervalSince1970: 100)
        var status = UpdaterStatus()
        #expect(!status.isInContact)

        status.noteContact(at: asked.addingTimeInterval(0.25), asked: asked)
        #expect(status.isInContact && status.latencyMilliseconds == 250)

        let failure = PullFailure(code: PullFailure.originAnswer, "gone")
        status.lastFailure = (asked.addingTimeInterval(1), failure)
        #expect(!status.isInContact)

        status.noteContact(at: asked.addingTimeInterval(2), asked: asked.addingTimeInterval(3))
        #expect(status.isInContact && status.latencyMilliseconds == 0)
    }

    @Test func `a node that starts again offers what it has and fetches nothing`() throws {
        try bench.publish(1)
        do {
            let updater = try bench.updater()
            try updater.pull()
        }
        bench.source.requests.withLock { $0.removeAll() }

        let again = try bench.updater()
        again.boot()
        #expect(try again.pull() == false)

        #expect(bench.served.withLock { $0 } == [1, 1])
        #expect(bench.source.requests.withLock { $0.map(\.path) } == ["feed/books/latest"])
    }

    @Test(arguments: PullStep.allCases.filter { ![.idle, .probation].contains($0) })
    func `a node that dies at any step starts with the old or the new version`(
        step: PullStep
    ) throws {
        struct Died: Error {}
        try bench.publish(1)
        do {
            let updater = try bench.updater()
            try updater.pull()
        }
        try bench.publish(2)
        do {
            let dying = try bench.updater(onStep: { reached throws(PullFailure) in
                if reached == step { throw PullFailure(code: "died", "at \(reached)") }
            })
            #expect(code { try dying.pull() } == "died")
        }

        bench.served.withLock { $0.removeAll() }
        let again = try bench.updater()
        again.boot()
        // The commit is the one point from which on the new version serves after a start.
        #expect(bench.served.withLock { $0 } == [step == .swap ? 2 : 1])
        try again.pull()
        #expect(again.status.current?.version == 2)
    }

    @Test(arguments: [0, 5_000, 100_000])
    func `a flipped byte in a blob is refused, named and fetched again`(place: Int) throws {
        try bench.publish(1)
        bench.source.lie.withLock { lie in
            lie = { path, bytes in
                guard path.hasPrefix("blobs/"), bytes.count > 20_000 else { return bytes }
                var bytes = bytes
                bytes[min(place, bytes.count - 1)] ^= 1
                return bytes
            }
        }
        let updater = try bench.updater()

        #expect(code { try updater.pull() } == "digest.mismatch")
        #expect(bench.served.withLock { $0 }.isEmpty)

        bench.source.lie.withLock { $0 = { _, bytes in bytes } }
        #expect(try updater.pull())
        #expect(bench.served.withLock { $0 } == [1])
    }

    @Test func `a blob longer than signed is cut off at the signed length`() throws {
        try bench.publish(1)
        bench.source.lie.withLock { lie in
            lie = { path, bytes in path.hasPrefix("blobs/") ? bytes + [0] : bytes }
        }
        let updater = try bench.updater()

        let refused = code { try updater.pull() }
        #expect(["size.mismatch", "digest.mismatch"].contains(refused))
    }

    @Test func `a download goes on at a whole piece and costs no byte twice before it`() throws {
        try bench.publish(1)
        let blobs = bench.directory.file("trainer/public/blobs")
        let largest = try #require(
            try FileManager.default.contentsOfDirectory(atPath: blobs).max { left, right in
                try Self.size("\(blobs)/\(left)") < Self.size("\(blobs)/\(right)")
            })
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(blobs)/\(largest)"))
        let updater = try bench.updater()
        let piece = ModelStore.pieceBytes
        try #require(whole.count > piece + 1_000)
        try whole.prefix(piece + 1_000)
            .write(to: URL(fileURLWithPath: "\(bench.storePath)/part/\(largest)"))

        try updater.pull()

        let offsets = bench.source.requests.withLock { requests in
            requests.filter { $0.path.hasSuffix(largest) }.map(\.offset)
        }
        #expect(offsets == [piece])
    }

    private static func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    @Test func `a damaged blob on the node's disk is named at the start and fetched again`() throws
    {
        try bench.publish(1)
        do {
            let updater = try bench.updater()
            try updater.pull()
        }
        let store = "\(bench.storePath)/blobs"
        let file = try #require(
            FileManager.default.enumerator(atPath: store)?.compactMap { $0 as? String }
                .first { (try? Self.size("\(store)/\($0)")) ?? 0 > 20_000 && $0.contains("/") })
        let path = "\(store)/\(file)"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try FileManager.default.removeItem(atPath: path)
        try bytes.write(to: URL(fileURLWithPath: path))
        bench.served.withLock { $0.removeAll() }

        let again = try bench.updater()
        again.boot()
        #expect(bench.served.withLock { $0 }.isEmpty)

        #expect(try again.pull())
        #expect(bench.served.withLock { $0 } == [1])
    }

    @Test func `a bundle that fails its golden queries never serves`() throws {
        struct Wrong: Error {}
        try bench.publish(1)
        let updater = try bench.updater(probe: { _ in throw Wrong() })

        #expect(code { try updater.pull() } == "probe.failed")

        #expect(updater.status.current == nil)
    }

    @Test func `too little memory is refused before the first blob, with both numbers`() throws {
        try bench.publish(1)
        let updater = try bench.updater(configure: { $0.memoryBytesMax = 1_000 })

        do {
            try updater.pull()
            Issue.record("the pull went through")
        } catch {
            #expect(error.code == "memory.plan")
            #expect(error.message.contains("1000"))
        }
        let blobs = bench.source.requests.withLock { $0.filter { $0.path.hasPrefix("blobs/") } }
        // The manifest alone, which said how much it would be.
        #expect(blobs.count == 1)
    }

    @Test func `two nodes do not share a store`() throws {
        let first = try bench.updater()

        let refused = code { _ = try ModelStore(root: bench.storePath) }

        #expect(refused == "store.held")
        withExtendedLifetime(first) {}
    }

    @Test func `only the current and the previous version stay on the disk`() throws {
        let updater = try bench.updater()
        for version in 1...4 {
            try bench.publish(version)
            try updater.pull()
        }

        let store = try #require(FileManager.default.enumerator(atPath: "\(bench.storePath)/blobs"))
        let files = store.compactMap { $0 as? String }.filter { $0.contains("/") }
        // Two manifests, two catalogues, and what both versions have in common once.
        #expect(files.count <= 8)
        #expect(
            try FileManager.default.contentsOfDirectory(
                atPath: "\(bench.storePath)/part"
            ).isEmpty)
    }
}
