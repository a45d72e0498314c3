import BundleFormat
import Foundation
import Testing

@Suite struct SafetensorsFileTests {
    private static func file(header: String, tensors: [UInt8] = []) -> Data {
        var file = Data()
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(contentsOf: header.utf8)
        file.append(contentsOf: tensors)
        return file
    }

    private static func refusal(of file: Data) -> BundleError.Code? {
        do throws(BundleError) {
            _ = try SafetensorsFile(mapping: file, blob: "weights.safetensors")
            return nil
        } catch {
            return error.code
        }
    }

    /// A header whose text part is a multiple of eight, so that the tensors are aligned.
    private static func padded(_ header: String) -> String {
        header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    }

    @Test func `tensors of all types come back with shape and values`() throws {
        let file = SafetensorsFile.encoded([
            DraftTensor("bytes", shape: [3], .uint8([1, 2, 255])),
            DraftTensor("floats", shape: [2, 2], .float32([1, -2, 0.5, 4])),
            DraftTensor("longs", shape: [1], .int64([.min])),
            DraftTensor("ints", shape: [2], .int32([-1, 7])),
        ])

        let read = try SafetensorsFile(mapping: file, blob: "w")
        let byName = Dictionary(
            uniqueKeysWithValues: read.tensors.map { ($0.description.name, $0.tensor) })

        #expect(byName["floats"]?.shape == [2, 2])
        #expect(byName["floats"]?.withFloats { Array($0) } == [1, -2, 0.5, 4])
        #expect(byName["longs"]?.withInt64s { Array($0) } == [.min])
        #expect(byName["ints"]?.withInt32s { Array($0) } == [-1, 7])
        #expect(byName["bytes"]?.withUInt8s { Array($0) } == [1, 2, 255])
    }

    @Test func `the order of the drafts does not change the bytes`() {
        let first = DraftTensor("a", shape: [1], .float32([1]))
        let second = DraftTensor("b", shape: [1], .uint8([1]))

        #expect(
            SafetensorsFile.encoded([first, second]) == SafetensorsFile.encoded([second, first]))
    }

    @Test func `a file without tensors is accepted`() {
        #expect(Self.refusal(of: Self.file(header: "{}")) == nil)
    }

    @Test(arguments: [
        #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
            + #""b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#,
        #"{"a":{"dtype":"U8","shape":[9223372036854775807,9],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#,
        #"{"a":7}"#, #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{}}"#, "[]", "{",
    ])
    func `a header that lies about its tensors is refused`(header: String) {
        #expect(Self.refusal(of: Self.file(header: header, tensors: [7])) == .malformed)
    }

    @Test func `a tensor that is not aligned is refused`() {
        let header = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let aligned = Self.padded(header)

        #expect(Self.refusal(of: Self.file(header: aligned, tensors: [0, 0, 0, 0])) == nil)
        #expect(
            Self.refusal(of: Self.file(header: aligned + " ", tensors: [0, 0, 0, 0])) == .malformed)
    }

    @Test func `bytes that no tensor owns are refused`() {
        #expect(Self.refusal(of: Self.file(header: "{}", tensors: [1])) == .malformed)
    }

    @Test(arguments: [0, 7, 8, 9]) func `a file cut short is refused`(length: Int) {
        let whole = Self.file(header: "{}")

        #expect(Self.refusal(of: whole.prefix(length)) == .malformed)
    }

    @Test(arguments: [UInt64.max, 1 << 63, UInt64(BundleLimits.headerBytesMax) + 1])
    func `a header longer than the limit is refused before it is read`(length: UInt64) {
        var file = Data()
        withUnsafeBytes(of: length.littleEndian) { file.append(contentsOf: $0) }
        file.append(contentsOf: "{}".utf8)

        #expect(Self.refusal(of: file) == .limitExceeded)
    }
}
