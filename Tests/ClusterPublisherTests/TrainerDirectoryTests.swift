import ClusterFeed
import Foundation
import Integrity
import TestSupport
import Testing

@testable import ClusterPublisher

@Suite struct TrainerDirectoryTests {
    @Test func `keys are made once and the secret ones are the owner's`() throws {
        let fixture = try PublisherFixture()

        let error = #expect(throws: PublisherError.self) {
            try TrainerDirectory.initialise(at: fixture.root, now: PublisherFixture.now)
        }

        #expect(error?.code == .keys)
        for name in ["root.key", "release.key"] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(fixture.root)/secret/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(
            fixture.file("keys/1")
                == FileManager.default.contents(atPath: "\(fixture.root)/trust.keys")
                .map([UInt8].init))
    }

    @Test func `a directory without keys, or with damaged ones, is refused`() throws {
        let empty = try TemporaryDirectory()
        let fixture = try PublisherFixture()
        try Data("nonsense".utf8).write(
            to: URL(fileURLWithPath: "\(fixture.root)/secret/release.key"))

        for root in [empty.path, fixture.root] {
            let error = #expect(throws: PublisherError.self) { try TrainerDirectory(at: root) }
            #expect(error?.code == .keys)
        }
    }

    @Test func `two publications follow one another, and a node believes both`() throws {
        let fixture = try PublisherFixture()

        let (first, second) = (try fixture.publish(version: 1), try fixture.publish(version: 3))

        #expect((first.seq, first.stable.version) == (1, 1))
        #expect((second.seq, second.stable.version) == (2, 3))
        let trust = try #require(fixture.file("keys/1"))
        var feed = TrustedFeed(
            channel: "books", keys: try KeyFile.trusting(trust), position: nil)
        for name in ["feed/books/1", "feed/books/2", "feed/books/latest"] {
            let file = try #require(fixture.file(name))
            _ = try feed.accept(file, now: PublisherFixture.now)
        }
        #expect(feed.position?.seq == 2)
        #expect(fixture.file("blobs/\(second.stable.manifest.hex)") != nil)
        #expect(fixture.trainer.channels == ["books"])
    }

    @Test(arguments: [5, 4])
    func `a version that does not grow is a conflict`(version: Int) throws {
        let fixture = try PublisherFixture()
        _ = try fixture.publish(version: 5)

        let error = #expect(throws: PublisherError.self) { try fixture.publish(version: version) }

        #expect(error?.code == .conflict)
        #expect(try fixture.names(in: "feed/books") == ["1", "latest"])
    }

    @Test func `a manifest whose blobs are missing is announced to nobody`() throws {
        let fixture = try PublisherFixture()
        let manifest = try fixture.manifest(of: try fixture.bundle(version: 1))

        let error = #expect(throws: PublisherError.self) {
            try fixture.trainer.publish(manifest: manifest, channel: "books")
        }

        #expect(error?.code == .notFound)
        #expect(try fixture.names(in: "blobs").isEmpty)
        #expect(try fixture.names(in: "feed").isEmpty)
    }

    @Test func `a bundle with a flipped byte is announced to nobody`() throws {
        let fixture = try PublisherFixture()
        let bundle = try fixture.bundle(version: 1)
        let weights = URL(fileURLWithPath: "\(bundle)/weights.safetensors")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: weights)

        let error = #expect(throws: PublisherError.self) {
            try fixture.trainer.publish(bundleDirectory: bundle, channel: "books")
        }

        #expect(error?.code == .badBundle)
        #expect(try fixture.names(in: "blobs").isEmpty)
    }

    @Test(arguments: ["songs", "", "../books", "Books"])
    func `a bundle goes into its own channel only`(channel: String) throws {
        let fixture = try PublisherFixture()
        let bundle = try fixture.bundle(version: 1)

        let error = #expect(throws: PublisherError.self) {
            try fixture.trainer.publish(bundleDirectory: bundle, channel: channel)
        }

        #expect(error?.code == .badBundle)
        #expect(try fixture.names(in: "feed").isEmpty)
    }

    @Test func `the entry comes last: when it cannot be written, all it names is there`() throws {
        let fixture = try PublisherFixture()
        // A file where the channel's folder belongs makes the entry fail, and nothing before it.
        try Data().write(to: URL(fileURLWithPath: "\(fixture.root)/public/feed/books"))
        let bundle = try fixture.bundle(version: 1)

        let error = #expect(throws: PublisherError.self) {
            try fixture.trainer.publish(bundleDirectory: bundle, channel: "books")
        }

        #expect(error?.code == .diskFailed)
        let manifest = SHA256Digest.of(try fixture.manifest(of: bundle))
        #expect(fixture.trainer.hasBlob(manifest))
        #expect(try fixture.names(in: "blobs").count == 4)
    }

    @Test func `an entry that came without its copy is copied by the next refresh`() throws {
        let fixture = try PublisherFixture()
        _ = try fixture.publish(version: 1)
        try FileManager.default.removeItem(atPath: "\(fixture.root)/public/feed/books/latest")

        #expect(try fixture.trainer.refresh("books") == nil)

        #expect(fixture.file("feed/books/latest") == fixture.file("feed/books/1"))
    }

    @Test func `an entry is signed anew in the second half of its life`() throws {
        let fixture = try PublisherFixture()
        let first = try fixture.publish(version: 1)
        let half = first.expires.timeIntervalSince(PublisherFixture.now) / 2
        let trainer = { (age: TimeInterval) in
            try TrainerDirectory(
                at: fixture.root, now: { PublisherFixture.now.addingTimeInterval(age) })
        }

        #expect(try trainer(half).refresh("books") == nil)
        let second = try #require(try trainer(half + 1).refresh("books"))

        #expect(second.seq == 2)
        #expect(second.stable == first.stable)
        #expect(second.expires > first.expires)
        #expect(fixture.file("feed/books/latest") == fixture.file("feed/books/2"))
        #expect(try fixture.trainer.refresh("songs") == nil)
    }

    @Test func `bytes are stored under their own digest only`() throws {
        let fixture = try PublisherFixture()

        let error = #expect(throws: PublisherError.self) {
            try fixture.trainer.store([1], as: SHA256Digest.of([2]))
        }
        try fixture.trainer.store([3], as: SHA256Digest.of([3]))

        #expect(error?.code == .badBundle)
        #expect(try fixture.names(in: "blobs") == [SHA256Digest.of([3]).hex])
    }
}
