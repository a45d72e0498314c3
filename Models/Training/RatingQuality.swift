import JSON

/// How far predictions are from ratings that nobody trained on.
///
/// Predictions are taken as they are, also outside the scale. Each figure comes with half the width
/// of its 95 % confidence interval over the rows.
package struct RatingQuality: Sendable, Hashable {
    package let method: String
    /// Mean of the squared errors.
    package let mse: Double
    package let mseConfidence: Double
    /// Mean of the errors' sizes.
    package let mae: Double
    package let maeConfidence: Double
    package var rmse: Double { mse.squareRoot() }
    /// What the root makes of a small change of the squared error.
    package var rmseConfidence: Double { rmse > 0 ? mseConfidence / (2 * rmse) : 0 }

    /// - Precondition: one prediction for each rating.
    package init(method: String, predictions: [Float], ratings: [Float]) {
        precondition(predictions.count == ratings.count, "one prediction for each rating")
        let errors = zip(predictions, ratings).map { Double($0 - $1) }
        let squared = MeanInterval(errors.map { $0 * $0 })
        let absolute = MeanInterval(errors.map(abs))
        self.method = method
        (mse, mseConfidence) = (squared.mean, squared.halfWidth)
        (mae, maeConfidence) = (absolute.mean, absolute.halfWidth)
    }

    package var json: JSONObject {
        [
            "mse": JSONValue(mse), "ci95_mse": JSONValue(mseConfidence),
            "mae": JSONValue(mae), "ci95_mae": JSONValue(maeConfidence),
            "rmse": JSONValue(rmse), "ci95_rmse": JSONValue(rmseConfidence),
        ]
    }
}
