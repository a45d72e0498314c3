import Foundation
import Integrity
import JSON

extension BundleManifest {
    /// Reads a manifest that may come from anywhere.
    ///
    /// - Throws: `.malformed`, `.incompatible`, `.limitExceeded`.
    package init(parsing bytes: [UInt8]) throws(BundleError) {
        let root = try Self.root(of: bytes)
        try Self.checkCompatibility(of: root)
        let fields = ManifestFields(object: root)
        modelName = try fields.string("model")
        version = try fields.positive("version")
        guard let kind = ModelKind(rawValue: try fields.string("kind")) else {
            throw BundleError(.incompatible, "the manifest's kind is not known to this node")
        }
        self.kind = kind
        created = try Self.date(try fields.string("created"))
        blobs = try fields.array("blobs").map { value throws(BundleError) in
            try Self.blob(ManifestFields(value))
        }
        tensors = try fields.array("tensors").map { value throws(BundleError) in
            try Self.tensor(ManifestFields(value))
        }
        schemaDigest = try fields.digest("schema")
        memoryBytes = try ManifestFields(object: try fields.object("limits"))
            .positive("memory_bytes")
        metrics = try fields.object("metrics")
        provenance = try fields.object("provenance")
        serving = try fields.object("serving")
        try checkInvariants()
    }

    private static func root(of bytes: [UInt8]) throws(BundleError) -> JSONObject {
        guard bytes.count <= BundleLimits.manifestBytesMax else {
            throw BundleError(
                .limitExceeded,
                "the manifest has \(bytes.count) bytes, the limit is "
                    + "\(BundleLimits.manifestBytesMax)")
        }
        do throws(JSONError) {
            let limits = JSONLimits(
                depthMax: BundleLimits.depthMax, valueCountMax: BundleLimits.valueCountMax)
            guard let root = try JSONValue(parsing: bytes, limits: limits).objectValue else {
                throw JSONError(.unexpectedShape, "it is no object")
            }
            return root
        } catch {
            throw BundleError(.malformed, "the manifest: \(error.message)", cause: error)
        }
    }

    private static func checkCompatibility(of root: JSONObject) throws(BundleError) {
        guard let format = root["format"]?.integerValue else {
            throw BundleError(.malformed, "the manifest has no format number")
        }
        guard format == formatNumber else {
            throw BundleError(
                .incompatible,
                "the manifest has format \(format), this node reads format \(formatNumber)")
        }
        guard let required = root["requires"]?.arrayValue, required.isEmpty else {
            throw BundleError(
                .incompatible, "the manifest requires features that this node does not have")
        }
    }

    private static func blob(_ fields: ManifestFields) throws(BundleError) -> BlobDescription {
        let blob = BlobDescription(
            name: try fields.string("name"), digest: try fields.digest("digest"),
            bytes: try fields.positive("bytes"))
        guard isPlainFileName(blob.name) else {
            throw BundleError(.malformed, "a blob of the manifest has an unsafe name")
        }
        guard blob.bytes <= BundleLimits.blobBytesMax else {
            throw BundleError(
                .limitExceeded,
                "\(blob.name) has \(blob.bytes) bytes, the limit is \(BundleLimits.blobBytesMax)")
        }
        return blob
    }

    private static func tensor(_ fields: ManifestFields) throws(BundleError) -> TensorDescription {
        guard let type = ElementType(rawValue: try fields.string("type")) else {
            throw BundleError(.incompatible, "a tensor's type is not known to this node")
        }
        let extents = try fields.array("shape")
        let shape = extents.compactMap(\.integerValue)
        guard shape.count == extents.count, shape.count <= BundleLimits.dimensionCountMax,
            shape.allSatisfy({ $0 >= 0 })
        else { throw BundleError(.malformed, "a tensor's shape is malformed") }
        let tensor = TensorDescription(
            name: try fields.string("name"), elementType: type, shape: shape,
            blob: try fields.string("blob"))
        guard tensor.bytes != nil else {
            throw BundleError(.limitExceeded, "the tensor \(tensor.name) exceeds 63 bits of bytes")
        }
        return tensor
    }

    private static func date(_ text: String) throws(BundleError) -> Date {
        do {
            return try Date(text, strategy: .iso8601)
        } catch {
            throw BundleError(.malformed, "the manifest's date is malformed", cause: error)
        }
    }

    /// Blob names become file names, so only what no file system interprets may pass.
    package static func isPlainFileName(_ name: String) -> Bool {
        let isSafe = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isSafe && !name.isEmpty && !name.hasPrefix(".")
            && name.utf8.count <= BundleLimits.modelNameBytesMax
    }

    private func checkInvariants() throws(BundleError) {
        guard Self.isPlainFileName(modelName) else {
            throw BundleError(.malformed, "the manifest's model name is unsafe")
        }
        let blobNames = Set(blobs.map(\.name))
        guard blobNames.count == blobs.count, blobs.count <= BundleLimits.blobCountMax,
            Set(tensors.map(\.name)).count == tensors.count,
            tensors.count <= BundleLimits.tensorCountMax
        else { throw BundleError(.malformed, "the manifest lists a name twice or too many") }
        for name in BundleFile.required where !blobNames.contains(name) {
            throw BundleError(.malformed, "the manifest lists no \(name)")
        }
        for tensor in tensors where !blobNames.contains(tensor.blob) {
            throw BundleError(.malformed, "the tensor \(tensor.name) lies in an unlisted blob")
        }
        var total = 0
        for blob in blobs {
            let (sum, overflow) = total.addingReportingOverflow(blob.bytes)
            guard !overflow else { throw BundleError(.limitExceeded, "the blobs are too large") }
            total = sum
        }
    }
}

/// Reads typed members of a JSON object and names the one that is wrong.
private struct ManifestFields {
    let object: JSONObject

    init(object: JSONObject) { self.object = object }

    init(_ value: JSONValue) throws(BundleError) {
        guard let object = value.objectValue else {
            throw BundleError(
                .malformed, "a list of the manifest holds something else than objects")
        }
        self.object = object
    }

    func string(_ name: String) throws(BundleError) -> String {
        guard let text = object[name]?.stringValue else { throw missing(name, "text") }
        return text
    }

    func positive(_ name: String) throws(BundleError) -> Int {
        guard let number = object[name]?.integerValue, number > 0 else {
            throw missing(name, "a positive whole number")
        }
        return number
    }

    func array(_ name: String) throws(BundleError) -> [JSONValue] {
        guard let elements = object[name]?.arrayValue else { throw missing(name, "a list") }
        return elements
    }

    func object(_ name: String) throws(BundleError) -> JSONObject {
        guard let object = object[name]?.objectValue else { throw missing(name, "an object") }
        return object
    }

    func digest(_ name: String) throws(BundleError) -> SHA256Digest {
        guard let digest = SHA256Digest(hex: try string(name)) else {
            throw missing(name, "64 lower-case hexadecimal digits")
        }
        return digest
    }

    private func missing(_ name: String, _ what: String) -> BundleError {
        BundleError(.malformed, "the manifest's member \"\(name)\" must be \(what)")
    }
}
