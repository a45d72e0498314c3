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
    /// as a whole or not at all. Other files in the target are not touched but moved away with it,
    /// so the target should hold nothing else.
    ///
    /// - Parameter bytesMax: What the files may have together.
    /// - Throws: `.unwritable`, `.limitExceeded`, or what a node would throw on opening the result.
    @discardableResult
    package func write(
        to directory: String, bytesMax: Int = .max
    ) throws(BundleError) -> BundleManifest {
        let target = URL(fileURLWithPath: directory).standardizedFileURL
        let staging = target.deletingLastPathComponent()
            .appendingPathComponent(".\(target.lastPathComponent).\(UUID().uuidString)")
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
                .unwritable, "the bundle cannot be written to \(directory)", cause: error)
        }
    }

    private func writeFiles(to staging: URL) throws -> BundleManifest {
        try SafetensorsFile.encoded(tensors)
            .write(to: staging.appendingPathComponent(BundleFile.weights))
        try catalogue.write(to: staging.appendingPathComponent(BundleFile.catalogue).path)
        try Data(golden.encoded()).write(to: staging.appendingPathComponent(BundleFile.golden))
        let blobs = try BundleFile.required.map { name in
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

    /// Refuses to replace a directory that is no bundle: `--out` may name the wrong one.
    private func replace(_ target: URL, with staging: URL) throws {
        let files = FileManager.default
        if files.fileExists(atPath: target.path) {
            let contents = try files.contentsOfDirectory(atPath: target.path)
            guard contents.isEmpty || contents.contains(BundleFile.manifest) else {
                throw BundleError(
                    .unwritable, "\(target.path) holds other files and is no bundle; name another")
            }
            try files.removeItem(at: target)
        }
        try files.moveItem(at: staging, to: target)
    }
}
