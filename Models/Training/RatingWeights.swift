import BundleFormat
import Identifiers
import Kernels
import Retrieval

/// The weights of a rating model, without padding and without an optimiser's memory.
package struct RatingWeights: Sendable, Hashable {
    package var dimensions: Int
    package var readerCount: Int
    package var itemCount: Int
    /// Shape (readers, dimensions).
    package var readerEmbeddings: [Float]
    /// Shape (items, dimensions).
    package var itemEmbeddings: [Float]
    /// Shape (readers); all 0 in a model without.
    package var readerBiases: [Float]
    /// Shape (items), without the mean; all 0 in a model without.
    package var itemBiases: [Float]
    /// What every prediction begins with; 0 in a model without biases.
    package var mean: Float
    /// Empty for a dot product.
    package var layers: [DenseLayer]

    /// Weights to begin with, as Keras begins: embeddings uniform in plus and minus the spread,
    /// layers uniform in the bounds of Glorot and Bengio (2010), biases 0.
    init(random settings: RatingSettings, readerCount: Int, itemCount: Int, mean: Float) {
        var random = SplitMix64(seed: settings.seed)
        func uniform(_ count: Int, _ bound: Float) -> [Float] {
            (0..<count).map { _ in (random.unit() * 2 - 1) * bound }
        }
        dimensions = settings.dimensions
        self.readerCount = readerCount
        self.itemCount = itemCount
        itemEmbeddings = uniform(itemCount * dimensions, settings.spread)
        readerEmbeddings = uniform(readerCount * dimensions, settings.spread)
        itemBiases = [Float](repeating: 0, count: itemCount)
        readerBiases = [Float](repeating: 0, count: readerCount)
        switch settings.shape {
        case .dot(let hasBiases):
            self.mean = hasBiases ? mean : 0
            layers = []
        case .layers(let hidden, let isOutputRectified):
            self.mean = 0
            let widths = [2 * dimensions] + hidden + [1]
            layers = zip(widths, widths.dropFirst()).enumerated().map { place, pair in
                let (ins, outs) = pair
                let bound = (6 / Float(ins + outs)).squareRoot()
                return DenseLayer(
                    weights: uniform(ins * outs, bound),
                    biases: [Float](repeating: 0, count: outs),
                    isRectified: place < hidden.count || isOutputRectified,
                    blocks: place == 0 ? 2 : 1)
            }
        }
    }

    /// What a learner has come to.
    init(_ learner: any RatingLearner, _ settings: RatingSettings) {
        dimensions = settings.dimensions
        readerCount = learner.readers.rowCount
        itemCount = learner.items.rowCount
        layers = (learner as? NetLearner)?.stack.layers ?? []
        let form = (learner as? DotLearner)?.form
        mean = form?.mean ?? 0
        let hasBiases = form?.hasBiases == true
        (readerEmbeddings, readerBiases) = Self.columns(of: learner.readers, hasBiases)
        (itemEmbeddings, itemBiases) = Self.columns(of: learner.items, hasBiases)
    }

    private static func columns(
        of table: EmbeddingTable, _ hasBiases: Bool
    ) -> (embeddings: [Float], biases: [Float]) {
        let weights = table.weights
        guard hasBiases else { return (weights, [Float](repeating: 0, count: table.rowCount)) }
        let dimensions = table.columns - 1
        var (embeddings, biases): ([Float], [Float]) = ([], [])
        for row in 0..<table.rowCount {
            let start = row * table.columns
            embeddings.append(contentsOf: weights[start..<start + dimensions])
            biases.append(weights[start + dimensions])
        }
        return (embeddings, biases)
    }

    /// A learner that begins with these weights.
    func learner(_ settings: RatingSettings) -> any RatingLearner {
        let hasBiases = settings.shape == .dot(hasBiases: true)
        func table(_ embeddings: [Float], _ biases: [Float]) -> EmbeddingTable {
            var weights = embeddings
            if hasBiases {
                weights = biases.indices.flatMap { row in
                    embeddings[row * dimensions..<(row + 1) * dimensions] + [biases[row]]
                }
            }
            return EmbeddingTable(
                weights: weights, rowCount: biases.count,
                columns: dimensions + (hasBiases ? 1 : 0), batch: settings.batch,
                rule: settings.rule)
        }
        let readers = table(readerEmbeddings, readerBiases)
        let items = table(itemEmbeddings, itemBiases)
        switch settings.shape {
        case .dot:
            let form = DotLearner.Form(
                dimensions: dimensions, hasBiases: hasBiases, mean: mean, l2: Float(settings.l2),
                biasL2: Float(settings.biasL2))
            return DotLearner(form: form, batch: settings.batch, readers: readers, items: items)
        case .layers:
            return NetLearner(
                batch: settings.batch, l2: Float(settings.l2), rule: settings.rule,
                readers: readers, items: items, stack: LayerStack(layers))
        }
    }
}
