/// The eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
///
/// Each rotation makes one element off the diagonal zero, and sweeps over all of them converge
/// quadratically (Golub and Van Loan, Matrix Computations, section 8.5). Slower than a reduction
/// to three diagonals, but accurate to the last digits and thirty lines long.
struct SymmetricEigen {
    /// Largest first.
    let values: [Double]
    /// `vectors[k]` belongs to `values[k]` and has length 1.
    let vectors: [[Double]]

    private static let sweepsMax = 60
    /// Off the diagonal, relative to the whole matrix; what is left changes no digit.
    private static let tolerance = 1e-15

    /// - Parameter matrix: Shape (n, n), row-major, symmetric, finite.
    init(_ matrix: [Double], size n: Int) {
        precondition(matrix.count == n * n, "a matrix of size \(n) has \(n * n) elements")
        var a = matrix
        var v = (0..<n * n).map { $0 / n == $0 % n ? 1.0 : 0.0 }
        let whole = a.reduce(0) { $0 + $1 * $1 }
        for _ in 0..<Self.sweepsMax {
            var rest = 0.0
            for p in 0..<n { for q in 0..<n where p != q { rest += a[p * n + q] * a[p * n + q] } }
            if rest <= Self.tolerance * Self.tolerance * whole { break }
            for p in 0..<n {
                for q in p + 1..<max(n, p + 1) where a[p * n + q] != 0 {
                    Self.rotate(&a, &v, p, q, n)
                }
            }
        }
        let order = (0..<n).sorted { left, right in
            let (x, y) = (a[left * n + left], a[right * n + right])
            return x != y ? x > y : left < right
        }
        values = order.map { a[$0 * n + $0] }
        vectors = order.map { column in (0..<n).map { v[$0 * n + column] } }
    }

    private static func rotate(
        _ a: inout [Double], _ v: inout [Double], _ p: Int, _ q: Int, _ n: Int
    ) {
        let ratio = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
        let sign = ratio >= 0 ? 1.0 : -1.0
        // The smaller of the two angles keeps the rotation close to the identity. A ratio whose
        // square overflows gives the angle 0, which is right.
        let tangent = sign / (abs(ratio) + (ratio * ratio + 1).squareRoot())
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        let sine = tangent * cosine
        for k in 0..<n {
            let (x, y) = (a[k * n + p], a[k * n + q])
            a[k * n + p] = cosine * x - sine * y
            a[k * n + q] = sine * x + cosine * y
        }
        for k in 0..<n {
            let (x, y) = (a[p * n + k], a[q * n + k])
            a[p * n + k] = cosine * x - sine * y
            a[q * n + k] = sine * x + cosine * y
            let (s, t) = (v[k * n + p], v[k * n + q])
            v[k * n + p] = cosine * s - sine * t
            v[k * n + q] = sine * s + cosine * t
        }
        a[p * n + q] = 0
        a[q * n + p] = 0
    }
}
