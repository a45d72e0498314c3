import BundleFormat
import ClusterFeed
import Foundation
import HTTPCore
import Integrity
import JSON
import Telemetry
import TestSupport
import Testing

@testable import ClusterPublisher

/// A trainer's directory, small bundles for it, and its routes asked without sockets.
final class PublisherFixture: Sendable {
    static let now = Date(timeIntervalSince1970: 1_772_359_200)

    let directory: TemporaryDirectory
    let trainer: TrainerDirectory
    let routes: PublisherRoutes

    init() throws {
        directory = try TemporaryDirectory()
        try TrainerDirectory.initialise(at: directory.file("trainer"), now: Self.now)
        trainer = try TrainerDirectory(at: directory.file("trainer"), now: { Self.now })
        routes = PublisherRoutes(directory: trainer, log: .silent) { request throws(HTTPError) in
            guard request.fields["Authorization"] == "Basic right" else {
                throw HTTPError(.unauthorized, "Must login")
            }
        }
    }

    var root: String { directory.file("trainer") }

    /// Writes a bundle of three books and two readers and returns its directory.
    func bundle(version: Int) throws -> String {
        let path = directory.file("bundle-\(version)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        _ = try Self.draft(version: version).write(to: path)
        return path
    }

    func manifest(of bundle: String) throws -> [UInt8] {
        [UInt8](try #require(FileManager.default.contents(atPath: "\(bundle)/manifest.json")))
    }

    func publish(version: Int) throws -> FeedEntry {
        try trainer.publish(bundleDirectory: try bundle(version: version), channel: "books")
    }

    /// The names in a folder of the public tree, sorted.
    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/public/\(folder)").sorted()
    }

    func file(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(root)/public/\(name)").map([UInt8].init)
    }

    /// Answers a request by the route of that pattern.
    func ask(
        _ method: HTTPMethod, _ pattern: String, _ parameters: [String: String],
        fields: HTTPFields = HTTPFields(), body: [UInt8] = []
    ) throws -> HTTPResponse {
        let route = try #require(
            routes.routes.first { $0.method == method && $0.pattern == "/models/\(pattern)" })
        var request = HTTPRequest(method: method, path: "/", fields: fields, body: body)
        request.parameters = parameters
        guard case .waiting(let handler) = route.handler else {
            throw CocoaError(.featureUnsupported)
        }
        do throws(HTTPError) { return try handler(request) } catch { return error.response }
    }

    private static func draft(version: Int) -> BundleDraft {
        BundleDraft(
            modelName: "books", version: version, kind: .twoTower, created: now,
            tensors: [
                DraftTensor(
                    TwoTowerTensor.itemEmbeddings, shape: [3, 2], .float32([1, 0, 0, 1, 1, 0])),
                DraftTensor(
                    TwoTowerTensor.readerEmbeddings, shape: [2, 2], .float32([1, 0, 0, 1])),
                DraftTensor(ReadershipTensor.readerOffsets, shape: [3], .int64([0, 2, 3])),
                DraftTensor(ReadershipTensor.readerItems, shape: [3], .int32([0, 2, 1])),
                DraftTensor(ReadershipTensor.readerRatings, shape: [3], .uint8([9, 8, 7])),
                DraftTensor(ReadershipTensor.itemCounts, shape: [3], .int32([1, 1, 1])),
            ],
            catalogue: CatalogueDraft(
                items: (0..<3).map { item in
                    CatalogueItem(
                        key: "019515344\(item)", title: "Book \(item)", author: "A", year: 2_000)
                },
                readers: ["r0", "r1"]),
            golden: GoldenQueries(queries: [], overlapMin: 1), metrics: [:],
            provenance: ["made_for": "tests"],
            serving: [
                "rule": "reader-vote", "readers": 2, "tower_weight": 0.1, "unrated": 0,
                "rarity": 0, "activity": 0, "damping": 0, "sharpness": 1,
            ])
    }
}
