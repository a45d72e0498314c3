import Foundation
import Integrity

/// A model and its catalogue, mapped and checked: what a node serves from.
///
/// Immutable. Its identity is the digest of the manifest's bytes, which name every other byte.
package final class ModelBundle: Sendable {
    package let manifest: BundleManifest
    package let digest: SHA256Digest
    package let catalogue: Catalogue
    package let golden: GoldenQueries
    private let tensors: [String: MappedTensor]

    /// Opens a bundle whose blobs may lie anywhere.
    ///
    /// Reads every byte once: sizes and digests, then the tensor header, then each value.
    ///
    /// - Parameter locate: The path of a blob; it must not change afterwards.
    /// - Throws: The code of the first check that fails; nothing stays open then.
    package init(
        manifestBytes: [UInt8], locate: (BlobDescription) -> String
    ) throws(BundleError) {
        let manifest = try BundleManifest(parsing: manifestBytes)
        var paths: [String: String] = [:]
        for blob in manifest.blobs {
            let path = locate(blob)
            try Self.verify(blob, at: path)
            paths[blob.name] = path
        }
        guard let weights = paths[BundleFile.weights], let items = paths[BundleFile.catalogue],
            let golden = paths[BundleFile.golden]
        else { throw BundleError(.malformed, "the manifest does not list the required files") }

        self.manifest = manifest
        digest = SHA256Digest.of(manifestBytes)
        tensors = try Self.tensors(of: manifest, in: weights)
        catalogue = try Catalogue(path: items, schemaDigest: manifest.schemaDigest)
        self.golden = try GoldenQueries(
            parsing: try BlobFile.read(golden, bytesMax: BundleLimits.goldenBytesMax),
            itemCount: catalogue.itemCount, readerCount: catalogue.readerCount)
        try BundleChecks(
            manifest: manifest, tensors: tensors, itemCount: catalogue.itemCount,
            readerCount: catalogue.readerCount
        ).run()
    }

    /// Opens a bundle in its directory form: `manifest.json` beside files named by their role.
    package convenience init(directory: String) throws(BundleError) {
        let manifest = try BlobFile.read(
            "\(directory)/\(BundleFile.manifest)", bytesMax: BundleLimits.manifestBytesMax)
        try self.init(manifestBytes: manifest) { "\(directory)/\($0.name)" }
    }

    package func tensor(_ name: String) -> MappedTensor? { tensors[name] }

    private static func verify(_ blob: BlobDescription, at path: String) throws(BundleError) {
        let (digest, bytes) = try BlobFile.digest(of: path)
        guard bytes == blob.bytes else {
            throw BundleError(
                .digestMismatch,
                "the blob \(blob.name) has \(bytes) bytes, the manifest says \(blob.bytes)")
        }
        guard digest == blob.digest else {
            throw BundleError(
                .digestMismatch,
                "the blob \(blob.name) has the digest \(digest.hex), the manifest says "
                    + "\(blob.digest.hex)")
        }
    }

    private static func tensors(
        of manifest: BundleManifest, in path: String
    ) throws(BundleError) -> [String: MappedTensor] {
        let file = try SafetensorsFile(
            mapping: try BlobFile.map(path), blob: BundleFile.weights)
        let found = Set(file.tensors.map(\.description))
        guard found == Set(manifest.tensors) else {
            throw BundleError(
                .inconsistent, "the manifest and \(BundleFile.weights) list different tensors")
        }
        return Dictionary(
            uniqueKeysWithValues: file.tensors.map { ($0.description.name, $0.tensor) })
    }
}

extension ModelBundle {
    /// Files in a bundle's directory that the manifest does not cover, sorted.
    ///
    /// Nobody signed them, so a verification must not pass while they are there.
    package static func foreignFiles(
        in directory: String, manifest: BundleManifest
    ) throws(BundleError) -> [String] {
        let known = Set(manifest.blobs.map(\.name) + [BundleFile.manifest])
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { !known.contains($0) }.sorted()
        } catch {
            throw BundleError(.unreadable, "\(directory) cannot be listed", cause: error)
        }
    }
}
