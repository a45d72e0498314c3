import ClusterFeed
import ClusterPublisher
import Foundation
import HTTPCore
import Integrity
import Telemetry
import TestSupport
import Testing

@Suite struct TrainerDirectoryTests {
    private let directory: TemporaryDirectory
    private let root: String

    init() throws {
        directory = try TemporaryDirectory()
        root = directory.file("trainer")
        try TrainerDirectory.initialise(at: root, now: Date())
    }

    private func bundle(_ version: Int) throws -> String {
        let path = directory.file("bundle-\(version)")
        try SmallBundle.draft(version: version).write(to: path)
        return path
    }

    private func code(_ body: () throws -> Void) -> PublisherError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? PublisherError)?.code
        }
    }

    @Test func `keys are made once, and the secret ones are for their owner alone`() throws {
        #expect(code { try TrainerDirectory.initialise(at: root, now: Date()) } == .keys)
        for name in ["root.key", "release.key"] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(root)/secret/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `entries form a chain that a node believes`() throws {
        let trainer = try TrainerDirectory(at: root)
        _ = try trainer.publish(bundleDirectory: try bundle(1), channel: "books")
        _ = try trainer.publish(bundleDirectory: try bundle(3), channel: "books")
        let trust = try Data(contentsOf: URL(fileURLWithPath: "\(root)/trust.keys"))
        var feed = TrustedFeed(
            channel: "books", keys: try KeyFile.trusting([UInt8](trust)), position: nil)

        for name in ["1", "2", "latest"] {
            let file = try Data(
                contentsOf: URL(fileURLWithPath: "\(root)/public/feed/books/\(name)"))
            #expect(throws: Never.self) { try feed.accept([UInt8](file), now: Date()) }
        }
        #expect(feed.position?.stableVersion == 3)
    }

    @Test(arguments: [1, 2]) func `a version must grow`(version: Int) throws {
        let trainer = try TrainerDirectory(at: root)
        _ = try trainer.publish(bundleDirectory: try bundle(2), channel: "books")
        let older = try bundle(version)

        #expect(
            code { _ = try trainer.publish(bundleDirectory: older, channel: "books") }
                == .conflict)
    }

    @Test func `of two trainers at once one gets a conflict and both leave a sound feed`() throws {
        let bundles = try (1...8).map(bundle)
        let group = DispatchGroup()
        for path in bundles {
            group.enter()
            let root = root
            Thread.detachNewThread {
                // Whoever comes too late with a lower version, or at the same time, is refused.
                _ = try? TrainerDirectory(at: root).publish(bundleDirectory: path, channel: "books")
                group.leave()
            }
        }
        group.wait()

        let trainer = try TrainerDirectory(at: root)
        let last = try trainer.publish(bundleDirectory: try bundle(99), channel: "books")
        #expect(last.stable.version == 99)
    }

    @Test func `a bundle of another model is refused`() throws {
        let path = try bundle(1)
        let trainer = try TrainerDirectory(at: root)

        #expect(
            code { _ = try trainer.publish(bundleDirectory: path, channel: "songs") } == .badBundle)
        #expect(
            code { _ = try trainer.publish(bundleDirectory: path, channel: "../x") } == .badBundle)
    }

    @Test func `a manifest whose blobs were not uploaded is refused`() throws {
        let manifest = try Data(
            contentsOf: URL(fileURLWithPath: "\(try bundle(1))/manifest.json"))
        let trainer = try TrainerDirectory(at: root)

        #expect(
            code { _ = try trainer.publish(manifest: [UInt8](manifest), channel: "books") }
                == .notFound)
        #expect(code { try trainer.store([1], as: SHA256Digest.of([2])) } == .badBundle)
    }

    @Test func `an entry is signed anew after half of its life and not before`() throws {
        let start = Date()
        let bundle = try bundle(1)
        _ = try TrainerDirectory(at: root, now: { start })
            .publish(bundleDirectory: bundle, channel: "books")
        let day: TimeInterval = 24 * 3_600

        let young = try TrainerDirectory(at: root, now: { start.addingTimeInterval(3 * day) })
        let old = try TrainerDirectory(at: root, now: { start.addingTimeInterval(4 * day) })

        #expect(try young.refresh("books") == nil)
        let fresh = try #require(try old.refresh("books"))
        #expect(fresh.seq == 2)
        #expect(fresh.stable.version == 1)
    }
}

@Suite struct PublisherRoutesTests {
    private let directory: TemporaryDirectory
    private let router: HTTPRouter
    private let trainer: TrainerDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try TrainerDirectory.initialise(at: directory.file("trainer"), now: Date())
        trainer = try TrainerDirectory(at: directory.file("trainer"))
        let routes = PublisherRoutes(directory: trainer, log: .silent) {
            request throws(HTTPError) in
            guard request.fields["Authorization"] == "yes" else {
                throw HTTPError(.unauthorized, "Must login")
            }
        }
        router = try HTTPRouter(routes: routes.routes)
        try SmallBundle.draft(version: 1).write(to: directory.file("bundle"))
        _ = try trainer.publish(bundleDirectory: directory.file("bundle"), channel: "books")
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ fields: HTTPFields = [:], body: [UInt8] = []
    ) -> HTTPResponse {
        let request = HTTPRequest(method: method, path: path, fields: fields, body: body)
        switch router.route(request) {
        case .answer(let response): return response
        case .route(let route, let request):
            guard case .waiting(let handler) = route.handler else {
                return HTTPResponse(status: .internalError)
            }
            do throws(HTTPError) {
                return try handler(request)
            } catch {
                return error.response
            }
        }
    }

    @Test func `latest has a tag by which a node asks again for nothing`() throws {
        let first = send(.get, "/models/feed/books/latest")
        let tag = try #require(first.fields["ETag"])

        let again = send(.get, "/models/feed/books/latest", ["If-None-Match": tag])

        #expect(first.status == .ok)
        #expect(first.fields["Cache-Control"] == "no-cache")
        #expect(again.status == .notModified)
    }

    @Test func `an entry that does not exist yet must not be remembered by a cache`() {
        let answer = send(.get, "/models/feed/books/2")

        #expect(answer.status == .notFound)
        #expect(answer.fields["Cache-Control"] == "no-store")
    }

    @Test(arguments: [
        "/models/feed/..%2f..%2fsecret/latest", "/models/feed/BOOKS/latest",
        "/models/feed/books/01",
        "/models/feed/books/-1", "/models/keys/x", "/models/blobs/release.key",
        "/models/blobs/..%2f..%2fsecret%2frelease.key",
    ])
    func `a hostile name finds nothing`(path: String) {
        #expect(send(.get, path).status == .notFound)
    }

    @Test func `only who may log in uploads and publishes`() {
        let digest = SHA256Digest.of([1]).hex

        #expect(send(.put, "/models/blobs/\(digest)", body: [1]).status == .unauthorized)
        #expect(send(.post, "/models/publish/books", body: [1]).status == .unauthorized)
        let login: HTTPFields = ["Authorization": "yes"]
        #expect(send(.put, "/models/blobs/\(digest)", login, body: [1]).status == .created)
        #expect(send(.get, "/models/blobs/\(digest)").status == .ok)
        #expect(
            send(.put, "/models/blobs/\(digest)", login, body: [2]).status == .unprocessableContent)
        #expect(
            send(.post, "/models/publish/books", login, body: [1]).status == .unprocessableContent)
    }
}
