/// The gradient of a map's divergence, and the divergence itself.
///
/// With q(i, j) proportional to 1 / (1 + |y_i - y_j|^2), the divergence is the sum of
/// p log (p / q), and its gradient at y_i is
/// 4 sum over j of (p(i, j) - q(i, j)) (y_i - y_j) / (1 + |y_i - y_j|^2)
/// (van der Maaten and Hinton 2008, equation 5): attraction by the neighbours, and repulsion by
/// all points. The result does not depend on the number of processors.
struct MapForces: Sendable {
    /// Shape (points).
    let gradient: [SIMD2<Float>]
    /// Of the affinities without exaggeration, in nats; 0 unless it was measured.
    let divergence: Double

    init(
        _ affinities: Affinities, on points: [SIMD2<Float>], theta: Float, exaggeration: Float,
        isMeasured: Bool
    ) {
        let tree = QuadTree(points, theta: theta)
        let groups = (points.count + QuadTree.groupSize - 1) / QuadTree.groupSize
        let repulsion = ParallelPieces.map(groups) { range in
            range.map { tree.repulsion(on: $0, of: points) }
        }
        var total = 0.0
        var forces = [SIMD2<Float>](repeating: .zero, count: points.count)
        var place = 0
        for group in repulsion.lazy.flatMap(\.self) {
            for (force, sum) in zip(group.forces, group.sums) {
                forces[Int(tree.order[place])] = force
                total += Double(sum)
                place += 1
            }
        }
        let pushes = forces
        let inverse = total > 0 ? Float(1 / total) : 0
        let pieces = ParallelPieces.map(points.count) { range in
            Self.attraction(affinities, points, range, isMeasured: isMeasured)
        }
        var gradient: [SIMD2<Float>] = []
        gradient.reserveCapacity(points.count)
        for pull in pieces.lazy.flatMap(\.forces) {
            gradient.append(4 * (exaggeration * pull - inverse * pushes[gradient.count]))
        }
        self.gradient = gradient
        // sum p log p - sum p log q, with log q = -log(1 + d^2) - log(total), and sum p = 1.
        divergence =
            isMeasured && total > 0
            ? affinities.negativeEntropy + pieces.reduce(0) { $0 + $1.logarithms }
                + NaturalLogarithm.of(total)
            : 0
    }

    private struct Attraction: Sendable {
        /// The sum over the neighbours of p q (y_i - y_j), not normalised q.
        var forces: [SIMD2<Float>]
        /// The sum of p log(1 + d^2).
        var logarithms: Double
    }

    private static func attraction(
        _ affinities: Affinities, _ points: [SIMD2<Float>], _ range: Range<Int>, isMeasured: Bool
    ) -> Attraction {
        var result = Attraction(forces: [], logarithms: 0)
        result.forces.reserveCapacity(range.count)
        points.withUnsafeBufferPointer { points in
            affinities.indices.withUnsafeBufferPointer { indices in
                affinities.values.withUnsafeBufferPointer { values in
                    for row in range {
                        let here = points[row]
                        var force = SIMD2<Float>.zero
                        for place in affinities.offsets[row]..<affinities.offsets[row + 1] {
                            let difference = here - points[Int(indices[place])]
                            let squared = (difference * difference).sum()
                            force += difference * (values[place] / (1 + squared))
                            if isMeasured {
                                result.logarithms +=
                                    Double(values[place])
                                    * NaturalLogarithm.of(1 + Double(squared))
                            }
                        }
                        result.forces.append(force)
                    }
                }
            }
        }
        return result
    }
}
