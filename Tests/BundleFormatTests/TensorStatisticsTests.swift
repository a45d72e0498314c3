import BundleFormat
import Foundation
import TestSupport
import Testing

@Suite struct TensorStatisticsTests {
    private static func statistics(_ draft: DraftTensor) throws -> TensorStatistics {
        let file = try SafetensorsFile(mapping: SafetensorsFile.encoded([draft]), blob: "w")
        return TensorStatistics(of: try #require(file.tensors.first).tensor)
    }

    @Test func `a table of floats has figures and row norms`() throws {
        let figures = try Self.statistics(
            DraftTensor("t", shape: [2, 2], .float32([3, 4, 0, -1])))

        #expect(figures.count == 4)
        #expect((figures.least, figures.greatest) == (-1, 4))
        #expect(abs(figures.mean - 1.5) < 1e-12)
        #expect(abs(figures.deviation - 4.25.squareRoot()) < 1e-12)
        #expect(abs(figures.norm - 26.0.squareRoot()) < 1e-12)
        let rows = try #require(figures.rowNorms)
        #expect((rows.least, rows.mean, rows.greatest) == (1, 3, 5))
    }

    @Test(arguments: [
        DraftTensor("t", shape: [2], .int64([-4, 8])),
        DraftTensor("t", shape: [2], .int32([-4, 8])),
        DraftTensor("t", shape: [2], .int8([-4, 8])),
    ])
    func `whole numbers have figures without row norms`(draft: DraftTensor) throws {
        let figures = try Self.statistics(draft)

        #expect((figures.least, figures.greatest, figures.mean) == (-4, 8, 2))
        #expect(figures.rowNorms == nil)
    }

    @Test func `bytes are not negative`() throws {
        #expect(try Self.statistics(DraftTensor("t", shape: [1], .uint8([255]))).greatest == 255)
    }

    @Test func `what is no number is counted and left out`() throws {
        let figures = try Self.statistics(
            DraftTensor("t", shape: [3], .float32([.nan, 2, .infinity])))

        #expect(figures.notNumbers == 2)
        #expect((figures.least, figures.greatest, figures.mean) == (2, 2, 2))
    }

    @Test func `a tensor without elements has zeros`() throws {
        let figures = try Self.statistics(DraftTensor("t", shape: [0, 3], .float32([])))

        #expect((figures.count, figures.least, figures.greatest, figures.norm) == (0, 0, 0, 0))
        #expect(figures.rowNorms == nil)
    }

    @Test func `a dtype that is not read is named in the refusal`() {
        let header = #"{"half":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#
        var file = Data()
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(contentsOf: header.utf8 + [0, 0])

        let error = #expect(throws: BundleError.self) {
            try SafetensorsFile(mapping: file, blob: "w")
        }

        #expect(
            error?.message
                == "the tensor half in w has the dtype F16; F32, I64, I32, I8, U8 are read")
    }

    @Test func `a directory is no file of tensors`() throws {
        let folder = try TemporaryDirectory()

        let error = #expect(throws: BundleError.self) { try SafetensorsFile(path: folder.path) }

        #expect(error?.code == .unreadable)
    }
}
