import BundleFormat
import Foundation
import Identifiers
import JSON
import Testing
import Training

extension RatingRecipe {
    /// A recipe that comes with the program.
    static func shipped(_ name: String) throws -> JSONObject {
        let file = Places.repository.appendingPathComponent("Models/Recipes/\(name).json")
        let value = try JSONValue(parsing: [UInt8](try Data(contentsOf: file)))
        return try #require(value.objectValue)
    }

    /// The same for few rows: small, and quick to learn.
    static func small(_ name: String, _ changes: JSONObject = [:]) throws -> RatingRecipe {
        var object = try shipped(name)
        let small: JSONObject = [
            "dimensions": 4, "batch": 16, "epochs": 6, "learning_rate": 0.005,
            "learning_rate_decay": 1, "l2": 0.01,
        ]
        for member in small.members + changes.members { object[member.name] = member.value }
        if object["hidden"] != nil {
            object["hidden"] = changes["hidden"] ?? [20, 9]
            // Tastes that no mean shows are a plateau to a network whose inputs are all near 0.
            object["spread"] = 0.5
        }
        return try #require(try RatingRecipe(object))
    }
}

extension Interactions {
    /// Ninety readers of two tastes rate half of thirty items in half stars: high what is of their
    /// taste, low what is not, so that no mean of an item or a reader can tell.
    static let stars: Interactions = {
        var random = SplitMix64(seed: 5)
        var (readers, items, ratings): ([ReaderIndex], [ItemIndex], [Float]) = ([], [], [])
        for reader in 0..<90 {
            for item in 0..<30 where random.below(2) == 0 {
                let isLiked = reader % 2 == item % 2
                readers.append(ReaderIndex(reader))
                items.append(ItemIndex(item))
                ratings.append((isLiked ? 4 : 1) + Float(random.below(3)) / 2)
            }
        }
        return Interactions(
            readers: (0..<90).map { "reader \($0)" }, items: (0..<30).map { "ITEM\($0)" },
            rowReaders: readers, rowItems: items, rowRatings: ratings)
    }()
}

extension TrainingPipeline.Context {
    static let stars = TrainingPipeline.Context(
        version: 2, created: Date(timeIntervalSince1970: 1_700_000_000),
        items: Interactions.stars.items.map {
            CatalogueItem(key: $0, title: "Title of \($0)", author: "A")
        }, aliases: [])
}
