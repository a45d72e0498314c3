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

    /// A system and where a solver begins.
    private struct Row {
        let d: Int
        var factors: [Float]
        var weights: [Float]
        var diagonal: [Float]
        var places: [Int32]
        var start: [Float]

        init(n: Int, d: Int) {
            var numbers = Numbers()
            self.d = d
            factors = numbers.list((n * 2 + 1) * d).map(Float.init)
            weights = numbers.list(n).map { Float(abs($0) + 0.1) }
            diagonal = numbers.list(d).map { Float(abs($0) + 0.2) }
            places = (0..<n).map { Int32(2 * $0) }
            start = numbers.list(d).map(Float.init)
        }

        func solved(steps: Int, _ form: KernelForm = .best) -> (x: [Float], loss: Float) {
            var x = start
            var solver = LeastSquaresKernel.Solver(stride: d, steps: steps, form: form)
            let loss = places.withUnsafeBufferPointer { places in
                weights.withUnsafeBufferPointer { weights in
                    solver.solve((places, weights), factors: factors, diagonal: diagonal, at: &x)
                }
            }
            return (x, loss)
        }

        func loss(of x: [Float]) -> Double {
            let errors = zip(places, weights).reduce(0.0) { sum, chosen in
                let product = (0..<d).reduce(0.0) {
                    $0 + Double(x[$1]) * Double(factors[Int(chosen.0) * d + $1])
                }
                return sum + Double(chosen.1) * (1 - product) * (1 - product)
            }
            return (0..<d).reduce(errors) { $0 + Double(diagonal[$1] * x[$1] * x[$1]) }
        }
    }

    @Test(arguments: shapes, KernelForm.available)
    func `with steps enough a row is solved as Cholesky's method does in double precision`(
        shape: (Int, Int), form: KernelForm
    ) throws {
        let (n, d) = shape
        let row = Row(n: n, d: d)

        let (x, loss) = row.solved(steps: 4 * d, form)

        let (system, right) = Self.normalEquations(
            row.places, row.weights, row.factors, row.diagonal)
        let expected = try #require(CholeskyFactor(system, dimensions: d)).solve(right)
        for k in 0..<d { #expect(abs(Double(x[k]) - expected[k]) < 2e-4) }
        #expect(abs(Double(loss) - row.loss(of: expected.map(Float.init))) < 1e-3)
    }

    @Test(arguments: shapes, KernelForm.available)
    func `each step lessens the loss, and the loss is that of the definition`(
        shape: (Int, Int), form: KernelForm
    ) {
        let row = Row(n: shape.0, d: shape.1)

        var last = Double.infinity
        for steps in 0...4 {
            let (x, loss) = row.solved(steps: steps, form)

            let expected = row.loss(of: x)
            #expect(abs(Double(loss) - expected) < 1e-4 * max(1, expected))
            #expect(expected <= last * (1 + 1e-6) + 1e-6)
            last = expected
        }
        #expect(last < row.loss(of: row.start))
    }

    /// Preconditioned with the diagonal, a system is the identity but for as many directions as it
    /// has chosen rows.
    @Test func `two chosen rows need three steps`() {
        let row = Row(n: 2, d: 64)

        #expect(
            zip(row.solved(steps: 3).x, row.solved(steps: 40).x).allSatisfy {
                abs($0 - $1) < 1e-4
            })
    }

    @Test func `a row that is solved stays where it is`() {
        var row = Row(n: 9, d: 16)
        row.start = row.solved(steps: 64).x

        let (x, _) = row.solved(steps: 3)

        #expect(zip(x, row.start).allSatisfy { abs($0 - $1) < 1e-5 })
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
