/// The plain form of the map's arithmetic over all pairs, to read and to compare with.
package enum ReferenceMap {
    /// The divergence of a map from affinities, shape (points, points), in nats.
    package static func divergence(_ p: [[Double]], _ points: [SIMD2<Double>]) -> Double {
        let (q, total) = kernel(points)
        var sum = 0.0
        for i in points.indices {
            for j in points.indices where i != j && p[i][j] > 0 {
                sum += p[i][j] * NaturalLogarithm.of(p[i][j] * total / q[i][j])
            }
        }
        return sum
    }

    /// Its gradient: 4 sum over j of (p - q) (y_i - y_j) / (1 + |y_i - y_j|^2).
    package static func gradient(_ p: [[Double]], _ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
        let (q, total) = kernel(points)
        return points.indices.map { i in
            points.indices.reduce(SIMD2<Double>.zero) { sum, j in
                let strength = (p[i][j] - q[i][j] / total) * q[i][j]
                return i == j ? sum : sum + 4 * strength * (points[i] - points[j])
            }
        }
    }

    private static func kernel(_ points: [SIMD2<Double>]) -> (q: [[Double]], total: Double) {
        let q = points.map { left in
            points.map { right in
                let difference = left - right
                return 1 / (1 + (difference * difference).sum())
            }
        }
        let total = points.indices.reduce(0.0) { sum, i in
            points.indices.reduce(sum) { $1 == i ? $0 : $0 + q[i][$1] }
        }
        return (q, total)
    }
}
