/// Points in many dimensions, one after the other, all of them finite.
package struct PointRows: Sendable {
    package let count: Int
    package let dimensions: Int
    /// Shape (count, dimensions), row-major.
    package let values: [Float]

    /// The covariance matrix and its eigenvectors are held in memory; embeddings have 5 to 128.
    package static let dimensionsMax = 1_024
    /// Neighbours and affinities of a point take about two kilobytes.
    package static let countMax = 1_000_000
    /// Squares of coordinates, summed over all dimensions, must stay finite.
    package static let magnitudeMax: Float = 1e15

    /// - Throws: `.nothingToProject`, `.invalidPoints` with the first place that is no number,
    ///   `.limitExceeded`.
    package init(_ values: [Float], dimensions: Int) throws(ProjectionError) {
        guard dimensions > 0, !values.isEmpty else {
            throw ProjectionError(.nothingToProject, "there are no points to project")
        }
        guard values.count.isMultiple(of: dimensions) else {
            throw ProjectionError(
                .invalidPoints,
                "\(values.count) values do not fill points of \(dimensions) dimensions")
        }
        count = values.count / dimensions
        guard dimensions <= Self.dimensionsMax, count <= Self.countMax else {
            throw ProjectionError(
                .limitExceeded,
                "\(count) points of \(dimensions) dimensions are too many; the limits are "
                    + "\(Self.countMax) points and \(Self.dimensionsMax) dimensions")
        }
        if let place = values.firstIndex(where: { !(abs($0) <= Self.magnitudeMax) }) {
            throw ProjectionError(
                .invalidPoints,
                "point \(place / dimensions) has the coordinate \(values[place]) in dimension "
                    + "\(place % dimensions); coordinates are numbers from -1e15 to 1e15")
        }
        self.values = values
        self.dimensions = dimensions
    }

    /// The points scaled to length 1; a point at the origin stays there.
    package func normalised() throws(ProjectionError) -> PointRows {
        var scaled = values
        for row in 0..<count {
            let places = row * dimensions..<(row + 1) * dimensions
            let length = places.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }
                .squareRoot()
            guard length > 0 else { continue }
            for place in places { scaled[place] = Float(Double(values[place]) / length) }
        }
        return try PointRows(scaled, dimensions: dimensions)
    }
}
