/// A symmetric positive definite matrix A as L L^T (Cholesky), to solve systems with.
///
/// In double precision and without vectors: the plain form, for one system at a time.
package struct CholeskyFactor: Sendable {
    private let n: Int
    /// L in the lower triangle, row-major, shape (n, n).
    private let lower: [Double]

    /// - Parameter matrix: Shape (dimensions, dimensions); only the lower triangle is read.
    /// - Returns: Nil if the matrix is not positive definite to the precision of the arithmetic.
    package init?(_ matrix: [Double], dimensions: Int) {
        precondition(matrix.count == dimensions * dimensions, "the matrix is square")
        n = dimensions
        var l = matrix
        for i in 0..<n {
            for j in 0...i {
                var sum = l[i * n + j]
                for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
                if i == j {
                    guard sum > 0, sum.isFinite else { return nil }
                    l[i * n + i] = sum.squareRoot()
                } else {
                    l[i * n + j] = sum / l[j * n + j]
                }
            }
        }
        lower = l
    }

    /// The x with A x = b.
    package func solve(_ b: [Double]) -> [Double] {
        precondition(b.count == n, "the right side is as long as the matrix")
        var x = b
        for i in 0..<n {
            for k in 0..<i { x[i] -= lower[i * n + k] * x[k] }
            x[i] /= lower[i * n + i]
        }
        for i in (0..<n).reversed() {
            for k in i + 1..<n { x[i] -= lower[k * n + i] * x[k] }
            x[i] /= lower[i * n + i]
        }
        return x
    }
}
