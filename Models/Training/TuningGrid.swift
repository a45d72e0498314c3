import JSON

/// Values to try for members of a recipe, each combination of which is a recipe.
///
/// A name such as `shrink` is a member of the recipe; `serving.damping` is a setting of each of its
/// serving rules that has one.
package struct TuningGrid: Sendable, Hashable {
    package struct Axis: Sendable, Hashable {
        package let name: String
        package let values: [JSONValue]
    }

    package let axes: [Axis]

    private static let servingPrefix = "serving."
    /// Values of one axis, and axes: bounds the product.
    private static let valuesMax = 64
    private static let axesMax = 12

    /// - Throws: `.badRecipe` for an axis that is no list of values.
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
            return Axis(name: member.name, values: values)
        }
    }

    /// How many recipes the grid stands for.
    package var count: Int {
        axes.reduce(1) {
            $0.multipliedFullWidth(by: $1.values.count).high == 0
                ? $0 * $1.values.count : Int.max
        }
    }
}
