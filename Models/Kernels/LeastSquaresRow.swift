/// Solves one row of a factorisation by weighted least squares.
///
/// Letters: Y the n chosen rows of d numbers, each already times the square root c of its weight,
/// D a diagonal above 0.
///
///     x = (D + Y^T Y)^-1 Y^T c = D^-1 Y^T (I + Y D^-1 Y^T)^-1 c
///
/// The right side has n equations where the left has d, so the smaller of the two is solved. Both
/// need the diagonal only because the caller has turned the factors into the eigenvectors of the
/// part that all rows share.
package struct LeastSquaresRow {
    private let d: Int
    /// The chosen rows divided by the square root of D: shape (n, d).
    private var scaled: [Float] = []
    private var roots: [Float]
    private var system: [Float] = []
    private var right: [Float] = []

    package init(dimensions: Int) {
        d = dimensions
        roots = [Float](repeating: 0, count: dimensions)
    }

    /// - Parameters:
    ///   - chosen: The places of the chosen rows and the weight of each, above 0.
    ///   - factors: Shape (any, d).
    ///   - diagonal: D, shape (d).
    ///   - x: Receives the solution, shape (d).
    /// - Returns: How much of the weights' sum the solution explains: x . Y^T c.
    package mutating func solve(
        _ chosen: (places: UnsafeBufferPointer<Int32>, weights: UnsafeBufferPointer<Float>),
        factors: UnsafePointer<Float>, diagonal: [Float], into x: UnsafeMutablePointer<Float>
    ) -> Float {
        let n = chosen.places.count
        for k in 0..<d { roots[k] = 1 / diagonal[k].squareRoot() }
        scaled.removeAll(keepingCapacity: true)
        right.removeAll(keepingCapacity: true)
        for i in 0..<n {
            let c = chosen.weights[i].squareRoot()
            let row = factors + Int(chosen.places[i]) * d
            for k in 0..<d { scaled.append(row[k] * roots[k] * c) }
            right.append(c)
        }
        let explained = n < d ? solveDual(n) : solvePrimal(n)
        for k in 0..<d { x[k] = right[k] * roots[k] }
        return explained
    }

    /// (I + S S^T) z = c, then S^T z; S is Y D^-1/2.
    private mutating func solveDual(_ n: Int) -> Float {
        let d = d
        let c = right
        system.removeAll(keepingCapacity: true)
        system.append(contentsOf: repeatElement(0, count: n * n))
        scaled.withUnsafeBufferPointer { scaled in
            system.withUnsafeMutableBufferPointer { system in
                guard let rows = scaled.baseAddress, let system = system.baseAddress else { return }
                for i in 0..<n {
                    for j in i..<n {
                        system[i * n + j] = VectorKernels.dot(rows + i * d, rows + j * d, d)
                    }
                    system[i * n + i] += 1
                }
            }
        }
        CholeskyKernel.solve(&system, &right, n)
        let z = right
        right.removeAll(keepingCapacity: true)
        right.append(contentsOf: repeatElement(0, count: d))
        var explained: Float = 0
        for i in 0..<n { explained += c[i] * (c[i] - z[i]) }
        addRows(times: z, to: &right)
        return explained
    }

    /// (I + S^T S) w = S^T c.
    private mutating func solvePrimal(_ n: Int) -> Float {
        let d = d
        let c = right
        system.removeAll(keepingCapacity: true)
        system.append(contentsOf: repeatElement(0, count: d * d))
        scaled.withUnsafeBufferPointer { scaled in
            system.withUnsafeMutableBufferPointer { system in
                guard let rows = scaled.baseAddress, let system = system.baseAddress else { return }
                for i in 0..<n {
                    let row = rows + i * d
                    for k in 0..<d {
                        VectorKernels.axpy(row[k], row + k, system + k * d + k, d - k)
                    }
                }
                for k in 0..<d { system[k * d + k] += 1 }
            }
        }
        right.removeAll(keepingCapacity: true)
        right.append(contentsOf: repeatElement(0, count: d))
        addRows(times: c, to: &right)
        let b = right
        CholeskyKernel.solve(&system, &right, d)
        return zip(b, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private func addRows(times z: [Float], to sum: inout [Float]) {
        let d = d
        scaled.withUnsafeBufferPointer { scaled in
            sum.withUnsafeMutableBufferPointer { sum in
                guard let rows = scaled.baseAddress, let sum = sum.baseAddress else { return }
                for (i, z) in z.enumerated() { VectorKernels.axpy(z, rows + i * d, sum, d) }
            }
        }
    }
}

/// Cholesky's method on rows of floats, for the many small systems of a factorisation.
package enum CholeskyKernel {
    /// Solves A x = b; A is replaced by its factor U with A = U^T U and b by x.
    ///
    /// - Parameters:
    ///   - a: Shape (n, n), positive definite with no eigenvalue below 1; the upper triangle counts.
    ///   - b: Shape (n).
    package static func solve(_ a: inout [Float], _ b: inout [Float], _ n: Int) {
        precondition(a.count == n * n && b.count == n, "a square system")
        a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeMutableBufferPointer { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return }
                factorise(a, n)
                for i in 0..<n {
                    b[i] /= a[i * n + i]
                    VectorKernels.axpy(-b[i], a + i * n + i + 1, b + i + 1, n - i - 1)
                }
                for i in (0..<n).reversed() {
                    let rest = VectorKernels.dot(a + i * n + i + 1, b + i + 1, n - i - 1)
                    b[i] = (b[i] - rest) / a[i * n + i]
                }
            }
        }
    }

    private static func factorise(_ a: UnsafeMutablePointer<Float>, _ n: Int) {
        for k in 0..<n {
            let row = a + k * n
            // With no eigenvalue below 1 no pivot is; rounding must not make a root of less than 0.
            let root = max(row[k], 1).squareRoot()
            let scale = 1 / root
            row[k] = root
            for j in k + 1..<max(n, k + 1) { row[j] *= scale }
            for i in k + 1..<max(n, k + 1) {
                VectorKernels.axpy(-row[i], row + i, a + i * n + i, n - i)
            }
        }
    }
}
