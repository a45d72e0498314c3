import Kernels
import Retrieval

/// The factors of one side: rows of `stride` floats, of which those beyond the dimensions are 0.
struct FactorRows: Sendable {
    let stride: Int
    private(set) var values: [Float]

    /// Rows that one thread takes at a time.
    private static let blockRows = 512

    /// - Parameter values: Shape (any, stride).
    init(_ values: [Float], stride: Int) {
        self.values = values
        self.stride = stride
    }

    var count: Int { values.count / stride }

    /// Y^T Y: shape (stride, stride).
    var gramian: [Double] {
        let sums = mapBlocks { LeastSquaresKernel.gramian($1, stride: stride) }
        var total = [Double](repeating: 0, count: stride * stride)
        for sum in sums {
            for k in 0..<stride {
                for l in k..<stride { total[k * stride + l] += Double(sum[k * stride + l]) }
            }
        }
        for k in 0..<stride {
            for l in 0..<k { total[k * stride + l] = total[l * stride + k] }
        }
        return total
    }

    /// Replaces each row y by y V, its coordinates along the columns of V.
    ///
    /// - Parameter vectors: V, shape (stride, stride).
    mutating func turn(into vectors: [Float]) {
        let width = stride
        let turned = mapBlocks { LeastSquaresKernel.product($1, vectors, stride: width) }
        values.removeAll(keepingCapacity: true)
        for block in turned { values.append(contentsOf: block) }
    }

    /// What the body makes of each block: its numbers of rows, and the rows.
    func mapBlocks<Result: Sendable>(
        _ body: @Sendable (Range<Int>, UnsafeBufferPointer<Float>) -> Result
    ) -> [Result] {
        let blocks = ParallelBlocks.ranges(0..<count, size: Self.blockRows)
        let (values, stride) = (values, stride)
        return ParallelBlocks.map(blocks.count) { block in
            let range = blocks[block].lowerBound * stride..<blocks[block].upperBound * stride
            return values.withUnsafeBufferPointer {
                body(blocks[block], UnsafeBufferPointer(rebasing: $0[range]))
            }
        }
    }

    mutating func replace(
        _ moves: [FormerPlaces.Move], by former: TensorRows<Float>, columns: Int
    ) {
        FormerPlaces.copy(moves, former, columns: columns, into: &values, stride: stride)
    }

    /// The rows without what pads them: shape (count, dimensions).
    func unpadded(_ dimensions: Int) -> [Float] {
        guard dimensions < stride else { return values }
        return (0..<count).flatMap { values[$0 * stride..<$0 * stride + dimensions] }
    }
}
