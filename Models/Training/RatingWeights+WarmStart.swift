import BundleFormat
import Identifiers
import Kernels
import Retrieval

extension RatingWeights {
    /// Random weights, replaced by a former bundle's where it knows the reader or the item.
    ///
    /// - Parameter random: What everybody else begins with.
    /// - Throws: `.badRecipe` if the bundle is of another kind or shape.
    init(
        random: RatingWeights, from bundle: ModelBundle, _ recipe: RatingRecipe,
        _ interactions: Interactions
    ) throws(TrainingError) {
        self = random
        let kind = bundle.manifest.kind
        guard kind == recipe.settings.kind else {
            throw TrainingError(
                .badRecipe,
                "the warm start is of kind \(kind.rawValue), the recipe of kind "
                    + recipe.settings.kind.rawValue)
        }
        do {
            let model = try RatingModel(bundle: bundle)
            guard model.parts.dimensions == dimensions,
                model.parts.layers.map(\.outputs) == layers.map(\.outputs)
            else {
                throw TrainingError(
                    .badRecipe,
                    "the warm start has \(model.parts.dimensions) dimensions and layers of "
                        + "\(model.parts.layers.map(\.outputs)), the recipe \(dimensions) and "
                        + "\(layers.map(\.outputs))")
            }
            layers = zip(layers, model.parts.layers).map { mine, other in
                DenseLayer(
                    weights: other.weights, biases: other.biases, isRectified: mine.isRectified,
                    blocks: mine.blocks)
            }
            let places = try FormerPlaces(
                in: bundle, items: interactions.items, readers: interactions.readers)
            take(places, from: model.parts)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.badRecipe, "the warm start cannot be read: \(error)", cause: error)
        }
    }

    private mutating func take(_ places: FormerPlaces, from parts: RatingParts) {
        FormerPlaces.copy(
            places.items, parts.itemEmbeddings, columns: dimensions, into: &itemEmbeddings)
        FormerPlaces.copy(
            places.readers, parts.readerEmbeddings, columns: dimensions, into: &readerEmbeddings)
        guard let biases = parts.biases else { return }
        FormerPlaces.copy(places.items, biases.items, columns: 1, into: &itemBiases)
        for item in places.items { itemBiases[item.to] -= mean }
        FormerPlaces.copy(places.readers, biases.readers, columns: 1, into: &readerBiases)
    }
}
