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
        do {
            let model = try RatingModel(bundle: bundle)
            guard bundle.manifest.kind == recipe.settings.kind,
                model.parts.dimensions == dimensions,
                model.parts.layers.map(\.outputs) == layers.map(\.outputs)
            else {
                throw TrainingError(
                    .badRecipe,
                    "the warm start is of another kind or shape than the recipe wants: kind "
                        + "\(bundle.manifest.kind.rawValue), \(model.parts.dimensions) dimensions")
            }
            layers = zip(layers, model.parts.layers).map { mine, other in
                DenseLayer(
                    weights: other.weights, biases: other.biases, isRectified: mine.isRectified,
                    blocks: mine.blocks)
            }
            var items: [(from: Int, to: Int)] = []
            for (place, key) in interactions.items.enumerated() {
                if let former = try bundle.catalogue.index(ofFirst: [key]) {
                    items.append((former, place))
                }
            }
            let formerReaders = try bundle.catalogue.readers(at: 0..<bundle.catalogue.readerCount)
            let places = Dictionary(
                formerReaders.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 }
            )
            let readers = interactions.readers.enumerated().compactMap { place, key in
                places[key].map { (from: $0, to: place) }
            }
            take(items, readers, from: model.parts)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError(.badRecipe, "the warm start cannot be read", cause: error)
        }
    }

    private mutating func take(
        _ items: [(from: Int, to: Int)], _ readers: [(from: Int, to: Int)],
        from parts: RatingParts
    ) {
        Self.copy(items, parts.itemEmbeddings, dimensions, into: &itemEmbeddings)
        Self.copy(readers, parts.readerEmbeddings, dimensions, into: &readerEmbeddings)
        guard let biases = parts.biases else { return }
        Self.copy(items, biases.items, 1, into: &itemBiases)
        for item in items { itemBiases[item.to] -= mean }
        Self.copy(readers, biases.readers, 1, into: &readerBiases)
    }

    private static func copy(
        _ pairs: [(from: Int, to: Int)], _ rows: TensorRows<Float>, _ width: Int,
        into values: inout [Float]
    ) {
        let former = rows.copied
        for pair in pairs {
            for k in 0..<width {
                values[pair.to * width + k] = former[pair.from * width + k]
            }
        }
    }
}
