/// One block of rows of an in-batch softmax: logits, loss and both gradients in one pass.
///
/// Letters: `B` candidates in the batch, `R` rows of the block, `d` dimensions; `Q` is (R, d), the
/// queries; `C` is (d, B), the candidates *transposed*, so that neighbouring candidates share a
/// register. Row i's own candidate is the column `target[i]`.
///
///     Z = Q C,  P = softmax of each row of Z,  loss = -sum over i of log P[i, target i]
///     dQ = (P - Y) C^T,  dC = Q^T (P - Y),  Y[i, target i] = 1
///
/// Only R rows of Z exist at a time: they stay in the cache, and the B x B logits never exist.
/// Columns with the row's own reader, other than its target, are left out (they are no negatives).
package enum SoftmaxBlock {
    /// Rows that are computed together; four share each load of C.
    package static let rows = 16
    private static let tile = 4
    /// A stride is a multiple of this.
    package static let laneCount = VectorKernels.Lanes.scalarCount
    /// A logit that takes no part; finite, so that no difference of infinities can arise.
    private static let excluded: Float = -1e30

    /// The candidates of a batch as a block of rows meets them.
    package struct Candidates {
        /// Shape (d, stride); columns from B on are zero.
        let transposed: UnsafePointer<Float>
        /// B rounded up to whole lanes.
        let stride: Int
        /// B.
        let count: Int
        /// d.
        let dimensions: Int
        /// The reader of each column, shape (B).
        let readers: UnsafePointer<Int32>

        package init(
            transposed: UnsafePointer<Float>, stride: Int, count: Int, dimensions: Int,
            readers: UnsafePointer<Int32>
        ) {
            precondition(stride.isMultiple(of: VectorKernels.Lanes.scalarCount), "whole lanes only")
            self.transposed = transposed
            self.stride = stride
            self.count = count
            self.dimensions = dimensions
            self.readers = readers
        }
    }

    /// Computes rows `first..<first + count` of the batch; row i's target is column i.
    ///
    /// - Parameters:
    ///   - queries: Q of the whole batch, shape (B, d).
    ///   - count: At most ``rows``.
    ///   - queryGradients: Receives dQ of these rows from row `place` on, shape (any, d).
    ///   - candidateGradients: dC is added, shape (d, stride).
    ///   - scratch: Shape (rows, stride).
    /// - Returns: The sum of the rows' losses, in nats.
    package static func run(
        first: Int, count: Int, queries: UnsafePointer<Float>, candidates: Candidates,
        queryGradients: UnsafeMutablePointer<Float>, at place: Int,
        candidateGradients: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) -> Double {
        let (d, stride) = (candidates.dimensions, candidates.stride)
        for row in steps(0, count, tile) {
            logits(
                queries + (first + row) * d, min(tile, count - row), candidates,
                scratch + row * stride)
        }
        var loss = 0.0
        for row in 0..<count {
            loss += normalise(scratch + row * stride, target: first + row, candidates)
        }
        for row in steps(0, count, tile) {
            gradientOfQueries(
                scratch + row * stride, min(tile, count - row), candidates,
                queryGradients + (place + row) * d)
        }
        gradientOfCandidates(
            scratch, count, queries + first * d, candidates, candidateGradients)
        return loss
    }

    @inline(__always)
    private static func steps(_ from: Int, _ to: Int, _ by: Int) -> StrideTo<Int> {
        Swift.stride(from: from, to: to, by: by)
    }

    /// z[r, j] = sum over k of q[r, k] C[k, j] for up to four rows r.
    private static func logits(
        _ q: UnsafePointer<Float>, _ rowCount: Int, _ candidates: Candidates,
        _ z: UnsafeMutablePointer<Float>
    ) {
        let (d, stride) = (candidates.dimensions, candidates.stride)
        for j in steps(0, stride, VectorKernels.Lanes.scalarCount) {
            var (z0, z1) = (VectorKernels.Lanes.zero, VectorKernels.Lanes.zero)
            var (z2, z3) = (VectorKernels.Lanes.zero, VectorKernels.Lanes.zero)
            // Rows beyond the block repeat its last row; what they give is not stored.
            let (r1, r2, r3) = (min(1, rowCount - 1), min(2, rowCount - 1), min(3, rowCount - 1))
            for k in 0..<d {
                let c = VectorKernels.load(candidates.transposed + k * stride + j)
                z0 += q[k] * c
                z1 += q[r1 * d + k] * c
                z2 += q[r2 * d + k] * c
                z3 += q[r3 * d + k] * c
            }
            VectorKernels.store(z0, to: z + j)
            if rowCount > 1 { VectorKernels.store(z1, to: z + stride + j) }
            if rowCount > 2 { VectorKernels.store(z2, to: z + 2 * stride + j) }
            if rowCount > 3 { VectorKernels.store(z3, to: z + 3 * stride + j) }
        }
    }

    /// Turns a row of logits into P - Y and returns its loss.
    private static func normalise(
        _ z: UnsafeMutablePointer<Float>, target: Int, _ candidates: Candidates
    ) -> Double {
        let own = candidates.readers[target]
        let targetLogit = z[target]
        for j in 0..<candidates.count where candidates.readers[j] == own && j != target {
            z[j] = excluded
        }
        for j in candidates.count..<candidates.stride { z[j] = excluded }
        let largest = VectorKernels.maximum(z, candidates.count)
        let sum = VectorKernels.exponentials(z, minus: largest, candidates.stride)
        let scale = 1 / sum
        for j in 0..<candidates.stride { z[j] *= scale }
        z[target] -= 1
        return Double(largest) + logarithm(Double(sum)) - Double(targetLogit)
    }

    /// dq[r, k] = sum over j of p[r, j] C[k, j].
    private static func gradientOfQueries(
        _ p: UnsafePointer<Float>, _ rowCount: Int, _ candidates: Candidates,
        _ dq: UnsafeMutablePointer<Float>
    ) {
        let (d, stride) = (candidates.dimensions, candidates.stride)
        let (r1, r2, r3) = (min(1, rowCount - 1), min(2, rowCount - 1), min(3, rowCount - 1))
        for k in 0..<d {
            var (s0, s1) = (VectorKernels.Lanes.zero, VectorKernels.Lanes.zero)
            var (s2, s3) = (VectorKernels.Lanes.zero, VectorKernels.Lanes.zero)
            let c = candidates.transposed + k * stride
            for j in steps(0, stride, VectorKernels.Lanes.scalarCount) {
                let lanes = VectorKernels.load(c + j)
                s0 += VectorKernels.load(p + j) * lanes
                s1 += VectorKernels.load(p + r1 * stride + j) * lanes
                s2 += VectorKernels.load(p + r2 * stride + j) * lanes
                s3 += VectorKernels.load(p + r3 * stride + j) * lanes
            }
            dq[k] = s0.sum()
            if rowCount > 1 { dq[d + k] = s1.sum() }
            if rowCount > 2 { dq[2 * d + k] = s2.sum() }
            if rowCount > 3 { dq[3 * d + k] = s3.sum() }
        }
    }

    /// dC[k, j] += sum over r of q[r, k] p[r, j].
    private static func gradientOfCandidates(
        _ p: UnsafePointer<Float>, _ rowCount: Int, _ q: UnsafePointer<Float>,
        _ candidates: Candidates, _ dc: UnsafeMutablePointer<Float>
    ) {
        let (d, stride) = (candidates.dimensions, candidates.stride)
        for j in steps(0, stride, VectorKernels.Lanes.scalarCount) {
            for k in steps(0, d, 2) {
                // Two dimensions share each load of p; an odd last one is computed alone.
                let pair = min(k + 1, d - 1)
                var even = VectorKernels.load(dc + k * stride + j)
                var odd = VectorKernels.load(dc + pair * stride + j)
                for r in 0..<rowCount {
                    let lanes = VectorKernels.load(p + r * stride + j)
                    even += q[r * d + k] * lanes
                    odd += q[r * d + pair] * lanes
                }
                VectorKernels.store(even, to: dc + k * stride + j)
                if pair != k { VectorKernels.store(odd, to: dc + pair * stride + j) }
            }
        }
    }
}
