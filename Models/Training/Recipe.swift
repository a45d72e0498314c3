import JSON
import Retrieval

/// How a model is trained, judged and served: one JSON file.
package struct Recipe: Sendable {
    /// The model's name, and the channel on which it is published.
    package var model: String
    package var settings: RecipeSettings
    package var split: ReaderSplit.Rules
    package var mergesEditions: Bool
    package var requiresTitles: Bool
    /// Whether ISBNs stay as they were written, so that a split is the protocol's byte for byte.
    package var keepsKeys: Bool
    /// The rules that compete on validation readers; the first is taken if there are none.
    package var candidates: [ServingRule]
    /// The NDCG@10 on test readers below which the training says that something is wrong.
    package var expectedNDCG: Double
    /// What the files of the bundle may have together; a larger one is not written.
    package var bundleBytesMax: Int
    /// What `--tune` tries, if the recipe says.
    package var grid: TuningGrid?
    /// The recipe as it was read, for the bundle's provenance.
    package var source: JSONObject

    private static let bundleBytesDefault = 30_000_000
    private static let bundleBytesLimit = 8 << 30

    /// - Throws: `.badRecipe` with the member at fault; an unknown member is a fault too.
    package init(_ object: JSONObject) throws(TrainingError) {
        var fields = RecipeFields(object)
        source = object
        model = try fields.text("model")
        settings = try RecipeSettings(&fields)
        split = ReaderSplit.Rules(
            likedRatingMin: Float(try fields.real("liked_rating_min", 0...1_000_000)),
            draws: try fields.whole("evaluation_draws", 1...100))
        mergesEditions = try fields.flag("merge_editions")
        requiresTitles = try fields.flag("require_titles")
        keepsKeys = try fields.flag("keep_keys", default: false)
        expectedNDCG = try fields.real("expected_ndcg_min", 0...1)
        bundleBytesMax = try fields.whole(
            "bundle_bytes_max", 1...Self.bundleBytesLimit, default: Self.bundleBytesDefault)
        candidates = try fields.rules("serving")
        grid = try fields.object("grid").map { object throws(TrainingError) in
            try TuningGrid(object)
        }
        try fields.refuseUnread()
    }
}
