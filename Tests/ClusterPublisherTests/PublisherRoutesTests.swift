import ClusterFeed
import Foundation
import HTTPCore
import Integrity
import JSON
import Testing

@testable import ClusterPublisher

@Suite struct PublisherRoutesTests {
    private static let login: HTTPFields = ["Authorization": "Basic right"]

    @Test func `the newest entry is asked for again each time and 304 answers the same`() throws {
        let fixture = try PublisherFixture()
        _ = try fixture.publish(version: 1)
        let path = ["channel": "books", "seq": "latest"]

        let first = try fixture.ask(.get, "feed/{channel}/{seq}", path)
        let tag = try #require(first.fields["ETag"])
        let second = try fixture.ask(
            .get, "feed/{channel}/{seq}", path, fields: ["If-None-Match": tag])
        _ = try fixture.publish(version: 2)
        let third = try fixture.ask(
            .get, "feed/{channel}/{seq}", path, fields: ["If-None-Match": tag])

        #expect(first.status == .ok)
        guard case .bytes(let body) = first.body else {
            Issue.record("an entry that may be replaced is sent from memory")
            return
        }
        #expect(tag == "\"\(SHA256Digest.of(body).hex)\"")
        #expect(first.fields["Cache-Control"] == "no-cache")
        #expect(second.status == .notModified)
        #expect(third.status == .ok)
    }

    @Test func `a blob never changes and is given in parts`() throws {
        let fixture = try PublisherFixture()
        let digest = SHA256Digest.of([1, 2, 3, 4])
        try fixture.trainer.store([1, 2, 3, 4], as: digest)

        let whole = try fixture.ask(.get, "blobs/{digest}", ["digest": digest.hex])
        let part = try fixture.ask(
            .get, "blobs/{digest}", ["digest": digest.hex], fields: ["Range": "bytes=1-2"])
        let beyond = try fixture.ask(
            .get, "blobs/{digest}", ["digest": digest.hex], fields: ["Range": "bytes=4-"])

        #expect(whole.fields["ETag"] == "\"\(digest.hex)\"")
        #expect(whole.fields["Cache-Control"]?.contains("immutable") == true)
        #expect(part.status == .partialContent)
        #expect(part.fields["Content-Range"] == "bytes 1-2/4")
        guard case .file(_, let range) = part.body else {
            Issue.record("a blob is sent from its file")
            return
        }
        #expect(range == 1..<3)
        #expect(beyond.status == .rangeNotSatisfiable)
    }

    @Test func `what is not there yet is 404 and stored nowhere`() throws {
        let fixture = try PublisherFixture()

        let answers = [
            try fixture.ask(.get, "feed/{channel}/{seq}", ["channel": "books", "seq": "latest"]),
            try fixture.ask(.get, "feed/{channel}/{seq}", ["channel": "books", "seq": "2"]),
            try fixture.ask(.get, "keys/{number}", ["number": "2"]),
            try fixture.ask(.get, "blobs/{digest}", ["digest": SHA256Digest.of([]).hex]),
        ]

        #expect(answers.map(\.status) == Array(repeating: .notFound, count: 4))
        #expect(answers.allSatisfy { $0.fields["Cache-Control"] == "no-store" })
    }

    @Test(arguments: [
        "..", "../trust.keys", "../../secret/release.key", "01", "+1", "-1", "", "1/..", "1\u{0}",
        "18446744073709551616", "LATEST", "1.tmp", "%2e%2e",
    ])
    func `a hostile name is 404`(name: String) throws {
        let fixture = try PublisherFixture()
        _ = try fixture.publish(version: 1)

        for (pattern, parameters) in [
            ("feed/{channel}/{seq}", ["channel": "books", "seq": name]),
            ("feed/{channel}/{seq}", ["channel": name, "seq": "latest"]),
            ("keys/{number}", ["number": name]), ("blobs/{digest}", ["digest": name]),
        ] {
            let answer = try fixture.ask(.get, pattern, parameters)
            #expect(answer.status == .notFound, "\(pattern) \(name)")
        }
    }

    @Test func `an upload is kept under its digest, and another digest is refused`() throws {
        let fixture = try PublisherFixture()
        let digest = SHA256Digest.of([1])

        let right = try fixture.ask(
            .put, "blobs/{digest}", ["digest": digest.hex], fields: Self.login, body: [1])
        let wrong = try fixture.ask(
            .put, "blobs/{digest}", ["digest": SHA256Digest.of([2]).hex], fields: Self.login,
            body: [1])

        #expect(right.status == .created)
        #expect(wrong.status == .unprocessableContent)
        #expect(try fixture.names(in: "blobs") == [digest.hex])
    }

    @Test func `who may not log in changes nothing`() throws {
        let fixture = try PublisherFixture()
        let manifest = try fixture.manifest(of: try fixture.bundle(version: 1))

        let upload = try fixture.ask(
            .put, "blobs/{digest}", ["digest": SHA256Digest.of([1]).hex], body: [1])
        let publish = try fixture.ask(
            .post, "publish/{channel}", ["channel": "books"], body: manifest)

        #expect(upload.status == .unauthorized)
        #expect(publish.status == .unauthorized)
        #expect(try fixture.names(in: "blobs").isEmpty)
    }

    @Test func `a bundle is published by its blobs and then its manifest`() throws {
        let fixture = try PublisherFixture()
        let bundle = try fixture.bundle(version: 7)
        let manifest = try fixture.manifest(of: bundle)
        let publish = {
            try fixture.ask(
                .post, "publish/{channel}", ["channel": "books"], fields: Self.login,
                body: manifest)
        }
        #expect(try publish().status == .notFound)
        for name in try FileManager.default.contentsOfDirectory(atPath: bundle)
        where name != "manifest.json" {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(bundle)/\(name)")))
            let upload = try fixture.ask(
                .put, "blobs/{digest}", ["digest": SHA256Digest.of(bytes).hex],
                fields: Self.login, body: bytes)
            #expect(upload.status == .created)
        }

        let answer = try publish()

        #expect(answer.status == .created)
        guard case .bytes(let body) = answer.body else {
            Issue.record("publishing answers with JSON")
            return
        }
        #expect(
            try JSONValue(parsing: body) == [
                "channel": "books", "version": 7, "seq": 1,
                "manifest": .string(SHA256Digest.of(manifest).hex),
            ])
        #expect(try publish().status == .conflict)
    }

    @Test(arguments: ["", "{}", "nonsense"])
    func `what is no manifest is refused`(text: String) throws {
        let fixture = try PublisherFixture()

        let answer = try fixture.ask(
            .post, "publish/{channel}", ["channel": "books"], fields: Self.login,
            body: Array(text.utf8))

        #expect(answer.status == .unprocessableContent)
    }
}
