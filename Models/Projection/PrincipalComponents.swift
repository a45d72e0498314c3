/// The directions in which points differ most (principal component analysis).
///
/// Exact: the eigenvectors of the covariance matrix. An eigenvector has no sign of its own; here
/// its element of largest size is positive, so that the same points give the same map.
package struct PrincipalComponents: Sendable {
    /// Shape (dimensions).
    package let mean: [Double]
    /// One direction of length 1 for each component, most variance first.
    package let axes: [[Double]]
    /// The variance along each axis, divided by n - 1.
    package let variances: [Double]
    /// The share of all variance along each axis, in 0...1; 0 if the points do not differ.
    package let varianceShares: [Double]

    /// The map of a plane or a space has two or three.
    package static let componentsRange = 1...3

    /// - Throws: `.invalidSetting` unless one to three components are asked for.
    /// - Complexity: O(points x dimensions^2 + dimensions^3).
    package init(of points: PointRows, components: Int = 2) throws(ProjectionError) {
        guard Self.componentsRange.contains(components) else {
            throw ProjectionError(
                .invalidSetting, "one to three components can be shown, not \(components)")
        }
        let d = points.dimensions
        let mean = Self.mean(of: points)
        let eigen = SymmetricEigen(Self.covariance(of: points, around: mean), size: d)
        let kept = min(components, d)
        // Rounding may leave a little below zero.
        let all = eigen.values.map { max(0, $0) }
        let total = all.reduce(0, +)
        self.mean = mean
        axes = eigen.vectors.prefix(kept).map(Self.withFixedSign)
        variances = Array(all.prefix(kept))
        varianceShares = variances.map { total > 0 ? $0 / total : 0 }
    }

    /// Where the points lie along the axes: shape (points, axes).
    package func coordinates(of points: PointRows) -> [[Float]] {
        (0..<points.count).map { row in
            axes.map { axis in
                var sum = 0.0
                for k in 0..<points.dimensions {
                    sum += (Double(points.values[row * points.dimensions + k]) - mean[k]) * axis[k]
                }
                return Float(sum)
            }
        }
    }

    private static func mean(of points: PointRows) -> [Double] {
        var mean = [Double](repeating: 0, count: points.dimensions)
        for row in 0..<points.count {
            for k in 0..<points.dimensions {
                mean[k] += Double(points.values[row * points.dimensions + k])
            }
        }
        return mean.map { $0 / Double(points.count) }
    }

    private static func covariance(of points: PointRows, around mean: [Double]) -> [Double] {
        let d = points.dimensions
        var sums = [Double](repeating: 0, count: d * d)
        var centred = [Double](repeating: 0, count: d)
        sums.withUnsafeMutableBufferPointer { sums in
            for row in 0..<points.count {
                for k in 0..<d { centred[k] = Double(points.values[row * d + k]) - mean[k] }
                for k in 0..<d {
                    let x = centred[k]
                    for l in k..<d { sums[k * d + l] += x * centred[l] }
                }
            }
            for k in 0..<d { for l in 0..<k { sums[k * d + l] = sums[l * d + k] } }
        }
        let degrees = Double(max(1, points.count - 1))
        return sums.map { $0 / degrees }
    }

    private static func withFixedSign(_ axis: [Double]) -> [Double] {
        var largest = 0.0
        for element in axis where abs(element) > abs(largest) { largest = element }
        return largest < 0 ? axis.map { -$0 } : axis
    }
}
