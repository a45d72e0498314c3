import BundleFormat
import Foundation
import Integrity
import JSON

/// A TensorFlow.js model on disk: `model.json` and the weight files that it names.
///
/// | Member of `model.json` | Meaning |
/// |---|---|
/// | `format` | `graph-model` or `layers-model` |
/// | `modelTopology` | the graph's nodes, or the layers |
/// | `weightsManifest` | groups of weights: `paths` of their files, and `weights` in their order |
///
/// The files of a group are one run of bytes, cut anywhere; numbers are little-endian. Only files
/// that the manifest names are read: published folders hold files of older conversions as well.
package struct ModelFiles: Sendable {
    package let format: String
    /// The program that converted the model, or the empty text.
    package let convertedBy: String
    /// The digest of `model.json`.
    package let digest: SHA256Digest
    let topology: JSONValue
    private let weights: [String: Weight]

    private struct Weight: Sendable {
        let description: WeightDescription
        let group: Int
        let range: Range<Int>
    }

    private let groups: [[UInt8]]

    /// Reads the description and all weight files.
    ///
    /// - Throws: `.unreadable`, `.malformed`, `.wrongLength`, `.limitExceeded`, `.unsupported`.
    package init(path: String) throws(TensorFlowJSError) {
        let bytes = try Self.read(path, bytesMax: TensorFlowJSLimits.descriptionBytesMax)
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(parsing: bytes)
        } catch {
            throw TensorFlowJSError(.malformed, "\(path) is no JSON: \(error.message)")
        }
        guard let manifest = root["weightsManifest"]?.arrayValue else {
            throw TensorFlowJSError(
                .malformed, "\(path) has no weightsManifest: it is no TensorFlow.js model")
        }
        digest = SHA256Digest.of(bytes)
        format = root["format"]?.stringValue ?? "graph-model"
        convertedBy = root["convertedBy"]?.stringValue ?? ""
        topology = root["modelTopology"] ?? .null
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var weights: [String: Weight] = [:]
        var groups: [[UInt8]] = []
        var budget = TensorFlowJSLimits.weightBytesMax
        for group in manifest {
            let (descriptions, bytes) = try Self.group(group, in: folder, bytesMax: budget)
            budget -= bytes.count
            for (description, range) in try Self.layout(descriptions, in: bytes) {
                let weight = Weight(description: description, group: groups.count, range: range)
                guard weights.updateValue(weight, forKey: description.name) == nil else {
                    throw TensorFlowJSError(
                        .malformed, "the weight \(description.name) is described twice")
                }
                guard weights.count <= TensorFlowJSLimits.weightCountMax else {
                    throw TensorFlowJSError(
                        .limitExceeded,
                        "the model has more than \(TensorFlowJSLimits.weightCountMax) weights")
                }
            }
            groups.append(bytes)
        }
        self.weights = weights
        self.groups = groups
    }

    var descriptions: [WeightDescription] {
        weights.values.map(\.description).sorted { $0.name < $1.name }
    }

    func description(of name: String) -> WeightDescription? { weights[name]?.description }

    /// The bytes of all weight files.
    package var weightBytes: Int { groups.reduce(0) { $0 + $1.count } }
}

// MARK: Files

extension ModelFiles {
    private static func read(
        _ path: String, bytesMax: Int
    ) throws(TensorFlowJSError) -> [UInt8] {
        do throws(BundleError) {
            return try BlobFile.read(path, bytesMax: bytesMax)
        } catch {
            throw TensorFlowJSError(
                error.code == .limitExceeded ? .limitExceeded : .unreadable, error.message)
        }
    }

    private static func group(
        _ value: JSONValue, in folder: URL, bytesMax: Int
    ) throws(TensorFlowJSError) -> ([WeightDescription], [UInt8]) {
        guard let paths = value["paths"]?.arrayValue, let weights = value["weights"]?.arrayValue,
            paths.count <= TensorFlowJSLimits.fileCountMax,
            weights.count <= TensorFlowJSLimits.weightCountMax
        else {
            throw TensorFlowJSError(
                .malformed, "a group of the weightsManifest has no paths, no weights or too many")
        }
        let descriptions = try weights.map { value throws(TensorFlowJSError) in
            try WeightDescription(value)
        }
        let announced = try announcedBytes(descriptions, bytesMax: bytesMax)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(announced.isExact ? announced.bytes : 0)
        for path in paths {
            let name = try fileName(path)
            let rest = (announced.isExact ? announced.bytes : bytesMax) - bytes.count
            do throws(TensorFlowJSError) {
                bytes += try read(folder.appendingPathComponent(name).path, bytesMax: rest)
            } catch {
                guard error.code == .limitExceeded, announced.isExact else { throw error }
                throw TensorFlowJSError(
                    .wrongLength,
                    "with \(name) the weight files are longer than the \(announced.bytes) bytes "
                        + "that the weights have")
            }
        }
        guard bytes.count == announced.bytes || !announced.isExact else {
            throw TensorFlowJSError(
                .wrongLength,
                "the weight files hold \(bytes.count) bytes, their weights have "
                    + "\(announced.bytes): a file is cut short or missing from the paths")
        }
        return (descriptions, bytes)
    }

