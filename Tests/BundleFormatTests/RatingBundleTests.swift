import BundleFormat
import Foundation
import JSON
import SQLite
import TestSupport
import Testing

/// A bundle is read back as it is written, as a node would: what is refused here is refused there.
@Suite struct RatingBundleTests {
    private static let items = 3
    private static let readers = 2
    private static let dimensions = 2

    private static func floats(_ name: String, _ shape: [Int]) -> DraftTensor {
        DraftTensor(
            name, shape: shape, .float32([Float](repeating: 0.5, count: shape.reduce(1, *))))
    }

    /// A sound network: two embeddings of 2, then layers of 3 and 1.
    private static let tensors: [DraftTensor] = [
        floats(RatingTensor.itemEmbeddings, [items, dimensions]),
        floats(RatingTensor.readerEmbeddings, [readers, dimensions]),
        floats(RatingTensor.layerWeights(1), [4, 3]), floats(RatingTensor.layerBiases(1), [3]),
        floats(RatingTensor.layerWeights(2), [3, 1]), floats(RatingTensor.layerBiases(2), [1]),
        DraftTensor(ReadershipTensor.readerOffsets, shape: [readers + 1], .int64([0, 1, 2])),
        DraftTensor(ReadershipTensor.readerItems, shape: [2], .int32([0, 2])),
        DraftTensor(ReadershipTensor.readerRatings, shape: [2], .uint8([5, 4])),
        DraftTensor(ReadershipTensor.itemCounts, shape: [items], .int32([1, 0, 1])),
    ]

    private static func draft(
        replacing changes: [String: DraftTensor?] = [:], kind: ModelKind = .ratingMLP
    ) -> BundleDraft {
        var tensors = Self.tensors.filter { changes[$0.name] == nil }
        tensors += changes.values.compactMap(\.self)
        return BundleDraft(
            modelName: "ratings", version: 1, kind: kind,
            created: Date(timeIntervalSince1970: 1_772_359_200), tensors: tensors,
            catalogue: CatalogueDraft(
                items: (0..<items).map { CatalogueItem(key: "I\($0)", title: "", author: "") },
                readers: ["a", "b"]),
            golden: GoldenQueries(queries: [], overlapMin: 1), metrics: [:], provenance: [:],
            serving: [
                "rule": "predicted-rating", "rating_scale": 1, "rating_min": 1, "rating_max": 5,
            ])
    }

