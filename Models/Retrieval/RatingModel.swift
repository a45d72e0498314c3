import BundleFormat
import Identifiers
import JSON
import Kernels

/// The scale of a data set's ratings, and how a bundle keeps a rating as a byte.
package struct RatingScale: Sendable, Hashable {
    /// The smallest and largest rating that was given.
    package var lowest: Double
    package var highest: Double
    /// Steps to a point: 1 for whole ratings, 2 for half stars, 10 for tenths.
    package var perPoint: Int

    package init(lowest: Double, highest: Double, perPoint: Int) {
        self.lowest = lowest
        self.highest = highest
        self.perPoint = perPoint
    }

    private static let candidates = [1, 2, 10]
    private static let storedMax = 255.0

    /// The coarsest steps in which all ratings can be told; whole points if none will do.
    package init(of ratings: [Float]) {
        lowest = Double(ratings.min() ?? 0)
        highest = Double(ratings.max() ?? 0)
        let highest = highest
        perPoint =
            Self.candidates.first { steps in
                highest * Double(steps) <= Self.storedMax
                    && ratings.allSatisfy { rating in
                        let scaled = rating * Float(steps)
                        return abs(scaled - scaled.rounded()) < 0.001
                    }
            } ?? 1
    }

    /// 1...255; 0 is kept for "not rated".
    package func stored(_ rating: Float) -> UInt8 {
        UInt8(min(Self.storedMax, max(1, (Double(rating) * Double(perPoint)).rounded())))
    }

    package func rating(_ stored: UInt8) -> Float { Float(stored) / Float(perPoint) }

    /// A prediction within the scale, for people.
    package func clamped(_ prediction: Float) -> Float {
        Float(min(highest, max(lowest, Double(prediction))))
    }

    private static let rule = "predicted-rating"
    private static let perPointMax = 100

    /// How the manifest says it.
    package var json: JSONObject {
        [
            "rule": .string(Self.rule), "rating_scale": JSONValue(perPoint),
            "rating_min": JSONValue(lowest), "rating_max": JSONValue(highest),
        ]
    }

    /// - Throws: `.unknownRule`.
    init(_ json: JSONObject) throws(RetrievalError) {
        guard json["rule"]?.stringValue == Self.rule,
            let perPoint = json["rating_scale"]?.integerValue,
            (1...Self.perPointMax).contains(perPoint),
            let lowest = json["rating_min"]?.doubleValue,
            let highest = json["rating_max"]?.doubleValue, lowest <= highest
        else {
            throw RetrievalError(.unknownRule, "the manifest does not say how ratings are kept")
        }
        self.init(lowest: lowest, highest: highest, perPoint: perPoint)
    }
}

/// What a model of ratings consists of, wherever it lies.
package struct RatingParts: Sendable {
    package var dimensions: Int
    /// Shape (items, dimensions).
    package var itemEmbeddings: TensorRows<Float>
    /// Shape (readers, dimensions).
    package var readerEmbeddings: TensorRows<Float>
    /// Shapes (items) and (readers), the mean being part of the items'; nil for layers.
    package var biases: (items: TensorRows<Float>, readers: TensorRows<Float>)?
    /// Empty for a dot product.
    package var layers: [DenseLayer]
    package var readership: ReadershipParts
    package var scale: RatingScale

    package init(
        dimensions: Int, itemEmbeddings: TensorRows<Float>, readerEmbeddings: TensorRows<Float>,
        biases: (items: TensorRows<Float>, readers: TensorRows<Float>)?, layers: [DenseLayer],
        readership: ReadershipParts, scale: RatingScale
    ) {
        self.dimensions = dimensions
        self.itemEmbeddings = itemEmbeddings
        self.readerEmbeddings = readerEmbeddings
        self.biases = biases
        self.layers = layers
        self.readership = readership
        self.scale = scale
    }
}

