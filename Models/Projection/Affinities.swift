import Kernels

/// How strongly points belong together: the joint probabilities of t-SNE, as sparse rows.
///
/// Point i gives its neighbours the weights of a normal distribution around it that is as wide as
/// the perplexity demands; p(i, j) is the mean of both directions over all pairs (van der Maaten
/// 2014, equations 1 to 3 and section 4.1). All of them sum up to 1.
struct Affinities: Sendable {
    /// Shape (points + 1): where each point's run begins.
    let offsets: [Int]
    let indices: [Int32]
    let values: [Float]
    /// The sum of p log p, in nats: what the divergence has in common for all maps.
    let negativeEntropy: Double

    /// Neighbours to look at for each unit of perplexity: beyond them the weights are next to 0.
    static let neighboursPerPerplexity = 3.0

    init(_ neighbours: NearestNeighbours, perplexity: Double, count: Int) {
        let k = neighbours.perPoint
        let conditional = ParallelPieces.map(count) { range in
            range.flatMap { row in
                Self.weights(
                    of: neighbours.squaredDistances[row * k..<(row + 1) * k],
                    perplexity: perplexity)
            }
        }.flatMap(\.self)

        var starts = [Int](repeating: 0, count: count + 1)
        for row in 0..<count {
            starts[row + 1] += k
            for place in row * k..<(row + 1) * k {
                starts[Int(neighbours.indices[place]) + 1] += 1
            }
        }
        for row in 0..<count { starts[row + 1] += starts[row] }
        var entries = [Entry](repeating: Entry(index: 0, weight: 0), count: starts[count])
        var next = starts
        for row in 0..<count {
            for place in row * k..<(row + 1) * k {
                let (other, weight) = (neighbours.indices[place], conditional[place])
                entries[next[row]] = Entry(index: other, weight: weight)
                next[row] += 1
                entries[next[Int(other)]] = Entry(index: Int32(row), weight: weight)
                next[Int(other)] += 1
            }
        }
        let (bounds, pairs) = (starts, entries)
        let rows = ParallelPieces.map(count) { range in
            range.map { row in Self.merged(pairs[bounds[row]..<bounds[row + 1]]) }
        }.flatMap(\.self)

        var offsets = [0]
        for row in rows { offsets.append(offsets[offsets.count - 1] + row.count) }
        self.offsets = offsets
        indices = rows.flatMap { $0.map(\.index) }
        let total = Float(2 * count)
        values = rows.flatMap { $0.map { $0.weight / total } }
        negativeEntropy = values.reduce(0.0) { sum, p in
            p > 0 ? sum + Double(p) * NaturalLogarithm.of(Double(p)) : sum
        }
    }

    private struct Entry {
        var index: Int32
        var weight: Float
    }

    /// A pair that each names the other stands in a row twice; it becomes one entry.
    private static func merged(_ entries: ArraySlice<Entry>) -> [Entry] {
        var row: [Entry] = []
        for entry in entries.sorted(by: { $0.index < $1.index }) {
            if let last = row.last, last.index == entry.index {
                row[row.count - 1].weight += entry.weight
            } else {
                row.append(entry)
            }
        }
        return row
    }

    private static let searchSteps = 64
    private static let entropyTolerance: Float = 1e-5

    /// exp(-beta d^2) / sum, with the beta that gives the entropy log(perplexity).
    ///
    /// Neighbours that all lie at the same distance have the same weight whatever beta is, and
    /// then the search ends with its last step.
    static func weights(of squared: ArraySlice<Float>, perplexity: Double) -> [Float] {
        let distances = Array(squared)
        let nearest = distances.first ?? 0
        let spread = distances.reduce(0) { $0 + ($1 - nearest) } / Float(max(1, distances.count))
        let target = Float(NaturalLogarithm.of(perplexity))
        var (low, high) = (Float(0), Float.infinity)
        var beta: Float = spread > 0 ? 1 / spread : 1
        var weights = distances
        for _ in 0..<searchSteps {
            let entropy = fill(&weights, distances, nearest: nearest, beta: beta)
            if abs(entropy - target) < entropyTolerance { break }
            if entropy > target {
                low = beta
                beta = high.isFinite ? (low + high) / 2 : beta * 2
            } else {
                high = beta
                beta = (low + high) / 2
            }
            guard beta.isFinite else { break }
        }
        return weights
    }

    /// Fills in the weights and returns their entropy in nats.
    private static func fill(
        _ weights: inout [Float], _ distances: [Float], nearest: Float, beta: Float
    ) -> Float {
        weights.withUnsafeMutableBufferPointer { weights in
            guard let start = weights.baseAddress else { return 0 }
            for place in distances.indices {
                start[place] = -beta * (distances[place] - nearest)
            }
            let sum = VectorKernels.exponentials(start, minus: 0, weights.count)
            var mean: Float = 0
            for place in distances.indices {
                start[place] /= sum
                mean += start[place] * (distances[place] - nearest)
            }
            // log(sum) + beta E[d^2]: the same as - sum p log p, without a logarithm for each.
            return Float(NaturalLogarithm.of(Double(sum))) + beta * mean
        }
    }
}
