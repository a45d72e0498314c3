import Foundation
import Synchronization
import Testing

@testable import Projection

@Suite struct NearestNeighboursTests {
    @Test(arguments: [1, 5, 24]) func `all distances sorted give the same`(dimensions: Int) throws {
        let (count, k) = (60, 9)
        let rows = try PointRows(
            ScatteredPoints.numbers(count * dimensions), dimensions: dimensions)

        let found = NearestNeighbours(of: rows, perPoint: k)

        for i in 0..<count {
            let expected = (0..<count).filter { $0 != i }
                .map { (distance: distance(rows, i, $0), index: $0) }
                .sorted { $0 < $1 }.prefix(k)
            let squares = found.squaredDistances[i * k..<(i + 1) * k]
            #expect(found.indices[i * k..<(i + 1) * k].map(Int.init) == expected.map(\.index))
            #expect(zip(squares, expected).allSatisfy { abs(Double($0) - $1.distance) < 1e-4 })
        }
    }

    private func distance(_ rows: PointRows, _ i: Int, _ j: Int) -> Double {
        (0..<rows.dimensions).reduce(0.0) { sum, k in
            let difference =
                Double(rows.values[i * rows.dimensions + k])
                - Double(rows.values[j * rows.dimensions + k])
            return sum + difference * difference
        }
    }

    @Test func `of equal points the smaller index comes first`() throws {
        let rows = try PointRows(Array(repeating: 1, count: 12), dimensions: 2)

        let found = NearestNeighbours(of: rows, perPoint: 3)

        #expect(found.indices.prefix(3) == [1, 2, 3])
        #expect(found.indices.suffix(3) == [0, 1, 2])
    }
}

@Suite struct AffinitiesTests {
    @Test(arguments: [2.0, 5, 20]) func `weights have the entropy of the perplexity`(
        perplexity: Double
    ) {
        let distances = ScatteredPoints.numbers(60).map { abs($0) * 40 }.sorted()

        let weights = Affinities.weights(of: distances[...], perplexity: perplexity)

        let entropy = weights.reduce(0.0) { $1 > 0 ? $0 - Double($1) * log(Double($1)) : $0 }
        #expect(abs(exp(entropy) - perplexity) < 1e-3 * perplexity)
        #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
    }

    @Test func `neighbours at the same distance weigh the same`() {
        let weights = Affinities.weights(of: [4, 4, 4, 4][...], perplexity: 2)

        #expect(weights == [0.25, 0.25, 0.25, 0.25])
    }

