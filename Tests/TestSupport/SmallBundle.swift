import BundleFormat
import Foundation
import JSON

/// A bundle whose right answers are obvious: readers of even books like only even books, readers
/// of odd books only odd ones.
package enum SmallBundle {
    package static let itemCount = 40
    private static let readerCount = 30
    private static let dimensions = 2
    private static let likedPerReader = 12

    /// The ISBN of a book: a real form with the right check digit.
    package static func isbn(_ item: Int) -> String {
        let body = String(format: "0%08d", 10_000_000 + item)
        let sum = body.utf8.enumerated().reduce(0) { $0 + Int($1.element - 48) * (10 - $1.offset) }
        let check = (11 - sum % 11) % 11
        return body + (check == 10 ? "X" : "\(check)")
    }

    /// The bundle before it is written; equal arguments give equal bytes.
    ///
    /// - Parameter publisherBytes: The length of each book's publisher, to make a larger bundle.
    package static func draft(version: Int, publisherBytes: Int = 0) -> BundleDraft {
        var (items, offsets): ([Int32], [Int64]) = ([], [0])
        for reader in 0..<readerCount {
            let liked = (0..<likedPerReader).map { place in
                (reader % 2 + 2 * ((reader + place * 3) % (itemCount / 2))) % itemCount
            }
            items += Set(liked).sorted().map(Int32.init)
            offsets.append(Int64(items.count))
        }
        let side = { (index: Int) -> [Float] in index.isMultiple(of: 2) ? [1, 0] : [0, 1] }
        let counts = (0..<itemCount).map { item in Int32(items.count { $0 == Int32(item) }) }
        return BundleDraft(
            modelName: "books", version: version, kind: .twoTower,
            created: Date(timeIntervalSince1970: 1_772_359_200),
            tensors: [
                DraftTensor(
                    TwoTowerTensor.itemEmbeddings, shape: [itemCount, dimensions],
                    .float32((0..<itemCount).flatMap(side))),
                DraftTensor(
                    TwoTowerTensor.readerEmbeddings, shape: [readerCount, dimensions],
                    .float32((0..<readerCount).flatMap(side))),
                DraftTensor(
                    ReadershipTensor.readerOffsets, shape: [readerCount + 1], .int64(offsets)),
                DraftTensor(ReadershipTensor.readerItems, shape: [items.count], .int32(items)),
                DraftTensor(
                    ReadershipTensor.readerRatings, shape: [items.count],
                    .uint8(Array(repeating: 8, count: items.count))),
                DraftTensor(ReadershipTensor.itemCounts, shape: [itemCount], .int32(counts)),
            ],
            catalogue: CatalogueDraft(
                items: (0..<itemCount).map { item in
                    CatalogueItem(
                        key: isbn(item), title: "Book \(item)",
                        author: item.isMultiple(of: 2) ? "Eve Even" : "Oda Odd", year: 2_000,
                        publisher: String(repeating: "p", count: publisherBytes))
                },
                readers: (0..<readerCount).map { "reader-\($0)" }),
            golden: GoldenQueries(queries: [], overlapMin: 1), metrics: [:],
            // The version is part of the manifest anyway; this tells two bundles of one version
            // apart in a failure message.
            provenance: ["made_for": "tests"],
            serving: [
                "rule": "reader-vote", "readers": 20, "tower_weight": 0.1, "unrated": 0,
                "rarity": 0, "activity": 0, "damping": 0, "sharpness": 1,
            ])
    }
}
