import BundleFormat
import Foundation
import JSON
import TestSupport
import Testing

@testable import TensorFlowJS

@Suite struct ModelFilesTests {
    private static func refusal(
        _ model: HandmadeModel, shards: [[UInt8]]? = nil
    ) throws -> TensorFlowJSError {
        let folder = try TemporaryDirectory()
        return try #require(
            throws: TensorFlowJSError.self,
            performing: { try model.read(in: folder, shards: shards) })
    }

    @Test func `weights come from files that are cut anywhere`() throws {
        let folder = try TemporaryDirectory()

        let files = try HandmadeModel().read(in: folder)

        #expect(try files.integers("ids") == [7, 5, 7])
        #expect(try files.floats("items") == [1, 2, 3, 4])
        #expect(try files.floats("rows") == [0.5, -1, 2, 2, 0.5, -1])
        #expect(files.weightBytes == 52)
    }

    @Test(arguments: [
        "../a.bin", "/etc/passwd", "sub/a.bin", "..", ".", "", "a.bin\0b", "..\\a.bin",
    ])
    func `a path that leaves the folder is refused`(path: String) throws {
        var model = HandmadeModel()
        model.paths = [.string(path), "b.bin"]

        let error = try Self.refusal(model)

        #expect(error.code == .malformed)
        #expect(error.message.contains("not the plain name of a file"))
    }

    @Test func `a link instead of a file is refused`() throws {
        let folder = try TemporaryDirectory()
        var model = HandmadeModel()
        model.paths = ["link.bin"]
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/link.bin", withDestinationPath: "/etc/hostname")

        let error = #expect(throws: TensorFlowJSError.self) { try model.read(in: folder) }

        #expect(error?.code == .unreadable)
    }

    @Test func `a file that is not there is named`() throws {
        var model = HandmadeModel()
        model.paths = ["a.bin", "c.bin"]

        let error = try Self.refusal(model)

        #expect(error.code == .unreadable)
        #expect(error.message.contains("c.bin"))
    }

    @Test(arguments: [
        [[9_223_372_036_854_775_807, 2], [1, 1]], [[4_294_967_296, 4_294_967_296], [1, 1]],
        [[2_147_483_649], [1]], [[600_000_000], [1]],
    ])
    func `sizes that overflow or exceed the limit are refused`(shapes: [[Int64]]) throws {
        var model = HandmadeModel()
        model.weights = .array(
            shapes.enumerated().map { index, shape in
                [
                    "name": .string("w\(index)"), "shape": .array(shape.map { .integer($0) }),
                    "dtype": "float32",
                ]
            })

        #expect(try Self.refusal(model).code == .limitExceeded)
    }

    @Test(arguments: [-1, 1]) func `files a byte too short or too long are refused`(
        difference: Int
    ) throws {
        let model = HandmadeModel()
        let bytes = difference < 0 ? Array(model.bytes.dropLast()) : model.bytes + [0]

        let error = try Self.refusal(
            model, shards: [Array(bytes.prefix(9)), Array(bytes.dropFirst(9))])

        #expect(error.code == .wrongLength)
        #expect(error.message.contains("52"))
    }

    @Test(
        arguments: [
            ["name": "ids", "shape": [-3], "dtype": "int32"],
            ["name": "ids", "shape": [1.5], "dtype": "int32"],
            ["name": "ids", "shape": 3, "dtype": "int32"], ["shape": [3], "dtype": "int32"], 7,
            ["name": "ids", "shape": [3], "dtype": "float32", "quantization": ["dtype": "uint8"]],
        ] as [JSONValue])
    func `a weight that is not described is refused`(weight: JSONValue) throws {
        var model = HandmadeModel()
        model.weights = [weight]

        #expect(try Self.refusal(model).code == .malformed)
    }

    @Test func `a dtype that is not known is refused by name`() throws {
        var model = HandmadeModel()
        model.weights = [["name": "ids", "shape": [3], "dtype": "float64"]]

        let error = try Self.refusal(model)

        #expect(error.code == .unsupported)
        #expect(error.message.contains("float64"))
    }

    @Test func `a weight that is described twice is refused`() throws {
        var model = HandmadeModel()
        let once = model.weights.arrayValue?.first ?? .null
        model.weights = .array([once] + (model.weights.arrayValue ?? []))
        model.numbers = [1, 2, 3] + model.numbers

        #expect(try Self.refusal(model).code == .malformed)
    }

    @Test(arguments: [Float.nan, .infinity]) func `a value that is no number is refused`(
        value: Float
    ) throws {
        var model = HandmadeModel()
        model.numbers[4] = value.bitPattern
        let folder = try TemporaryDirectory()
        let files = try model.read(in: folder)

        let error = #expect(throws: TensorFlowJSError.self) { try Towers(files) }

        #expect(error?.code == .inconsistent)
        #expect(error?.message.contains("items") == true)
    }

    @Test func `texts among the weights are passed over`() throws {
        var model = HandmadeModel()
        model.weights = .array(
            [["name": "names", "shape": [2], "dtype": "string"]]
                + (model.weights.arrayValue ?? []))
        let texts: [UInt8] = [2, 0, 0, 0, 65, 66, 1, 0, 0, 0, 67]
        let folder = try TemporaryDirectory()

        let files = try model.read(in: folder, shards: [texts, model.bytes])

        #expect(try files.integers("ids") == [7, 5, 7])
    }

    @Test func `a text longer than its file is refused`() throws {
        var model = HandmadeModel()
        model.weights = [["name": "names", "shape": [1], "dtype": "string"]]

        let error = try Self.refusal(model, shards: [[255, 255, 255, 255], [1]])

        #expect(error.code == .wrongLength)
    }

    @Test func `any other JSON is no model`() throws {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/model.json"
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path))

        let error = #expect(throws: TensorFlowJSError.self) { try ModelFiles(path: path) }

        #expect(error?.code == .malformed)
    }
}
