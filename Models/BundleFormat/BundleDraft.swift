import Foundation
import Integrity
import JSON

/// Everything a bundle consists of, before it is written.
package struct BundleDraft: Sendable {
    package var modelName: String
    package var version: Int
    package var kind: ModelKind
    package var created: Date
    package var tensors: [DraftTensor]
    package var catalogue: CatalogueDraft
    package var golden: GoldenQueries
    package var metrics: JSONObject
    package var provenance: JSONObject
    package var serving: JSONObject
    /// Files for people, such as a drawing: the manifest lists them, nodes keep and pass them on.
    package var attachments: [(name: String, text: String)] = []

    package init(
        modelName: String, version: Int, kind: ModelKind, created: Date, tensors: [DraftTensor],
        catalogue: CatalogueDraft, golden: GoldenQueries, metrics: JSONObject,
        provenance: JSONObject, serving: JSONObject
    ) {
        self.modelName = modelName
        self.version = version
        self.kind = kind
        self.created = created
        self.tensors = tensors
        self.catalogue = catalogue
        self.golden = golden
        self.metrics = metrics
        self.provenance = provenance
        self.serving = serving
    }

    /// Working space beside the mapped weights: page cache of the catalogue, scores of a request.
    private static let workingBytes = 16 << 20

    /// Writes the bundle in its directory form and reads it back as a node would.
    ///
    /// The files appear beside the target and move there together: an existing bundle is replaced
    /// as a whole or not at all. A target that holds anything else is refused.
    ///
    /// - Parameter bytesMax: What the files may have together.
    /// - Throws: `.unwritable`, `.limitExceeded`, or what a node would throw on opening the result.
    @discardableResult
    package func write(
        to directory: String, bytesMax: Int = .max
    ) throws(BundleError) -> BundleManifest {
        let target = URL(fileURLWithPath: directory).standardizedFileURL
        let staging = target.deletingLastPathComponent()
            .appendingPathComponent(Self.stagingPrefix(of: target) + UUID().uuidString)
        defer {
            // After a success there is nothing left here; after a failure the rest must go.
            try? FileManager.default.removeItem(at: staging)
        }
        do {
            try FileManager.default.createDirectory(
                at: staging, withIntermediateDirectories: true)
            let manifest = try writeFiles(to: staging)
            guard manifest.blobBytes <= bytesMax else {
                throw BundleError(
                    .limitExceeded,
                    "the bundle has \(manifest.blobBytes) bytes, the limit is \(bytesMax)")
            }
            _ = try ModelBundle(directory: staging.path)
            try replace(target, with: staging)
            return manifest
        } catch let error as BundleError {
            throw error
        } catch {
            throw BundleError(
                .unwritable,
                "the bundle cannot be written to \(directory): \(error.localizedDescription)",
                cause: error)
        }
    }

    private func writeFiles(to staging: URL) throws -> BundleManifest {
        try SafetensorsFile.encoded(tensors)
            .write(to: staging.appendingPathComponent(BundleFile.weights))
        try catalogue.write(to: staging.appendingPathComponent(BundleFile.catalogue).path)
        try Data(golden.encoded()).write(to: staging.appendingPathComponent(BundleFile.golden))
        for attachment in attachments {
            try Data(attachment.text.utf8)
                .write(to: staging.appendingPathComponent(attachment.name))
        }
        let blobs = try (BundleFile.required + attachments.map(\.name)).map { name in
            let (digest, bytes) = try BlobFile.digest(of: staging.appendingPathComponent(name).path)
            return BlobDescription(name: name, digest: digest, bytes: bytes)
        }
        let manifest = BundleManifest(
            modelName: modelName, version: version, kind: kind, created: created,
            tensors: tensors.map {
                TensorDescription(
                    name: $0.name, elementType: $0.elementType, shape: $0.shape,
                    blob: BundleFile.weights)
            },
            blobs: blobs, schemaDigest: Catalogue.schemaDigest,
            memoryBytes: blobs.reduce(Self.workingBytes) { $0 + $1.bytes }, metrics: metrics,
            provenance: provenance, serving: serving)
        try Data(manifest.encoded()).write(to: staging.appendingPathComponent(BundleFile.manifest))
        return manifest
    }

    private func replace(_ target: URL, with staging: URL) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: target.path) else {
            try files.moveItem(at: staging, to: target)
            return
        }
        try Self.checkReplaceable(target.path)
        // Two moves and no deletion between them: whenever this ends, both bundles are whole.
        let former = URL(fileURLWithPath: staging.path + Self.formerSuffix)
        try files.moveItem(at: target, to: former)
        do {
            try files.moveItem(at: staging, to: target)
        } catch {
            try files.moveItem(at: former, to: target)
            throw error
        }
        // What cannot be removed is in nobody's way.
        try? files.removeItem(at: former)
    }

    private static let formerSuffix = ".former"

    private static func stagingPrefix(of target: URL) -> String { ".\(target.lastPathComponent)." }

    /// Removes what a killed process left beside a target while it wrote.
    ///
    /// A former bundle that was not yet replaced goes back to its place.
    /// - Precondition: nobody else writes to the target.
    package static func clearRemains(beside directory: String) {
        let target = URL(fileURLWithPath: directory).standardizedFileURL
        let parent = target.deletingLastPathComponent()
        let files = FileManager.default
        let prefix = stagingPrefix(of: target)
        for name in (try? files.contentsOfDirectory(atPath: parent.path)) ?? []
        where name.hasPrefix(prefix) {
            let id = String(name.dropFirst(prefix.count)).replacing(formerSuffix, with: "")
            guard UUID(uuidString: id) != nil else { continue }
            let remains = parent.appendingPathComponent(name)
            // What cannot be moved or removed is in nobody's way.
            if name.hasSuffix(formerSuffix), !files.fileExists(atPath: target.path) {
                try? files.moveItem(at: remains, to: target)
            } else {
                try? files.removeItem(at: remains)
            }
        }
    }

    /// Refuses to replace what is no bundle: a target may be named by mistake.
    ///
    /// - Throws: `.unwritable`.
    package static func checkReplaceable(_ directory: String) throws(BundleError) {
        guard FileManager.default.fileExists(atPath: directory) else { return }
        let refusal = BundleError(
            .unwritable, "\(directory) is no bundle, or holds other files beside it; name another")
        guard let contents = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw refusal
        }
        if contents.isEmpty { return }
        guard
            let bytes = try? BlobFile.read(
                "\(directory)/\(BundleFile.manifest)", bytesMax: BundleLimits.manifestBytesMax),
            let manifest = try? BundleManifest(parsing: bytes),
            let foreign = try? ModelBundle.foreignFiles(in: directory, manifest: manifest),
            foreign.isEmpty
        else { throw refusal }
    }
}
