/// The eigenvalues and eigenvectors of a symmetric matrix: A = V diag(e) V^T.
///
/// Cyclic Jacobi rotations (Golub and Van Loan, section 8.5): short, accurate, and quick for a
/// matrix that is nearly diagonal already, as those of an iteration are.
package struct SymmetricEigenbasis: Sendable {
    package private(set) var values: [Double]
    /// Column k is the eigenvector of value k: shape (n, n), row-major.
    package private(set) var vectors: [Double]

    /// Off-diagonal elements below this share of the diagonal's length count as 0.
    private static let tolerance = 1e-12
    private static let sweepsMax = 30

    /// - Parameter matrix: Shape (dimensions, dimensions), symmetric, all finite.
    package init(_ matrix: [Double], dimensions n: Int) {
        precondition(matrix.count == n * n, "the matrix is square")
        var a = matrix
        var v = [Double](repeating: 0, count: n * n)
        for k in 0..<n { v[k * n + k] = 1 }
        for _ in 0..<Self.sweepsMax {
            guard Self.sweep(&a, &v, n) else { break }
        }
        values = (0..<n).map { a[$0 * n + $0] }
        vectors = v
    }

    /// Rotates every pair of axes once.
    ///
    /// - Returns: Whether anything was rotated.
    private static func sweep(_ a: inout [Double], _ v: inout [Double], _ n: Int) -> Bool {
        var length = 0.0
        for k in 0..<n { length += a[k * n + k] * a[k * n + k] }
        let negligible = tolerance * length.squareRoot()
        var hasRotated = false
        for p in 0..<n {
            for q in p + 1..<max(n, p + 1) where abs(a[p * n + q]) > negligible {
                hasRotated = true
                let theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
                let sign: Double = theta < 0 ? -1 : 1
                let t = sign / (abs(theta) + (theta * theta + 1).squareRoot())
                let c = 1 / (t * t + 1).squareRoot()
                let s = t * c
                for k in 0..<n { rotate(&a, k * n + p, k * n + q, c, s) }
                for k in 0..<n { rotate(&a, p * n + k, q * n + k, c, s) }
                for k in 0..<n { rotate(&v, k * n + p, k * n + q, c, s) }
            }
        }
        return hasRotated
    }

    @inline(__always)
    private static func rotate(
        _ a: inout [Double], _ p: Int, _ q: Int, _ c: Double, _ s: Double
    ) {
        let (x, y) = (a[p], a[q])
        a[p] = c * x - s * y
        a[q] = s * x + c * y
    }
}