/// A model that predicts what a reader would give an item.
///
/// The readers are those it was trained with, and the items too: it knows nobody else.
package final class RatingModel: Sendable {
    package let parts: RatingParts
    private let stack: LayerStack?

    package init(_ parts: RatingParts) {
        self.parts = parts
        stack = parts.layers.isEmpty ? nil : LayerStack(parts.layers)
    }

    /// - Throws: `.unknownKind` for a kind that predicts no ratings; `.unknownRule`;
    ///   `.missingTensor`, which opening a bundle of these kinds rules out.
    package convenience init(bundle: ModelBundle) throws(RetrievalError) {
        let kind = bundle.manifest.kind
        guard kind.predictsRatings else {
            throw RetrievalError(
                .unknownKind, "a model of kind \(kind.rawValue) predicts no ratings")
        }
        let items = try bundle.required(RatingTensor.itemEmbeddings)
        let readers = try bundle.required(RatingTensor.readerEmbeddings)
        var biases: (items: TensorRows<Float>, readers: TensorRows<Float>)?
        if kind == .ratingDot {
            biases = (
                .mapped(try bundle.required(RatingTensor.itemBiases)),
                .mapped(try bundle.required(RatingTensor.readerBiases))
            )
        }
        self.init(
            RatingParts(
                dimensions: items.shape[1], itemEmbeddings: .mapped(items),
                readerEmbeddings: .mapped(readers), biases: biases,
                layers: kind == .ratingMLP ? Self.layers(of: bundle) : [],
                readership: try ReadershipParts(bundle: bundle),
                scale: try RatingScale(bundle.manifest.serving)))
    }

    private static func layers(of bundle: ModelBundle) -> [DenseLayer] {
        var tensors: [(weights: MappedTensor, biases: MappedTensor)] = []
        while let weights = bundle.tensor(RatingTensor.layerWeights(tensors.count + 1)),
            let biases = bundle.tensor(RatingTensor.layerBiases(tensors.count + 1))
        { tensors.append((weights, biases)) }
        let isOutputRectified = bundle.manifest.serving["output_relu"]?.boolValue == true
        return tensors.enumerated().map { place, layer in
            DenseLayer(
                weights: layer.weights.withFloats { Array($0) },
                biases: layer.biases.withFloats { Array($0) },
                isRectified: place < tensors.count - 1 || isOutputRectified,
                blocks: place == 0 ? 2 : 1)
        }
    }
}

extension RatingModel {
    /// What the reader would give the item; not held within the scale.
    package func predict(reader: ReaderIndex, item: ItemIndex) -> Float {
        predictions(of: reader, for: [item])[0]
    }

    /// The same for many items.
    ///
    /// - Complexity: O(items * dimensions), or for layers that times the width of the first.
    package func predictions(of reader: ReaderIndex, for items: [ItemIndex]) -> [Float] {
        let d = parts.dimensions
        return parts.itemEmbeddings.withBuffer { rows in
            parts.readerEmbeddings.withBuffer { readers in
                guard let rows = rows.baseAddress, let readers = readers.baseAddress else {
                    return []
                }
                let own = readers + reader.place * d
                if let stack {
                    return stack.outputs(count: items.count, dimensions: d) { place in
                        (rows + items[place].place * d, own)
                    }
                }
                let bias = parts.biases?.readers.withBuffer { $0[reader.place] } ?? 0
                return items.map { item in
                    let itemBias = parts.biases?.items.withBuffer { $0[item.place] } ?? 0
                    return VectorKernels.dot(own, rows + item.place * d, d) + bias + itemBias
                }
            }
        }
    }

    /// The items with the largest predictions for a reader, best first; of equals the smaller
    /// index first. What the reader rated in training is left out.
    package func topItems(
        for reader: ReaderIndex, limit: Int
    ) -> [(item: ItemIndex, rating: Float)] {
        let items = (0..<parts.readership.itemCount).map { ItemIndex($0) }
        var isRated = [Bool](repeating: false, count: items.count)
        parts.readership.forEachItem(of: reader.rawValue) { item, _ in isRated[Int(item)] = true }
        var top = TopScores(capacity: limit)
        for (item, rating) in zip(items, predictions(of: reader, for: items))
        where !isRated[item.place] {
            top.offer(rating, at: item.rawValue)
        }
        return top.ranked().map { (ItemIndex(rawValue: $0.index), $0.score) }
    }

    /// What the reader rated in training, best rated first.
    package func ratedItems(of reader: ReaderIndex) -> [(item: ItemIndex, rating: Float)] {
        var rated: [(item: ItemIndex, rating: Float)] = []
        parts.readership.forEachItem(of: reader.rawValue) { item, stored in
            rated.append((ItemIndex(rawValue: item), parts.scale.rating(stored)))
        }
        return rated
    }
}

extension RatingParts {
    /// The parts as the tensors of a bundle.
    package var draftTensors: [DraftTensor] {
        var tensors = [
            DraftTensor(
                RatingTensor.itemEmbeddings, shape: [readership.itemCount, dimensions],
                .float32(itemEmbeddings.copied)),
            DraftTensor(
                RatingTensor.readerEmbeddings, shape: [readership.readerCount, dimensions],
                .float32(readerEmbeddings.copied)),
        ]
        if let biases {
            tensors += [
                DraftTensor(
                    RatingTensor.itemBiases, shape: [readership.itemCount],
                    .float32(biases.items.copied)),
                DraftTensor(
                    RatingTensor.readerBiases, shape: [readership.readerCount],
                    .float32(biases.readers.copied)),
            ]
        }
        for (place, layer) in layers.enumerated() {
            tensors += [
                DraftTensor(
                    RatingTensor.layerWeights(place + 1), shape: [layer.inputs, layer.outputs],
                    .float32(layer.weights)),
                DraftTensor(
                    RatingTensor.layerBiases(place + 1), shape: [layer.outputs],
                    .float32(layer.biases)),
            ]
        }
        return tensors + readership.draftTensors
    }
}
