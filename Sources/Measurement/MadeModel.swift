import BundleFormat
import Foundation
import JSON

/// A two-tower model with random numbers in the shape of a real one, to measure with.
///
/// Every reader's best rated items are more than an answer has, so that each question is answered
/// with a full list, as by HarperDB's rule of the nearest reader.
package struct MadeModel: Sendable {
    package let readerCount: Int
    package let itemCount: Int
    package let dimensions: Int
    /// Shape (items, dimensions).
    package let itemRows: [Float]
    /// Shape (readers, dimensions).
    package let readerRows: [Float]
    /// Each reader's items, ``itemsPerReader`` of them, best rated first.
    package let readerItems: [Int32]
    package let items: [CatalogueItem]

    package static let itemsPerReader = 24
    /// Items that each reader rated best: an answer's ten, and some that a question may name.
    private static let bestRated = 14
    private static let ratingBest = 10
    private static let modelName = "books"

    /// - Parameter itemCount: At least twice ``itemsPerReader``.
    package init(
        readers readerCount: Int, items itemCount: Int, dimensions: Int,
        using random: inout some RandomNumberGenerator
    ) {
        precondition(itemCount >= 2 * Self.itemsPerReader, "a reader's items are distinct")
        (self.readerCount, self.itemCount) = (readerCount, itemCount)
        self.dimensions = dimensions
        itemRows = Self.rows(itemCount * dimensions, using: &random)
        readerRows = Self.rows(readerCount * dimensions, using: &random)
        var readerItems: [Int32] = []
        for _ in 0..<readerCount {
            let start = Int.random(in: 0..<itemCount, using: &random)
            let step = Int.random(in: 1..<itemCount / Self.itemsPerReader, using: &random)
            readerItems += (0..<Self.itemsPerReader).map { Int32((start + $0 * step) % itemCount) }
        }
        self.readerItems = readerItems
        items = (0..<itemCount).map(Self.item)
    }

    private static func rows(
        _ count: Int, using random: inout some RandomNumberGenerator
    ) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    /// The rating at a place of a reader's list.
    package static func rating(at place: Int) -> UInt8 {
        UInt8(max(1, ratingBest - max(0, place - bestRated + 1)))
    }

    /// Keys that no question's catalogue takes for an ISBN of another edition.
    package static func key(_ item: Int) -> String { String(format: "MADE%06d", item) }

    private static func item(_ index: Int) -> CatalogueItem {
        CatalogueItem(
            key: key(index),
            title: "The \(word(index * 7)) of \(word(index * 31 + 5)) and \(word(index * 131 + 9))",
            author: "\(word(index / 4).capitalized) \(word(index / 4 * 57 + 3).capitalized)",
            year: 1_950 + index % 70, publisher: "\(word(index % 97).capitalized) & Daughters")
    }

    private static let syllables = [
        "ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu",
        "ya", "ze", "bri", "clo", "dru",
    ]

    /// Four syllables, another word for each number below 160,000.
    private static func word(_ number: Int) -> String {
        var rest = number
        return (0..<4).map { _ in
            defer { rest /= syllables.count }
            return syllables[rest % syllables.count]
        }.joined()
    }
}

// MARK: As a bundle

extension MadeModel {
    package func draft(version: Int) -> BundleDraft {
        let pairs = readerItems.count
        let offsets = (0...readerCount).map { Int64($0 * Self.itemsPerReader) }
        var counts = [Int32](repeating: 0, count: itemCount)
        for item in readerItems { counts[Int(item)] += 1 }
        return BundleDraft(
            modelName: Self.modelName, version: version, kind: .twoTower,
            created: Date(timeIntervalSince1970: 1_772_359_200),
            tensors: [
                DraftTensor(
                    TwoTowerTensor.itemEmbeddings, shape: [itemCount, dimensions],
                    .float32(itemRows)),
                DraftTensor(
                    TwoTowerTensor.readerEmbeddings, shape: [readerCount, dimensions],
                    .float32(readerRows)),
                DraftTensor(
                    ReadershipTensor.readerOffsets, shape: [readerCount + 1], .int64(offsets)),
                DraftTensor(ReadershipTensor.readerItems, shape: [pairs], .int32(readerItems)),
                DraftTensor(ReadershipTensor.readerRatings, shape: [pairs], .uint8(ratings)),
                DraftTensor(ReadershipTensor.itemCounts, shape: [itemCount], .int32(counts)),
            ],
            catalogue: CatalogueDraft(
                items: items, readers: (0..<readerCount).map { "reader-\($0)" }),
            golden: GoldenQueries(queries: [], overlapMin: 1), metrics: [:],
            provenance: ["made_for": "measuring"], serving: ["rule": "nearest-reader"])
    }

    private var ratings: [UInt8] {
        readerItems.indices.map { Self.rating(at: $0 % Self.itemsPerReader) }
    }

    /// Keys of items to ask with.
    package func question(
        of count: Int, using random: inout some RandomNumberGenerator
    ) -> [String] {
        (0..<count).map { _ in Self.key(Int.random(in: 0..<itemCount, using: &random)) }
    }
}

// MARK: For peers

extension MadeModel {
    /// Writes the same model for programs in other languages.
    ///
    /// | File | Content |
    /// |---|---|
    /// | `items.f32`, `readers.f32` | embeddings, row-major floats, little-endian |
    /// | `reader_items.i32` | the readers' items, ``itemsPerReader`` each, best rated first |
    /// | `shape.json` | `dimensions`, `items_per_reader`, `ratings` by place in a reader's list |
    /// | `items.json` | the records, as answers show them |
    package func write(to directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try itemRows.withUnsafeBytes { Data($0) }
            .write(to: directory.appendingPathComponent("items.f32"))
        try readerRows.withUnsafeBytes { Data($0) }
            .write(to: directory.appendingPathComponent("readers.f32"))
        try readerItems.withUnsafeBytes { Data($0) }
            .write(to: directory.appendingPathComponent("reader_items.i32"))
        let shape: JSONValue = [
            "dimensions": JSONValue(dimensions), "items_per_reader": JSONValue(Self.itemsPerReader),
            "ratings": .array(
                (0..<Self.itemsPerReader).map { JSONValue(Int(Self.rating(at: $0))) }),
        ]
        try Data(shape.encoded()).write(to: directory.appendingPathComponent("shape.json"))
        let records = JSONValue.array(items.enumerated().map { .object(Self.record($1, at: $0)) })
        try Data(records.encoded()).write(to: directory.appendingPathComponent("items.json"))
    }

    private static func record(_ item: CatalogueItem, at index: Int) -> JSONObject {
        [
            "isbn": .string(item.key), "title": .string(item.title),
            "search": .string(item.searchText), "author": .string(item.author),
            "year": item.year.map { JSONValue($0) } ?? .null,
            "publisher": .string(item.publisher), "id": JSONValue(index),
            "__createdtime__": .integer(1_772_359_200_000),
            "__updatedtime__": .integer(1_772_359_200_000),
        ]
    }
}
