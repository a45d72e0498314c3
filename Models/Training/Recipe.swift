import JSON
import Retrieval

/// How a model is trained, judged and served: one JSON file.
package struct Recipe: Sendable {
    /// The model's name, and the channel on which it is published.
    package var model: String
    package var settings = TwoTowerSettings()
    package var split: ReaderSplit.Rules
    package var mergesEditions: Bool
    package var requiresTitles: Bool
    /// The rules that compete on validation readers; the first is taken if there are none.
    package var candidates: [ServingRule]
    /// The NDCG@10 on test readers below which the training says that something is wrong.
    package var expectedNDCG: Double
    /// The recipe as it was read, for the bundle's provenance.
    package var source: JSONObject

    private static let kind = "two-tower"

    /// - Throws: `.badRecipe` with the member at fault; an unknown member is a fault too.
    package init(parsing bytes: [UInt8]) throws(TrainingError) {
        let object: JSONObject
        do throws(JSONError) {
            guard let parsed = try JSONValue(parsing: bytes).objectValue else {
                throw JSONError(.unexpectedShape, "it is no JSON object")
            }
            object = parsed
        } catch {
            throw TrainingError(.badRecipe, "the recipe: \(error.message)", cause: error)
        }
        var fields = RecipeFields(object)
        source = object
        model = try fields.text("model")
        guard try fields.text("kind") == Self.kind else {
            throw TrainingError(.badRecipe, "this trainer knows the kind \"\(Self.kind)\" only")
        }
        settings.dimensions = try fields.whole("dimensions", 1...256)
        settings.batch = try fields.whole("batch", 2...65_536)
        settings.epochs = try fields.whole("epochs", 1...10_000)
        settings.drawsPerPair = try fields.whole("draws_per_item", 1...1_000)
        settings.queryItems = try fields.whole("query_items", 1...16)
        settings.learningRate = Float(try fields.real("learning_rate", 1e-6...10))
        settings.seed = UInt64(try fields.whole("seed", 0...Int.max))
        settings.masksRepeatedReaders = try fields.flag("mask_repeated_readers")
        split = ReaderSplit.Rules(
            likedRatingMin: Float(try fields.real("liked_rating_min", 0...1_000_000)),
            draws: try fields.whole("evaluation_draws", 1...100))
        mergesEditions = try fields.flag("merge_editions")
        requiresTitles = try fields.flag("require_titles")
        expectedNDCG = try fields.real("expected_ndcg_min", 0...1)
        candidates = try fields.rules("serving")
        try fields.refuseUnread()
    }
}
