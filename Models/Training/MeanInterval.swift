/// A mean, and half the width of its 95 % confidence interval.
struct MeanInterval {
    let mean: Double
    /// 0 where a single value, or none, tells nothing of the spread.
    let halfWidth: Double

    /// The 97.5th percentile of the normal distribution.
    private static let normalQuantile = 1.96

    init(_ values: [Double]) {
        let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        self.mean = mean
        guard values.count > 1 else {
            halfWidth = 0
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(values.count - 1)).squareRoot()
        halfWidth = Self.normalQuantile * deviation / Double(values.count).squareRoot()
    }
}
