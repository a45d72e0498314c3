import BundleFormat
import Foundation
import Integrity
import JSON

/// Where a training stands: its tensors, and what else it must know to go on.
///
/// A safetensors file, which Python reads too:
///
/// | Tensor | Meaning |
/// |---|---|
/// | any name | F32, I64 or I32: weights and what optimisers remember |
/// | `state` | U8, JSON: `format`, `run`, `state` |
/// | `trailing_digest` | U8, the last 32 bytes: SHA-256 of all bytes before them |
///
/// `run` names recipe and data; a checkpoint of another run is refused, for its weights would go
/// with nothing. So is one of another format, or with a wrong byte.
package struct TrainingCheckpoint: Sendable {
    package var tensors: [DraftTensor]
    package var state: JSONObject

    private static let formatNumber = 1
    private static let stateName = "state"
    /// Sorts behind the state, so that a file ends with it.
    private static let digestName = "trailing_digest"
    private static let digestBytes = 32

    /// - Precondition: no tensor is of bytes; those stand last, where the digest must be.
    package init(tensors: [DraftTensor], state: JSONObject) {
        precondition(tensors.allSatisfy { $0.elementType.bytes > 1 }, "bytes are for the state")
        self.tensors = tensors
        self.state = state
    }

    /// The name of a run: the same recipe and data give the same.
    package static func run(recipe: JSONObject, data: SHA256Digest, part: String) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(JSONValue.object(recipe).encoded())
        hasher.update(Array("\n\(data.hex)\n\(part)".utf8))
        return hasher.finish()
    }

    /// Replaces the file: after a power cut there is the former one or this one, whole.
    ///
    /// - Throws: `.unwritable`.
    package func write(to path: String, run: SHA256Digest) throws(TrainingError) {
        let header: JSONValue = [
            "format": JSONValue(Self.formatNumber), "run": .string(run.hex),
            "state": .object(state),
        ]
        let text = header.encoded()
        var file = SafetensorsFile.encoded(
            tensors + [
                DraftTensor(Self.stateName, shape: [text.count], .uint8(text)),
                DraftTensor(
                    Self.digestName, shape: [Self.digestBytes],
                    .uint8([UInt8](repeating: 0, count: Self.digestBytes))),
            ])
        file.removeLast(Self.digestBytes)
        file.append(contentsOf: SHA256Digest.of([UInt8](file)).bytes)
        let temporary = "\(path).part"
        do {
            try Data().write(to: URL(fileURLWithPath: temporary))
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: temporary))
            defer { try? handle.close() }
            try handle.write(contentsOf: file)
            try handle.synchronize()
        } catch {
            unlink(temporary)
            throw TrainingError(
                .unwritable, "\(path) cannot be written: \(error.localizedDescription)",
                cause: error)
        }
        guard rename(temporary, path) == 0, Self.syncDirectory(of: path) else {
            throw TrainingError(
                .unwritable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static func syncDirectory(of path: String) -> Bool {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// The checkpoint in a file, or nil if there is none.
    ///
    /// - Throws: `.badCheckpoint` if the file is damaged or of another run.
    package init?(at path: String, run: SHA256Digest) throws(TrainingError) {
        guard let file = FileManager.default.contents(atPath: path) else { return nil }
        let refusal = "\(path) is no sound checkpoint; remove it to train from the beginning"
        let sealed = file.dropLast(Self.digestBytes)
        guard file.count > Self.digestBytes,
            SHA256Digest.of([UInt8](sealed)).bytes.elementsEqual(file.suffix(Self.digestBytes))
        else { throw TrainingError(.badCheckpoint, refusal) }
        let parts: SafetensorsFile
        let header: JSONValue
        do {
            parts = try SafetensorsFile(mapping: file, blob: path)
            let text = parts.tensors.first { $0.description.name == Self.stateName }?.tensor
            header = try JSONValue(
                parsing: text.flatMap {
                    $0.elementType == .uint8 ? $0.withUInt8s { [UInt8]($0) } : nil
                }
                    ?? [])
        } catch {
            throw TrainingError(.badCheckpoint, refusal, cause: error)
        }
        guard header["format"]?.integerValue == Self.formatNumber,
            let state = header["state"]?.objectValue
        else { throw TrainingError(.badCheckpoint, refusal) }
        guard header["run"]?.stringValue == run.hex else {
            throw TrainingError(
                .badCheckpoint,
                "\(path) is a checkpoint of another recipe or other data; remove it to train "
                    + "from the beginning")
        }
        self.state = state
        tensors = parts.tensors.compactMap { description, tensor in
            Self.draft(description, tensor)
        }
    }

    private static func draft(
        _ description: TensorDescription, _ tensor: MappedTensor
    ) -> DraftTensor? {
        let values: DraftTensor.Values
        switch description.elementType {
        case .float32: values = .float32(tensor.withFloats { Array($0) })
        case .int64: values = .int64(tensor.withInt64s { Array($0) })
        case .int32: values = .int32(tensor.withInt32s { Array($0) })
        case .uint8, .int8: return nil
        }
        return DraftTensor(description.name, shape: description.shape, values)
    }

    /// The tensors of floats by name.
    package var floats: [String: [Float]] {
        tensors.reduce(into: [:]) { floats, tensor in
            if case .float32(let values) = tensor.values { floats[tensor.name] = values }
        }
    }
}
