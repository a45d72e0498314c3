import Foundation
import Integrity
import JSON

/// What sort of model a bundle holds, and so which tensors it must have.
package enum ModelKind: String, Sendable, CaseIterable {
    case twoTower = "two-tower"
    case itemFactors = "item-factors"
    case itemNeighbours = "item-neighbours"
    case ratingDot = "rating-dot"
    case ratingMLP = "rating-mlp"

    /// Whether a model says what a reader would give an item; the others rank items for items.
    package var predictsRatings: Bool {
        switch self {
        case .ratingDot, .ratingMLP: true
        case .twoTower, .itemFactors, .itemNeighbours: false
        }
    }
}

/// One file of a bundle: its role, and the content that it must have.
package struct BlobDescription: Sendable, Hashable {
    /// The file's name in the directory form, such as `weights.safetensors`.
    package let name: String
    package let digest: SHA256Digest
    package let bytes: Int

    package init(name: String, digest: SHA256Digest, bytes: Int) {
        self.name = name
        self.digest = digest
        self.bytes = bytes
    }
}

/// The table of contents of a bundle; its digest is the bundle's identity.
///
/// Invariants, checked when parsed: the version is at least 1; blob and tensor names are unique;
/// each tensor lies in a listed blob; the blobs named in `BundleFile` are all listed.
package struct BundleManifest: Sendable {
    /// The only format that this code reads and writes.
    package static let formatNumber = 1

    package var modelName: String
    /// A positive number that only grows within a model name.
    package var version: Int
    package var kind: ModelKind
    /// When training ended, in whole seconds.
    package var created: Date
    package var tensors: [TensorDescription]
    package var blobs: [BlobDescription]
    /// The digest of the catalogue's schema text; nodes refuse a schema that they do not know.
    package var schemaDigest: SHA256Digest
    /// Memory that serving needs, in bytes: mapped weights plus working space.
    package var memoryBytes: Int
    /// Quality on held-out readers with the protocol that measured it.
    package var metrics: JSONObject
    /// Data digest, recipe, seed, parent version.
    package var provenance: JSONObject
    /// How a node turns three items into ten, as chosen on validation.
    package var serving: JSONObject

    package func blob(named name: String) -> BlobDescription? { blobs.first { $0.name == name } }

    /// The sum of all blobs, in bytes.
    package var blobBytes: Int { blobs.reduce(0) { $0 + $1.bytes } }
}

/// The roles of the files in a bundle.
package enum BundleFile {
    package static let manifest = "manifest.json"
    package static let weights = "weights.safetensors"
    package static let catalogue = "catalogue.sqlite"
    package static let golden = "golden.json"
    static let required = [weights, catalogue, golden]
}

extension BundleManifest {
    /// The manifest as readable JSON; the same manifest always gives the same bytes.
    package func encoded() -> [UInt8] {
        let value: JSONValue = [
            "format": JSONValue(Self.formatNumber),
            "model": .string(modelName),
            "version": JSONValue(version),
            "kind": .string(kind.rawValue),
            "created": .string(created.formatted(.iso8601)),
            "requires": [],
            "tensors": .array(
                tensors.map { tensor in
                    [
                        "name": .string(tensor.name), "type": .string(tensor.elementType.rawValue),
                        "shape": .array(tensor.shape.map { JSONValue($0) }),
                        "blob": .string(tensor.blob),
                    ]
                }),
            "blobs": .array(
                blobs.map { blob in
                    [
                        "name": .string(blob.name), "digest": .string(blob.digest.hex),
                        "bytes": JSONValue(blob.bytes),
                    ]
                }),
            "schema": .string(schemaDigest.hex),
            "limits": ["memory_bytes": JSONValue(memoryBytes)],
            "serving": .object(serving),
            "metrics": .object(metrics),
            "provenance": .object(provenance),
        ]
        return value.encodedForReading()
    }
}
