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

/// Reads the members of a recipe and remembers which were read.
private struct RecipeFields {
    private var unread: JSONObject

    init(_ object: JSONObject) { unread = object }

    mutating func text(_ name: String) throws(TrainingError) -> String {
        guard let text = take(name)?.stringValue, !text.isEmpty else { throw wrong(name, "text") }
        return text
    }

    mutating func flag(_ name: String) throws(TrainingError) -> Bool {
        guard let flag = take(name)?.boolValue else { throw wrong(name, "true or false") }
        return flag
    }

    mutating func whole(_ name: String, _ range: ClosedRange<Int>) throws(TrainingError) -> Int {
        guard let number = take(name)?.integerValue, range.contains(number) else {
            throw wrong(
                name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func real(
        _ name: String, _ range: ClosedRange<Double>
    ) throws(TrainingError) -> Double {
        guard let number = take(name)?.doubleValue, range.contains(number) else {
            throw wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func rules(_ name: String) throws(TrainingError) -> [ServingRule] {
        guard let values = take(name)?.arrayValue, !values.isEmpty else {
            throw wrong(name, "a list of at least one serving rule")
        }
        return try values.map { value throws(TrainingError) in
            guard let object = value.objectValue else { throw wrong(name, "a list of objects") }
            do throws(RetrievalError) {
                return try ServingRule(object)
            } catch {
                throw TrainingError(.badRecipe, "\"\(name)\": \(error.message)", cause: error)
            }
        }
    }

    func refuseUnread() throws(TrainingError) {
        guard let name = unread.names.first else { return }
        throw TrainingError(.badRecipe, "the recipe has an unknown member \"\(name)\"")
    }

    private mutating func take(_ name: String) -> JSONValue? {
        defer { unread[name] = nil }
        return unread[name]
    }

    private func wrong(_ name: String, _ what: String) -> TrainingError {
        TrainingError(.badRecipe, "the recipe's member \"\(name)\" must be \(what)")
    }
}
