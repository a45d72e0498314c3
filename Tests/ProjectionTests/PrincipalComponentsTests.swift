import Foundation
import Testing

@testable import Projection

@Suite struct PrincipalComponentsTests {
    @Test func `eigenvectors are orthonormal and reproduce the matrix`() {
        let n = 7
        let numbers = ScatteredPoints.numbers(n * n).map(Double.init)
        let matrix = (0..<n * n).map { numbers[$0] + numbers[$0 % n * n + $0 / n] }

        let eigen = SymmetricEigen(matrix, size: n)

        for i in 0..<n {
            for j in 0..<n {
                let dot = zip(eigen.vectors[i], eigen.vectors[j]).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(dot - (i == j ? 1 : 0)) < 1e-12)
                let element = (0..<n).reduce(0.0) {
                    $0 + eigen.values[$1] * eigen.vectors[$1][i] * eigen.vectors[$1][j]
                }
                #expect(abs(element - matrix[i * n + j]) < 1e-12)
            }
        }
        #expect(eigen.values == eigen.values.sorted(by: >))
    }

    @Test func `points on a line have one component with all variance`() throws {
        let values = (0..<50).flatMap { row -> [Float] in [Float(row) * 3, Float(row) * 4, 7] }

        let components = try PrincipalComponents(
            of: PointRows(values, dimensions: 3), components: 2)

        #expect(abs(components.varianceShares[0] - 1) < 1e-12)
        #expect(abs(components.axes[0][0] - 0.6) < 1e-12)
        #expect(abs(components.axes[0][1] - 0.8) < 1e-12)
        #expect(abs(components.variances[0] - 25 * 212.5) < 1e-6)
    }

    /// Figures of scikit-learn 1.5: PCA(2).fit on the same four points.
    @Test func `four points have the components that can be computed by hand`() throws {
        let rows = try PointRows([2, 0, -2, 0, 0, 1, 0, -1], dimensions: 2)

        let components = try PrincipalComponents(of: rows)

        #expect(components.axes == [[1, 0], [0, 1]])
        #expect(abs(components.variances[0] - 8.0 / 3) < 1e-12)
        #expect(abs(components.variances[1] - 2.0 / 3) < 1e-12)
        #expect(components.coordinates(of: rows) == [[2, 0], [-2, 0], [0, 1], [0, -1]])
    }

    @Test func `the largest element of an axis is positive`() throws {
        let values = (0..<20).flatMap { row -> [Float] in [Float(row) * -5, Float(row)] }

        let components = try PrincipalComponents(of: PointRows(values, dimensions: 2))

        #expect(components.axes[0][0] > 0)
        #expect(components.axes[0][1] < 0)
    }

    @Test func `equal points lie at the origin and explain nothing`() throws {
        let rows = try PointRows(Array(repeating: 0.1, count: 30), dimensions: 3)

        let components = try PrincipalComponents(of: rows)

        #expect(components.varianceShares == [0, 0])
        #expect(components.coordinates(of: rows).allSatisfy { $0.allSatisfy { abs($0) < 1e-6 } })
    }

    @Test func `one dimension gives one axis`() throws {
        let components = try PrincipalComponents(of: PointRows([1, 2, 3], dimensions: 1))

        #expect(components.axes == [[1]])
    }

    @Test func `four components are refused`() throws {
        let rows = try PointRows([1, 2], dimensions: 1)

        #expect(throws: ProjectionError.self) {
            try PrincipalComponents(of: rows, components: 4)
        }
    }
}

@Suite struct PointRowsTests {
    private static func refusal(_ values: [Float], _ dimensions: Int) -> ProjectionError.Code? {
        do throws(ProjectionError) {
            _ = try PointRows(values, dimensions: dimensions)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `no points are refused`() { #expect(Self.refusal([], 2) == .nothingToProject) }

    @Test func `no dimensions are refused`() { #expect(Self.refusal([1], 0) == .nothingToProject) }

    @Test func `values that do not fill the rows are refused`() {
        #expect(Self.refusal([1, 2, 3], 2) == .invalidPoints)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 1.1e15])
    func `a coordinate that is no number or too large is refused`(value: Float) {
        #expect(Self.refusal([1, value], 2) == .invalidPoints)
    }

    @Test func `the refusal says where the coordinate is`() {
        let error = #expect(throws: ProjectionError.self) {
            try PointRows([1, 2, 3, .nan], dimensions: 2)
        }

        #expect(error?.message.hasPrefix("point 1 has the coordinate nan in dimension 1") == true)
    }

    @Test func `normalised points have length 1 and zero stays zero`() throws {
        let rows = try PointRows([3, 4, 0, 0], dimensions: 2).normalised()

        #expect(rows.values == [0.6, 0.8, 0, 0])
    }
}
