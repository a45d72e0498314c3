import BundleFormat
import Foundation
import Identifiers
import JSON
import Retrieval

/// A bundle made of a TensorFlow.js model and the tables that its application keeps.
package struct ImportedModel: Sendable {
    /// What the application knows, by the numbers that the model uses.
    package struct Particulars: Sendable {
        /// Rows of the item embeddings, and what they stand for; a second item of a row is
        /// another key of the first.
        package var items: [(row: Int, item: CatalogueItem)] = []
        /// The readers' own ids; a reader who is not named is called by the number.
        package var readers: [Int: String] = [:]
        package var ratings: [Rating] = []

        package init() {}
    }

    /// Who gave what; both by their numbers in the model.
    package struct Rating: Sendable {
        package var reader: Int
        package var item: Int
        /// 0 to 10, or a play count that is normalised to 0...1.
        package var value: Double

        package init(reader: Int, item: Int, value: Double) {
            self.reader = reader
            self.item = item
            self.value = value
        }
    }

    package struct Options: Sendable {
        package var modelName = "books"
        package var version = 1
        package var created = Date()
        package var rule = ServingRule.readerVote(ReaderVote())

        package init() {}
    }

    package let draft: BundleDraft
    package let itemCount: Int
    package let readerCount: Int
    package let pairCount: Int
    /// Ratings of readers or items that the model or the list of items does not have.
    package let ratingsPassedOver: Int

    private static let goldenQueries = 8
    private static let goldenItems = 3
    private static let goldenAnswer = 10
    private static let goldenOverlap = 0.8

    /// - Throws: `.inconsistent` if an item lies outside of the table, there are no items, or no
    ///   rating is of use: without readers' items there is nothing to recommend.
    package init(
        _ towers: Towers, from model: ModelFiles, _ particulars: Particulars,
        options: Options = Options()
    ) throws(TensorFlowJSError) {
        let items = try ImportedItems(particulars.items, in: towers)
        let readers = ImportedReaders(towers, items, particulars.ratings)
        guard readers.pairCount > 0 else {
            throw TensorFlowJSError(
                .inconsistent,
                "none of \(particulars.ratings.count) ratings is of a reader and an item of the "
                    + "model: answers would be empty. Do the tables belong to it?")
        }
        let parts = TwoTowerParts(
            dimensions: towers.dimensions, itemEmbeddings: .owned(items.rows),
            readerEmbeddings: .owned(towers.readerRows),
            readership: ReadershipParts(
                itemCount: items.items.count, readerCount: towers.readers.count,
                offsets: .owned(readers.offsets), items: .owned(readers.items),
                ratings: .owned(readers.ratings),
                itemCounts: .owned(readers.counts(of: items.items.count))))
        itemCount = items.items.count
        readerCount = towers.readers.count
        pairCount = readers.pairCount
        ratingsPassedOver = readers.passedOver
        draft = BundleDraft(
            modelName: options.modelName, version: options.version, kind: .twoTower,
            created: options.created, tensors: parts.draftTensors,
            catalogue: CatalogueDraft(
                items: items.items, aliases: items.aliases,
                readers: towers.readers.map { particulars.readers[Int($0)] ?? "\($0)" }),
            golden: try Self.golden(parts, options.rule),
            metrics: ["protocol": "imported, not evaluated"],
            provenance: [
                "format": .string("TensorFlow.js \(model.format)"),
                "converted_by": .string(model.convertedBy),
                "model_json": .string(model.digest.hex),
                "weight_bytes": JSONValue(model.weightBytes),
                "candidates": JSONValue(towers.candidateCount),
                "candidates_removed": JSONValue(towers.candidateCount - towers.readers.count),
            ],
            serving: options.rule.json)
    }

    private static func golden(
        _ parts: TwoTowerParts, _ rule: ServingRule
    ) throws(TensorFlowJSError) -> GoldenQueries {
        let model = TwoTowerModel(parts)
        let recommender: Recommender
        do throws(RetrievalError) {
            recommender = try Recommender(model: .twoTower(model), rule: rule)
        } catch {
            throw TensorFlowJSError(.inconsistent, error.message)
        }
        var queries: [GoldenQuery] = []
        for reader in 0..<parts.readerCount where queries.count < goldenQueries {
            let liked = model.readership.ratedItems(of: ReaderIndex(reader))
                .prefix(goldenItems).map(\.item)
            guard liked.count == goldenItems else { continue }
            let answer = recommender.recommend(for: liked, limit: goldenAnswer)
            queries.append(
                GoldenQuery(items: liked.map(\.place), expected: answer.map(\.item.place)))
        }
        return GoldenQueries(queries: queries, overlapMin: goldenOverlap)
    }
}

