import Foundation
import JSON

/// The tensor file of a bundle, in the `safetensors` format that Python reads and writes.
///
/// | Offset | Size | Meaning |
/// |---|---|---|
/// | 0 | 8 | n: the header's length, unsigned, little-endian |
/// | 8 | n | JSON: `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}` |
/// | 8 + n | rest | the tensors, row-major, little-endian; offsets count from here |
///
/// Stricter than the reference reader: a header of at most 1 MiB that begins with `{`, no name
/// twice, tensors without overlap and without gaps from the first byte to the last, length equal
/// to type times shape, each aligned to its element's size.
package struct SafetensorsFile: Sendable {
    package let tensors: [(description: TensorDescription, tensor: MappedTensor)]

    private static let lengthBytes = 8

    /// Maps a file and checks its header; no tensor value is read yet.
    ///
    /// - Parameter blob: The name under which the manifest knows the file.
    /// - Throws: `.malformed`, `.limitExceeded`.
    package init(mapping file: Data, blob: String) throws(BundleError) {
        let (header, start) = try Self.header(of: file, blob: blob)
        guard header.count <= BundleLimits.tensorCountMax else {
            throw BundleError(
                .limitExceeded,
                "\(blob) holds \(header.count) tensors, the limit is \(BundleLimits.tensorCountMax)"
            )
        }
        var entries: [(description: TensorDescription, range: Range<Int>)] = []
        for member in header.members where member.name != "__metadata__" {
            entries.append(try Self.entry(member.name, member.value, blob: blob))
        }
        entries.sort { $0.range.lowerBound < $1.range.lowerBound }
        try Self.checkLayout(entries, bytes: file.count - start, blob: blob)
        tensors = try entries.map { entry throws(BundleError) in
            let offset = start + entry.range.lowerBound
            guard offset.isMultiple(of: entry.description.elementType.bytes) else {
                throw BundleError(
                    .malformed, "the tensor \(entry.description.name) in \(blob) is not aligned")
            }
            return (entry.description, MappedTensor(entry.description, in: file, at: offset))
        }
    }

    /// Maps any file of the format, such as one that Python wrote.
    ///
    /// - Throws: `.unreadable` as well.
    package init(path: String) throws(BundleError) {
        try self.init(mapping: try BlobFile.map(path), blob: path)
    }

    private static func header(of file: Data, blob: String) throws(BundleError)
        -> (JSONObject, start: Int)
    {
        guard file.count >= lengthBytes else {
            throw BundleError(.malformed, "\(blob) is too short for a safetensors file")
        }
        let announced = file.prefix(lengthBytes).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard announced <= UInt64(BundleLimits.headerBytesMax) else {
            throw BundleError(
                .limitExceeded,
                "the header of \(blob) has \(announced) bytes, the limit is "
                    + "\(BundleLimits.headerBytesMax)")
        }
        let start = lengthBytes + Int(announced)
        guard start <= file.count, file.count > lengthBytes,
            file[file.startIndex + lengthBytes] == UInt8(ascii: "{")
        else { throw BundleError(.malformed, "the header of \(blob) is cut off or no object") }
        let limits = JSONLimits(
            depthMax: BundleLimits.depthMax, valueCountMax: BundleLimits.valueCountMax)
        do throws(JSONError) {
            let text = [UInt8](file.dropFirst(lengthBytes).prefix(Int(announced)))
            guard let object = try JSONValue(parsing: text, limits: limits).objectValue else {
                throw JSONError(.unexpectedShape, "it is no object")
            }
            return (object, start)
        } catch {
            throw BundleError(.malformed, "the header of \(blob): \(error.message)", cause: error)
        }
    }

    private static func entry(_ name: String, _ value: JSONValue, blob: String)
        throws(BundleError) -> (description: TensorDescription, range: Range<Int>)
    {
        let typeName = value["dtype"]?.stringValue ?? "none"
        guard let type = ElementType(rawValue: typeName) else {
            throw BundleError(
                .malformed,
                "the tensor \(name) in \(blob) has the dtype \(typeName); "
                    + ElementType.allCases.map(\.rawValue).joined(separator: ", ") + " are read")
        }
        guard let extents = value["shape"]?.arrayValue,
            extents.count <= BundleLimits.dimensionCountMax,
            let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
            let begin = offsets[0].integerValue, let end = offsets[1].integerValue,
            begin >= 0, begin <= end
        else { throw BundleError(.malformed, "the tensor \(name) in \(blob) is not described") }
        let shape = extents.compactMap(\.integerValue)
        let description = TensorDescription(
            name: name, elementType: type, shape: shape, blob: blob)
        guard shape.count == extents.count, shape.allSatisfy({ $0 >= 0 }),
            description.bytes == end - begin
        else {
            throw BundleError(
                .malformed, "the tensor \(name) in \(blob) has another length than its shape")
        }
        return (description, begin..<end)
    }

    private static func checkLayout(
        _ entries: [(description: TensorDescription, range: Range<Int>)], bytes: Int, blob: String
    ) throws(BundleError) {
        var expected = 0
        for entry in entries {
            guard entry.range.lowerBound == expected else {
                throw BundleError(
                    .malformed, "the tensor \(entry.description.name) in \(blob) overlaps or gaps")
            }
            expected = entry.range.upperBound
        }
        guard expected == bytes else {
            throw BundleError(
                .malformed, "\(blob) holds \(bytes) bytes of tensors, its header says \(expected)")
        }
    }
}

extension SafetensorsFile {
    /// The bytes of a file with these tensors, widest elements first so that all are aligned.
    package static func encoded(_ tensors: [DraftTensor]) -> Data {
        let ordered = tensors.sorted { left, right in
            (-left.elementType.bytes, left.name) < (-right.elementType.bytes, right.name)
        }
        var header = JSONObject()
        var offset = 0
        for tensor in ordered {
            let end = offset + tensor.shape.reduce(tensor.elementType.bytes, *)
            header[tensor.name] = [
                "dtype": .string(tensor.elementType.rawValue),
                "shape": .array(tensor.shape.map { JSONValue($0) }),
                "data_offsets": [JSONValue(offset), JSONValue(end)],
            ]
            offset = end
        }
        var text = JSONValue.object(header).encoded()
        // Spaces at the end of the header keep the first tensor on a multiple of eight.
        while !text.count.isMultiple(of: lengthBytes) { text.append(UInt8(ascii: " ")) }
        var file = Data(capacity: lengthBytes + text.count + offset)
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(contentsOf: text)
        for tensor in ordered { tensor.withBytes { file.append(contentsOf: $0) } }
        return file
    }
}
