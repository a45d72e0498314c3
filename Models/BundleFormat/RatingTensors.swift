/// The names of the tensors of a model that predicts ratings, beside those of its readers.
///
/// Kind `rating-dot`: rating(u, i) = reader_embeddings[u] . item_embeddings[i] + reader_biases[u] +
/// item_biases[i]; the mean of all ratings is part of the items' biases.
///
/// Kind `rating-mlp`: rating(u, i) = layers([item_embeddings[i], reader_embeddings[u]]); a layer is
/// x W + b, and max(0, x W + b) for all but the last, and for the last too where the manifest's
/// `serving.output_relu` is true.
///
/// Ratings in `reader_ratings` are whole numbers: the manifest's `serving.rating_scale` says how
/// many there are to a point, 2 where a data set has half stars.
package enum RatingTensor {
    /// Shape (items, dimensions).
    package static let itemEmbeddings = "item_embeddings"
    /// Shape (readers, dimensions).
    package static let readerEmbeddings = "reader_embeddings"
    /// Shape (items).
    package static let itemBiases = "item_biases"
    /// Shape (readers).
    package static let readerBiases = "reader_biases"

    /// W of a layer, 1 being the first: shape (inputs, outputs).
    package static func layerWeights(_ number: Int) -> String { "layer_\(number)_weights" }
    /// b of a layer: shape (outputs).
    package static func layerBiases(_ number: Int) -> String { "layer_\(number)_biases" }
}

extension BundleChecks {
    /// Whether layers take two embeddings, each what the one before gives, and end in one number.
    func checkLayers() throws(BundleError) {
        guard let embeddings = tensors[RatingTensor.itemEmbeddings] else {
            throw inconsistent("the items have no embeddings")
        }
        try checkWidth(embeddings.shape[1], of: RatingTensor.itemEmbeddings)
        var inputs = 2 * embeddings.shape[1]
        var number = 1
        while let weights = tensors[RatingTensor.layerWeights(number)] {
            let biases = tensors[RatingTensor.layerBiases(number)]
            guard weights.elementType == .float32, weights.shape.count == 2,
                weights.shape[0] == inputs, weights.shape[1] > 0, biases?.elementType == .float32,
                biases?.shape == [weights.shape[1]]
            else { throw inconsistent("the layer \(number) does not fit the one before it") }
            inputs = weights.shape[1]
            try checkWidth(inputs, of: RatingTensor.layerWeights(number))
            number += 1
        }
        guard number > 1, inputs == 1 else {
            throw inconsistent("the layers do not end in one number")
        }
    }

    private func checkWidth(_ width: Int, of name: String) throws(BundleError) {
        guard width <= BundleLimits.layerWidthMax else {
            throw BundleError(
                .limitExceeded,
                "the tensor \(name) has \(width) columns, the limit is "
                    + "\(BundleLimits.layerWidthMax)")
        }
    }
}