    private static func refusal(of draft: BundleDraft) throws -> BundleError? {
        let directory = try TemporaryDirectory()
        do throws(BundleError) {
            try draft.write(to: directory.file("bundle"))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a network whose layers fit is opened`() throws {
        #expect(try Self.refusal(of: Self.draft()) == nil)
    }

    private static let missing = tensors.map(\.name)

    @Test(arguments: missing)
    func `a network without one of its tensors is refused with a sentence`(name: String) throws {
        let error = try #require(
            try Self.refusal(of: Self.draft(replacing: [name: DraftTensor?.none])))

        #expect(error.code == .inconsistent)
        #expect(!error.message.isEmpty)
    }

    /// The tensor, and a shape that does not go with the others.
    private static let misfits: [(String, [Int])] = [
        (RatingTensor.layerWeights(1), [0, 3]), (RatingTensor.layerWeights(1), [4, 0]),
        (RatingTensor.layerWeights(1), [3, 4]), (RatingTensor.layerWeights(1), [12]),
        (RatingTensor.layerWeights(1), [4, 3, 1]), (RatingTensor.layerWeights(1), []),
        (RatingTensor.layerWeights(1), [8, 3]), (RatingTensor.layerBiases(1), [0]),
        (RatingTensor.layerBiases(1), [4]), (RatingTensor.layerBiases(1), [1, 3]),
        (RatingTensor.layerWeights(2), [3, 2]), (RatingTensor.layerWeights(2), [4, 1]),
        (RatingTensor.layerBiases(2), []), (RatingTensor.layerBiases(2), [2]),
        (RatingTensor.itemEmbeddings, [3, 0]), (RatingTensor.itemEmbeddings, [3, 4]),
        (RatingTensor.readerEmbeddings, [2, 3]), (RatingTensor.readerEmbeddings, [3, 2]),
        (RatingTensor.itemEmbeddings, [4, 2]), (RatingTensor.itemEmbeddings, [6]),
    ]

    @Test(arguments: misfits)
    func `a layer or table of another shape is refused with a sentence`(
        name: String, shape: [Int]
    ) throws {
        let error = try #require(
            try Self.refusal(of: Self.draft(replacing: [name: Self.floats(name, shape)])))

        #expect(error.code == .inconsistent)
        #expect(!error.message.isEmpty)
    }

    /// Products of extents beyond what an integer holds must not wrap round to a right length.
    @Test(arguments: [[1 << 62, 4], [1 << 32, 1 << 32], [.max, .max], [-4, -3]])
    func `a shape whose length no file has is refused`(shape: [Int]) {
        var header = JSONObject()
        header[RatingTensor.layerWeights(1)] = [
            "dtype": "F32", "shape": .array(shape.map { JSONValue($0) }), "data_offsets": [0, 48],
        ]
        let text = JSONValue.object(header).encoded()
        var file = Data()
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(contentsOf: text)
        file.append(Data(count: 48))

        let error = #expect(throws: BundleError.self) {
            try SafetensorsFile(mapping: file, blob: "weights")
        }

        #expect(error?.code == .malformed)
    }

    @Test func `a layer wider than the limit is refused with both numbers`() throws {
        let width = BundleLimits.layerWidthMax + 1
        let (weights, biases) = (RatingTensor.layerWeights(1), RatingTensor.layerBiases(1))

        let error = try #require(
            try Self.refusal(
                of: Self.draft(replacing: [
                    weights: Self.floats(weights, [4, width]),
                    biases: Self.floats(biases, [width]),
                    RatingTensor.layerWeights(2): Self.floats(
                        RatingTensor.layerWeights(2), [width, 1]),
                ])))

        #expect(error.code == .limitExceeded)
        #expect(error.message.contains("\(width)") && error.message.contains("65536"))
    }

    @Test func `layers of whole numbers are refused`() throws {
        let name = RatingTensor.layerBiases(2)

        let error = try Self.refusal(
            of: Self.draft(replacing: [name: DraftTensor(name, shape: [1], .int32([1]))]))

        #expect(error?.code == .inconsistent)
    }

    @Test(arguments: [Float.nan, .infinity])
    func `a layer with a value that is no number is refused`(value: Float) throws {
        let name = RatingTensor.layerBiases(2)

        let error = try Self.refusal(
            of: Self.draft(replacing: [name: DraftTensor(name, shape: [1], .float32([value]))]))

        #expect(error?.code == .inconsistent)
    }

    @Test func `a dot product without its biases is refused`() throws {
        let error = try Self.refusal(of: Self.draft(kind: .ratingDot))

        #expect(error?.code == .inconsistent)
        #expect(error?.message.contains("item_biases") == true)
    }

    /// A catalogue that somebody else wrote, with a manifest that vouches for it.
    private static func tamper(_ directory: String, _ sql: String) throws {
        let path = "\(directory)/\(BundleFile.catalogue)"
        try SQLiteConnection(path: path, mode: .readWrite).execute(sql)
        let file = URL(fileURLWithPath: "\(directory)/\(BundleFile.manifest)")
        var manifest = try BundleManifest(parsing: [UInt8](Data(contentsOf: file)))
        let (digest, bytes) = try BlobFile.digest(of: path)
        manifest.blobs = manifest.blobs.map { blob in
            blob.name == BundleFile.catalogue
                ? BlobDescription(name: blob.name, digest: digest, bytes: bytes) : blob
        }
        try Data(manifest.encoded()).write(to: file)
    }

    /// Its number would be taken for a row of the embeddings.
    @Test(arguments: ["-1", "3", "9223372036854775807", "'many'"])
    func `a key that leads to no item is refused`(item: String) throws {
        let directory = try TemporaryDirectory()
        try Self.draft().write(to: directory.file("bundle"))
        try Self.tamper(
            directory.file("bundle"), "INSERT INTO item_keys VALUES ('ELSEWHERE', \(item))")

        let error = #expect(throws: BundleError.self) {
            try ModelBundle(directory: directory.file("bundle"))
        }

        #expect(error?.code == .inconsistent)
        #expect(error?.message.contains("keys of no item") == true)
    }

    @Test func `a further key of the last item is taken`() throws {
        let directory = try TemporaryDirectory()
        try Self.draft().write(to: directory.file("bundle"))
        try Self.tamper(
            directory.file("bundle"), "INSERT INTO item_keys VALUES ('ELSEWHERE', 2)")

        let bundle = try ModelBundle(directory: directory.file("bundle"))

        #expect(try bundle.catalogue.index(ofFirst: ["ELSEWHERE"]) == 2)
    }
}

@Suite struct GoldenReaderTests {
    private static func queries(_ reader: String) throws(BundleError) -> GoldenQueries {
        let text = """
            {"overlap_min": 1, "queries": [{"items": [], "reader": \(reader), "expected": [0]}]}
            """
        return try GoldenQueries(parsing: Array(text.utf8), itemCount: 1, readerCount: 2)
    }

    @Test(arguments: [0, 1])
    func `a reader of the catalogue is taken`(reader: Int) throws {
        #expect(try Self.queries("\(reader)").queries.first?.reader == reader)
    }

    @Test(arguments: [
        "-1", "2", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e300",
        "0.5", "null", "true", "\"0\"", "[0]", "{}",
    ])
    func `a reader who does not exist is refused with a sentence`(reader: String) {
        let error = #expect(throws: BundleError.self) { try Self.queries(reader) }

        #expect(error?.code == .malformed)
        #expect(error?.message.contains("reader") == true)
    }

    @Test func `a bundle without readers has no golden reader`() {
        let text = #"{"overlap_min": 1, "queries": [{"items": [], "reader": 0, "expected": []}]}"#

        #expect(throws: BundleError.self) {
            try GoldenQueries(parsing: Array(text.utf8), itemCount: 1, readerCount: 0)
        }
    }
}