    /// A file beside `model.json`: a description never decides what else is read.
    private static func fileName(_ path: JSONValue) throws(TensorFlowJSError) -> String {
        let name = path.stringValue ?? ""
        guard !name.isEmpty, name != ".", name != "..",
            !name.utf8.contains(where: {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0
            })
        else {
            throw TensorFlowJSError(
                .malformed,
                "the weight file \"\(name)\" is not the plain name of a file beside model.json")
        }
        return name
    }

    /// What all weights but texts have together, and whether that is all.
    private static func announcedBytes(
        _ descriptions: [WeightDescription], bytesMax: Int
    ) throws(TensorFlowJSError) -> (bytes: Int, isExact: Bool) {
        var (sum, isExact) = (0, true)
        for description in descriptions {
            guard let size = description.elementBytes else {
                isExact = false
                continue
            }
            // Counts are limited to 31 bits and there are few weights: this cannot overflow.
            sum += description.count * size
            guard sum <= bytesMax else {
                throw TensorFlowJSError(
                    .limitExceeded,
                    "the weights have more than \(TensorFlowJSLimits.weightBytesMax) bytes, the "
                        + "limit")
            }
        }
        return (sum, isExact)
    }

    private static func layout(
        _ descriptions: [WeightDescription], in bytes: [UInt8]
    ) throws(TensorFlowJSError) -> [(WeightDescription, Range<Int>)] {
        var start = 0
        var ranges: [(WeightDescription, Range<Int>)] = []
        for description in descriptions {
            var end = start
            if let size = description.elementBytes {
                end += description.count * size
            } else {
                // Each text is preceded by its length in four bytes.
                for _ in 0..<description.count where end + 4 <= bytes.count {
                    end += 4 + bytes[end..<end + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
                }
            }
            guard end <= bytes.count else {
                throw TensorFlowJSError(
                    .wrongLength, "the weight files end within the weight \(description.name)")
            }
            ranges.append((description, start..<end))
            start = end
        }
        guard start == bytes.count else {
            throw TensorFlowJSError(
                .wrongLength, "\(bytes.count - start) bytes of the weight files belong to no weight"
            )
        }
        return ranges
    }
}

// MARK: Values

extension ModelFiles {
    /// The elements of a weight of floats, row-major, whatever way they are stored.
    ///
    /// - Throws: `.noTwoTower` if there is no such weight; `.inconsistent` if it is of another
    ///   kind or holds a value that is no number.
    func floats(_ name: String) throws(TensorFlowJSError) -> [Float] {
        let (weight, bytes) = try bytes(of: name, kind: .float32)
        let values: [Float] =
            switch weight.storage {
            case .plain: bytes.values(UInt32.self) { Float(bitPattern: $0) }
            case .float16: bytes.values(UInt16.self) { Float(Float16(bitPattern: $0)) }
            case .uint8(let scale, let low):
                bytes.values(UInt8.self) { Float(Double($0) * scale + low) }
            case .uint16(let scale, let low):
                bytes.values(UInt16.self) { Float(Double($0) * scale + low) }
            }
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            throw TensorFlowJSError(
                .inconsistent,
                "the weight \(name) holds \(values[place]) at place \(place), which is no number")
        }
        return values
    }

    /// The elements of a weight of whole numbers.
    func integers(_ name: String) throws(TensorFlowJSError) -> [Int32] {
        let (weight, bytes) = try bytes(of: name, kind: .int32)
        let rounded = { (value: Double) in
            Int32(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
        }
        return switch weight.storage {
        case .plain: bytes.values(UInt32.self) { Int32(bitPattern: $0) }
        case .uint8(let scale, let low):
            bytes.values(UInt8.self) { rounded(Double($0) * scale + low) }
        case .uint16(let scale, let low):
            bytes.values(UInt16.self) { rounded(Double($0) * scale + low) }
        case .float16: bytes.values(UInt16.self) { rounded(Double(Float16(bitPattern: $0))) }
        }
    }

    private func bytes(
        of name: String, kind: WeightDescription.Kind
    ) throws(TensorFlowJSError) -> (WeightDescription, ArraySlice<UInt8>) {
        guard let weight = weights[name] else {
            throw TensorFlowJSError(
                .noTwoTower,
                "the model has no weight \(name); it has "
                    + descriptions.map(\.name).joined(separator: ", "))
        }
        guard weight.description.kind == kind else {
            throw TensorFlowJSError(
                .inconsistent,
                "the weight \(name) has the dtype \(weight.description.kind.rawValue), expected "
                    + kind.rawValue)
        }
        return (weight.description, groups[weight.group][weight.range])
    }
}

extension ArraySlice<UInt8> {
    /// Little-endian numbers, each made into a value; bytes that fill none are left over.
    fileprivate func values<Number: FixedWidthInteger, Value>(
        _ type: Number.Type, _ body: (Number) -> Value
    ) -> [Value] {
        let size = MemoryLayout<Number>.size
        return withUnsafeBytes { bytes in
            (0..<bytes.count / size).map { place in
                let number = bytes.loadUnaligned(fromByteOffset: place * size, as: Number.self)
                return body(Number(littleEndian: number))
            }
        }
    }
}
