import JSON

/// Values to try for members of a recipe, each combination of which is a recipe.
///
/// A name such as `shrink` is a member of the recipe; `serving.damping` is a setting of each of its
/// serving rules that has one, also within a blend.
package struct TuningGrid: Sendable, Hashable {
    package struct Axis: Sendable, Hashable {
        package let name: String
        package let values: [JSONValue]
    }

    /// One value for each of some axes.
    package typealias Choice = [(name: String, value: JSONValue)]

    package let axes: [Axis]

    private static let servingPrefix = "serving."
    /// Members that decide what is measured, and by which choices would not be comparable.
    private static let fixedNames: Set<String> = [
        "model", "kind", "grid", "serving", "evaluation_draws", "liked_rating_min",
        "merge_editions", "require_titles", "keep_keys", "expected_ndcg_min", "bundle_bytes_max",
        "validation_share", "refit", "expected_mse_max",
    ]
    /// Values of one axis, axes, and combinations of either half.
    private static let valuesMax = 64
    private static let axesMax = 12
    private static let choicesMax = 100_000

    /// - Throws: `.badRecipe` for an axis that is no list of values, or too many combinations.
    init(_ object: JSONObject) throws(TrainingError) {
        guard object.members.count <= Self.axesMax else {
            throw TrainingError(
                .badRecipe,
                "the grid has \(object.members.count) members, the limit is \(Self.axesMax)")
        }
        axes = try object.members.map { member throws(TrainingError) in
            guard let values = member.value.arrayValue, (1...Self.valuesMax).contains(values.count)
            else {
                throw TrainingError(
                    .badRecipe,
                    "the grid's member \"\(member.name)\" must be a list of 1 to "
                        + "\(Self.valuesMax) values")
            }
            guard !Self.fixedNames.contains(member.name) else {
                throw TrainingError(
                    .badRecipe, "the grid cannot vary \"\(member.name)\"; write another recipe")
            }
            return Axis(name: member.name, values: values)
        }
        let count = axes.reduce(1) { min($0, Self.choicesMax + 1) * $1.values.count }
        guard count <= Self.choicesMax else {
            throw TrainingError(
                .badRecipe, "the grid has more than \(Self.choicesMax) combinations, the limit")
        }
    }

    /// Tries each value once, so that a mistake shows before the first training, not after the
    /// last.
    ///
    /// - Parameter read: Reads a recipe and throws if it is none.
    func check(
        _ source: JSONObject, by read: (JSONObject) throws(TrainingError) -> Void
    ) throws(TrainingError) {
        for axis in axes {
            for value in axis.values {
                try read(try Self.source(source, with: [(axis.name, value)]))
            }
        }
    }

    /// How many recipes the grid stands for.
    package var count: Int { axes.reduce(1) { $0 * $1.values.count } }

    /// The combinations that need a training each, in the order of the grid.
    package var trainings: [Choice] {
        Self.product(axes.filter { !$0.name.hasPrefix(Self.servingPrefix) })
    }

    /// The combinations that only serve another way.
    package var servings: [Choice] {
        Self.product(axes.filter { $0.name.hasPrefix(Self.servingPrefix) })
    }

    private static func product(_ axes: [Axis]) -> [Choice] {
        axes.reduce([[]]) { choices, axis in
            choices.flatMap { choice in axis.values.map { choice + [(axis.name, $0)] } }
        }
    }

    /// A recipe's source with the values of a choice, and without the grid.
    ///
    /// - Throws: `.badRecipe` for a member that the recipe does not have, or a setting that none of
    ///   its rules has; whether it can have the values is for the reader of the recipe to say.
    static func source(
        _ source: JSONObject, with choice: Choice
    ) throws(TrainingError) -> JSONObject {
        var object = source
        object["grid"] = nil
        for (name, value) in choice {
            guard name.hasPrefix(servingPrefix) else {
                guard object[name] != nil else {
                    throw TrainingError(.badRecipe, "the grid varies an unknown member \"\(name)\"")
                }
                object[name] = value
                continue
            }
            let setting = String(name.dropFirst(servingPrefix.count))
            let rules = object["serving"] ?? .array([])
            guard let changed = replacing(setting, with: value, in: rules) else {
                throw TrainingError(
                    .badRecipe, "no serving rule of the recipe has a setting \"\(setting)\"")
            }
            object["serving"] = changed
        }
        return object
    }

    /// The value with each member of that name replaced; nil if there is none.
    private static func replacing(
        _ name: String, with value: JSONValue, in tree: JSONValue
    ) -> JSONValue? {
        switch tree {
        case .array(let elements):
            let changed = elements.map { replacing(name, with: value, in: $0) }
            guard changed.contains(where: { $0 != nil }) else { return nil }
            return .array(zip(elements, changed).map { $1 ?? $0 })
        case .object(var object):
            var isChanged = object[name] != nil
            if isChanged { object[name] = value }
            for member in object.members where member.name != name {
                if let changed = replacing(name, with: value, in: member.value) {
                    object[member.name] = changed
                    isChanged = true
                }
            }
            return isChanged ? .object(object) : nil
        default: return nil
        }
    }
}
