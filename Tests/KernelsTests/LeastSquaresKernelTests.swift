import Kernels
import Testing

/// Numbers that look random and are the same each time.
private struct Numbers {
    private var state: UInt64 = 7

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / Double(1 << 24) * 2 - 1
    }

    mutating func list(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }

    /// B^T B + I for a random B: positive definite, no eigenvalue below 1.
    mutating func definite(_ n: Int) -> [Double] {
        let b = list(n * n)
        var a = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for j in 0..<n {
                a[i * n + j] = (0..<n).reduce(i == j ? 1 : 0) { $0 + b[$1 * n + i] * b[$1 * n + j] }
            }
        }
        return a
    }
}

@Suite struct CholeskyFactorTests {
    @Test(arguments: [1, 2, 3, 8, 17, 40])
    func `the solution of a system solves it`(n: Int) throws {
        var numbers = Numbers()
        let (a, b) = (numbers.definite(n), numbers.list(n))

        let x = try #require(CholeskyFactor(a, dimensions: n)).solve(b)

        for i in 0..<n {
            let product = (0..<n).reduce(0) { $0 + a[i * n + $1] * x[$1] }
            #expect(abs(product - b[i]) < 1e-9)
        }
    }

    @Test(arguments: [[0.0], [-1.0], [.infinity], [.nan]])
    func `a matrix that is not positive definite has no factor`(matrix: [Double]) {
        #expect(CholeskyFactor(matrix, dimensions: 1) == nil)
    }
}

@Suite struct SymmetricEigenbasisTests {
    @Test(arguments: [0, 1, 2, 5, 16, 33])
    func `eigenvectors are turned into multiples of themselves`(n: Int) {
        var numbers = Numbers()
        let a = numbers.definite(n)

        let basis = SymmetricEigenbasis(a, dimensions: n)

        for k in 0..<n {
            for i in 0..<n {
                let image = (0..<n).reduce(0) { $0 + a[i * n + $1] * basis.vectors[$1 * n + k] }
                #expect(abs(image - basis.values[k] * basis.vectors[i * n + k]) < 1e-8)
            }
        }
    }

    @Test func `eigenvectors are orthogonal and of length 1`() {
        var numbers = Numbers()
        let n = 12

        let basis = SymmetricEigenbasis(numbers.definite(n), dimensions: n)

        for p in 0..<n {
            for q in 0..<n {
                let dot = (0..<n).reduce(0) {
                    $0 + basis.vectors[$1 * n + p] * basis.vectors[$1 * n + q]
                }
                #expect(abs(dot - (p == q ? 1 : 0)) < 1e-10)
            }
        }
    }

    @Test func `a diagonal matrix keeps its axes`() {
        let basis = SymmetricEigenbasis([3, 0, 0, 1], dimensions: 2)

        #expect(basis.values == [3, 1])
        #expect(basis.vectors == [1, 0, 0, 1])
    }
}

@Suite struct LeastSquaresKernelTests {
    /// Fewer rows than dimensions, as many, one more, and lengths around whole registers.
    private static let shapes = [
        (0, 8), (1, 8), (3, 8), (7, 8), (8, 8), (9, 8), (12, 16), (31, 32), (64, 64), (65, 64),
        (100, 64), (23, 24),
    ]

    @Test(arguments: shapes, KernelForm.available)
    func `a row is solved as Cholesky's method solves it in double precision`(
        shape: (Int, Int), form: KernelForm
    ) throws {
        let (n, d) = shape
        var numbers = Numbers()
        let factors = numbers.list(n * 2 * d).map(Float.init)
        let weights = numbers.list(n).map { Float(abs($0) + 0.1) }
        let diagonal = numbers.list(d).map { Float(abs($0) + 0.2) }
        let places = (0..<n).map { Int32(2 * $0) }

        var x = [Float](repeating: .nan, count: d)
        var solver = LeastSquaresKernel.Solver(stride: d, form: form)
        let explained = places.withUnsafeBufferPointer { places in
            weights.withUnsafeBufferPointer { weights in
                solver.solve(
                    (places, weights), factors: factors + [0], diagonal: diagonal, into: &x)
            }
        }

        let (system, right) = Self.normalEquations(places, weights, factors, diagonal)
        let expected = try #require(CholeskyFactor(system, dimensions: d)).solve(right)
        for k in 0..<d { #expect(abs(Double(x[k]) - expected[k]) < 2e-4) }
        let part = zip(right, expected).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(Double(explained) - part) < 1e-3 * max(1, part))
    }

    private static func normalEquations(
        _ places: [Int32], _ weights: [Float], _ factors: [Float], _ diagonal: [Float]
    ) -> (system: [Double], right: [Double]) {
        let d = diagonal.count
        var system = [Double](repeating: 0, count: d * d)
        var right = [Double](repeating: 0, count: d)
        for k in 0..<d { system[k * d + k] = Double(diagonal[k]) }
        for (place, weight) in zip(places, weights) {
            let row = factors[Int(place) * d..<Int(place + 1) * d].map(Double.init)
            for k in 0..<d {
                right[k] += Double(weight) * row[k]
                for l in 0..<d { system[k * d + l] += Double(weight) * row[k] * row[l] }
            }
        }
        return (system, right)
    }

    @Test(arguments: [(0, 8), (1, 8), (5, 16), (33, 24), (100, 64)], KernelForm.available)
    func `a gramian is the sum of the rows' products`(shape: (Int, Int), form: KernelForm) {
        let (count, d) = shape
        var numbers = Numbers()
        let rows = numbers.list(count * d).map(Float.init)

        let gramian = rows.withUnsafeBufferPointer {
            LeastSquaresKernel.gramian($0, stride: d, form: form)
        }

        for k in 0..<d {
            for l in k..<d {
                let sum = (0..<count).reduce(0) { $0 + rows[$1 * d + k] * rows[$1 * d + l] }
                #expect(abs(gramian[k * d + l] - sum) < 1e-4)
            }
        }
    }

    @Test(arguments: [(0, 8), (1, 8), (4, 8), (6, 16), (9, 24)], KernelForm.available)
    func `rows times a matrix are what the definition says`(shape: (Int, Int), form: KernelForm) {
        let (count, d) = shape
        var numbers = Numbers()
        let rows = numbers.list(count * d).map(Float.init)
        let matrix = numbers.list(d * d).map(Float.init)

        let product = rows.withUnsafeBufferPointer {
            LeastSquaresKernel.product($0, matrix, stride: d, form: form)
        }

        #expect(product.count == count * d)
        for row in 0..<count {
            for l in 0..<d {
                let sum = (0..<d).reduce(0) { $0 + rows[row * d + $1] * matrix[$1 * d + l] }
                #expect(abs(product[row * d + l] - sum) < 1e-4)
            }
        }
    }

    @Test func `dimensions are rounded up to whole registers`() {
        #expect([1, 8, 9, 64].map { LeastSquaresKernel.stride(of: $0) } == [8, 8, 16, 64])
    }
}