    @Test func `the matrix is symmetric and sums up to 1`() throws {
        let rows = try PointRows(ScatteredPoints.numbers(40 * 3), dimensions: 3)

        let dense = DenseAffinities.of(rows, perplexity: 4)

        #expect(abs(dense.flatMap(\.self).reduce(0, +) - 1) < 1e-5)
        for i in 0..<40 { for j in 0..<40 { #expect(abs(dense[i][j] - dense[j][i]) < 1e-9) } }
    }
}

/// Sparse affinities as a full matrix.
enum DenseAffinities {
    static func sparse(_ rows: PointRows, perplexity: Double) -> Affinities {
        let k = min(rows.count - 1, Int(3 * perplexity))
        return Affinities(
            NearestNeighbours(of: rows, perPoint: k), perplexity: perplexity, count: rows.count)
    }

    static func of(_ rows: PointRows, perplexity: Double) -> [[Double]] {
        let sparse = sparse(rows, perplexity: perplexity)
        var dense = [[Double]](
            repeating: [Double](repeating: 0, count: rows.count), count: rows.count)
        for i in 0..<rows.count {
            for place in sparse.offsets[i]..<sparse.offsets[i + 1] {
                dense[i][Int(sparse.indices[place])] = Double(sparse.values[place])
            }
        }
        return dense
    }
}

@Suite struct MapForcesTests {
    private static let count = 45
    private static let perplexity = 5.0

    private static func rows() throws -> PointRows {
        try PointRows(ScatteredPoints.numbers(count * 6), dimensions: 6)
    }

    @Test func `the exact gradient agrees with finite differences`() throws {
        let p = DenseAffinities.of(try Self.rows(), perplexity: Self.perplexity)
        let points = ScatteredPoints.onPlane(Self.count, scale: 2, seed: 3)
            .map { SIMD2<Double>($0) }
        let step = 1e-5

        let gradient = ReferenceMap.gradient(p, points)

        for i in points.indices {
            for axis in 0..<2 {
                var (ahead, behind) = (points, points)
                ahead[i][axis] += step
                behind[i][axis] -= step
                let slope =
                    (ReferenceMap.divergence(p, ahead) - ReferenceMap.divergence(p, behind))
                    / (2 * step)
                #expect(abs(gradient[i][axis] - slope) < 1e-8)
            }
        }
    }

    @Test(arguments: [Float(1e-4), 1, 30])
    func `with theta 0 the tree gives the exact gradient`(scale: Float) throws {
        let rows = try Self.rows()
        let p = DenseAffinities.of(rows, perplexity: Self.perplexity)
        let points = ScatteredPoints.onPlane(Self.count, scale: scale, seed: 3)

        let forces = MapForces(
            DenseAffinities.sparse(rows, perplexity: Self.perplexity), on: points, theta: 0,
            exaggeration: 1, isMeasured: true)

        let exact = points.map { SIMD2<Double>($0) }
        let gradient = ReferenceMap.gradient(p, exact)
        let largest = gradient.map { max(abs($0.x), abs($0.y)) }.max() ?? 0
        for (fast, plain) in zip(forces.gradient, gradient) {
            let difference = SIMD2<Double>(fast) - plain
            #expect(max(abs(difference.x), abs(difference.y)) < 1e-4 * largest)
        }
        #expect(abs(forces.divergence - ReferenceMap.divergence(p, exact)) < 1e-4)
    }

    @Test(arguments: [(Float(0.5), 0.03), (1, 0.12)])
    func `a larger theta changes the gradient a little`(theta: Float, tolerance: Double) throws {
        let rows = try PointRows(ScatteredPoints.numbers(400 * 6), dimensions: 6)
        let affinities = DenseAffinities.sparse(rows, perplexity: 10)
        let points = ScatteredPoints.onPlane(400, scale: 10, seed: 5)

        let exact = MapForces(
            affinities, on: points, theta: 0, exaggeration: 1, isMeasured: true)
        let near = MapForces(
            affinities, on: points, theta: theta, exaggeration: 1, isMeasured: true)

        let error = zip(exact.gradient, near.gradient).reduce(0.0) {
            $0 + Double((($1.0 - $1.1) * ($1.0 - $1.1)).sum())
        }
        let size = exact.gradient.reduce(0.0) { $0 + Double(($1 * $1).sum()) }
        #expect((error / size).squareRoot() < tolerance)
        #expect(abs(exact.divergence - near.divergence) < tolerance)
    }

    @Test func `points at one place repel as many`() {
        let points: [SIMD2<Float>] = [[0, 0], [0, 0], [0, 0], [3, 4]]
        let tree = QuadTree(points, theta: 0)

        let repulsion = tree.repulsion(on: 0, of: points)

        // q to the far point is 1 / 26, to each of the two at the same place 1.
        let last = tree.order.firstIndex(of: 3) ?? 0
        #expect(abs(repulsion.sums[last] - 3 / 26) < 1e-6)
        #expect(abs(repulsion.forces[last].x - 3 * 3 / 676) < 1e-6)
        #expect(abs(repulsion.sums[1 - last / 3] - (2 + 1 / 26)) < 1e-6)
    }
}

@Suite struct NeighbourMapTests {
    private static func settings(
        perplexity: Double = 10, iterations: Int = 300, exaggerated: Int = 100
    ) -> NeighbourMap.Settings {
        var settings = NeighbourMap.Settings()
        settings.perplexity = perplexity
        settings.iterations = iterations
        settings.exaggeratedIterations = exaggerated
        return settings
    }

    @Test func `the divergence falls`() throws {
        let rows = try PointRows(ScatteredPoints.numbers(200 * 5), dimensions: 5)

        let map = try NeighbourMap(of: rows, settings: Self.settings())

        let late = map.curve.filter { $0.iteration > 110 }.map(\.divergence)
        #expect(map.divergence < 0.7 * (map.curve.first?.divergence ?? 0))
        #expect(zip(late, late.dropFirst()).allSatisfy { $1 < $0 + 0.005 })
    }

    @Test func `clusters that lie apart stay apart`() throws {
        let rows = try PointRows(
            ScatteredPoints.clusters(4, points: 160, dimensions: 6), dimensions: 6)

        let map = try NeighbourMap(of: rows, settings: Self.settings())

        for (index, point) in map.points.enumerated() {
            let nearest = map.points.indices.filter { $0 != index }.min { left, right in
                let (x, y) = (map.points[left] - point, map.points[right] - point)
                return (x * x).sum() < (y * y).sum()
            }
            #expect((nearest ?? 0) % 4 == index % 4)
        }
    }

    @Test func `the same points give the same map`() throws {
        let rows = try PointRows(ScatteredPoints.numbers(150 * 4), dimensions: 4)

        let first = try NeighbourMap(of: rows, settings: Self.settings(iterations: 60))
        let second = try NeighbourMap(of: rows, settings: Self.settings(iterations: 60))

        #expect(first.points == second.points)
    }

    @Test func `one point lies at the origin`() throws {
        let map = try NeighbourMap(of: PointRows([3, 4], dimensions: 2))

        #expect(map.points == [.zero])
        #expect(map.divergence == 0)
    }

    @Test(arguments: [2, 3, 4, 10, 31]) func `few points lower the perplexity`(count: Int) throws {
        let rows = try PointRows(ScatteredPoints.numbers(count * 3), dimensions: 3)

        let map = try NeighbourMap(of: rows, settings: Self.settings(perplexity: 30))

        #expect(map.perplexity == max(1, Double(count - 1) / 3))
        #expect(map.points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
        #expect(Set(map.points).count == count)
    }

    @Test func `equal points end in a small heap`() throws {
        let rows = try PointRows(Array(repeating: 1, count: 50 * 3), dimensions: 3)

        let map = try NeighbourMap(of: rows, settings: Self.settings())

        #expect(map.points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
        #expect(map.divergence < 0.5)
    }

    @Test func `a column without variance changes nothing`() throws {
        let values = ScatteredPoints.numbers(80 * 2)
        let widened = (0..<80).flatMap { row -> [Float] in
            [values[2 * row], 5, values[2 * row + 1]]
        }

        let narrow = try NeighbourMap(
            of: PointRows(values, dimensions: 2), settings: Self.settings(iterations: 50))
        let wide = try NeighbourMap(
            of: PointRows(widened, dimensions: 3), settings: Self.settings(iterations: 50))

        #expect(abs(narrow.divergence - wide.divergence) < 1e-3)
    }

    @Test func `points on a line leave the line`() throws {
        let rows = try PointRows((0..<60).map { Float($0 * $0 % 61) }, dimensions: 1)

        let map = try NeighbourMap(of: rows, settings: Self.settings())

        #expect(map.points.map { abs($0.y) }.max() ?? 0 > 0.1)
        #expect(map.points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    }

    @Test func `a caller who has enough ends the work`() throws {
        let rows = try PointRows(ScatteredPoints.numbers(30 * 3), dimensions: 3)
        let steps = Mutex(0)

        let error = #expect(throws: ProjectionError.self) {
            try NeighbourMap(of: rows, settings: Self.settings()) { progress in
                steps.withLock { $0 = progress.iteration }
                return progress.iteration < 50
            }
        }

        #expect(error?.code == .cancelled)
        #expect(steps.withLock(\.self) == 50)
    }

    @Test(arguments: [
        (0.5, 0.5, 100), (1_001.0, 0.5, 100), (.nan, 0.5, 100), (30.0, -0.1, 100),
        (30.0, 1.1, 100), (30.0, .nan, 100), (30.0, 0.5, 0),
    ])
    func `settings outside of their range are refused`(
        perplexity: Double, theta: Double, iterations: Int
    ) throws {
        var settings = Self.settings(perplexity: perplexity, iterations: iterations)
        settings.theta = theta
        let rows = try PointRows([1, 2, 3], dimensions: 1)

        let error = #expect(throws: ProjectionError.self) {
            try NeighbourMap(of: rows, settings: settings)
        }

        #expect(error?.code == .invalidSetting)
    }
}
