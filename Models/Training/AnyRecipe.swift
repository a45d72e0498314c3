import JSON

/// A recipe of either sort: for a model that ranks items, or for one that predicts ratings.
package enum AnyRecipe: Sendable {
    case ranking(Recipe)
    case rating(RatingRecipe)

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
        try self.init(object)
    }

    /// - Throws: `.badRecipe` with the member at fault; an unknown member is a fault too.
    package init(_ object: JSONObject) throws(TrainingError) {
        if let recipe = try RatingRecipe(object) {
            self = .rating(recipe)
        } else {
            self = .ranking(try Recipe(object))
        }
    }

    /// The model's name, and the channel on which it is published.
    package var model: String {
        switch self {
        case .ranking(let recipe): recipe.model
        case .rating(let recipe): recipe.model
        }
    }
}