/// The items that have a name, in the order of their rows.
private struct ImportedItems {
    private(set) var items: [CatalogueItem] = []
    private(set) var aliases: [(key: String, item: Int)] = []
    /// Shape (items, dimensions).
    private(set) var rows: [Float] = []
    /// Places by the model's numbers.
    private(set) var places: [Int: Int] = [:]

    init(
        _ named: [(row: Int, item: CatalogueItem)], in towers: Towers
    ) throws(TensorFlowJSError) {
        // `sorted` keeps no order of equals; the place in the list does.
        let ordered = named.enumerated().sorted { left, right in
            (left.element.row, left.offset) < (right.element.row, right.offset)
        }
        for (_, entry) in ordered {
            guard 0 <= entry.row, entry.row < towers.itemCount else {
                throw TensorFlowJSError(
                    .inconsistent,
                    "the item \(entry.item.key) has the index \(entry.row), but the model has "
                        + "rows for \(towers.itemCount) items")
            }
            if let place = places[entry.row] {
                aliases.append((entry.item.key, place))
                continue
            }
            places[entry.row] = items.count
            items.append(entry.item)
            let start = entry.row * towers.dimensions
            rows += towers.itemRows[start..<start + towers.dimensions]
        }
        guard !items.isEmpty else {
            throw TensorFlowJSError(.inconsistent, "no item has a row in the model")
        }
    }
}

/// The readers' items as compressed sparse rows, best rated first.
private struct ImportedReaders {
    private(set) var offsets: [Int64] = [0]
    private(set) var items: [Int32] = []
    private(set) var ratings: [UInt8] = []
    private(set) var passedOver = 0

    var pairCount: Int { items.count }

    /// Play counts of at most 1 are brought to the scale of ratings.
    private static let ratingBest = 10.0

    init(_ towers: Towers, _ named: ImportedItems, _ rows: [ImportedModel.Rating]) {
        var places: [Int: Int] = [:]
        for (place, reader) in towers.readers.enumerated() { places[Int(reader)] = place }
        let largest = rows.reduce(0) { $1.value.isFinite ? max($0, $1.value) : $0 }
        let scale = largest <= 1 ? Self.ratingBest : 1
        var runs = [[Int32: UInt8]](repeating: [:], count: towers.readers.count)
        for row in rows {
            guard let reader = places[row.reader], let item = named.places[row.item],
                row.value.isFinite, row.value >= 0
            else {
                passedOver += 1
                continue
            }
            let rating = Self.rating(row.value * scale)
            runs[reader][Int32(item)] = max(rating, runs[reader][Int32(item)] ?? 0)
        }
        for run in runs {
            let sorted = run.sorted { left, right in
                left.value != right.value ? left.value > right.value : left.key < right.key
            }
            items += sorted.map(\.key)
            ratings += sorted.map(\.value)
            offsets.append(Int64(items.count))
        }
    }

    /// Something given stays something, however little.
    private static func rating(_ value: Double) -> UInt8 {
        value == 0 ? 0 : UInt8(min(255, max(1, value.rounded())))
    }

    func counts(of itemCount: Int) -> [Int32] {
        var counts = [Int32](repeating: 0, count: itemCount)
        for (item, rating) in zip(items, ratings) where rating > 0 { counts[Int(item)] += 1 }
        return counts
    }
}
