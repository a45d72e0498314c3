import Foundation
import Kernels
import Testing

/// A batch small enough to compute its loss in double precision by the definition.
private struct Batch {
    let dimensions: Int
    let readers: [Int32]
    var queries: [Double]
    var candidates: [Double]

    var count: Int { readers.count }

    init(readers: [Int32], dimensions: Int) {
        self.readers = readers
        self.dimensions = dimensions
        queries = (0..<readers.count * dimensions).map { sin(Double($0 * 3 + 1) * 78.233) }
        candidates = (0..<readers.count * dimensions).map { cos(Double($0 * 5 + 2) * 37.719) }
    }

    /// -sum over i of log softmax(q_i . c_j)[i], without other columns of i's own reader.
    var loss: Double {
        (0..<count).reduce(0) { sum, i in
            let columns = (0..<count).filter { $0 == i || readers[$0] != readers[i] }
            let logits = columns.map { j in
                (0..<dimensions).reduce(0) {
                    $0 + queries[i * dimensions + $1] * candidates[j * dimensions + $1]
                }
            }
            let own = columns.firstIndex(of: i) ?? 0
            return sum - log(ReferenceKernels.softmax(logits)[own])
        }
    }

    /// Loss, dQ (B, d) and dC (B, d) as the kernel gives them.
    func kernel() -> (loss: Double, queries: [Float], candidates: [Float]) {
        let stride = (count + 7) / 8 * 8
        var transposed = [Float](repeating: 0, count: dimensions * stride)
        for j in 0..<count {
            for k in 0..<dimensions {
                transposed[k * stride + j] = Float(candidates[j * dimensions + k])
            }
        }
        var dq = [Float](repeating: 0, count: count * dimensions)
        var dc = [Float](repeating: 0, count: dimensions * stride)
        var scratch = [Float](repeating: 0, count: SoftmaxBlock.rows * stride)
        let q = queries.map(Float.init)
        var loss = 0.0
        for first in Swift.stride(from: 0, to: count, by: SoftmaxBlock.rows) {
            loss += SoftmaxBlock.run(
                first: first, count: min(SoftmaxBlock.rows, count - first), queries: q,
                candidates: .init(
                    transposed: transposed, stride: stride, count: count, dimensions: dimensions,
                    readers: readers),
                queryGradients: &dq, at: first, candidateGradients: &dc, scratch: &scratch)
        }
        let rows = (0..<count).flatMap { j in (0..<dimensions).map { dc[$0 * stride + j] } }
        return (loss, dq, rows)
    }
}

@Suite struct SoftmaxBlockTests {
    private static let batches: [[Int32]] = [
        [0], [0, 1], [0, 1, 2, 0, 3], Array(0..<16), Array(0..<17), (0..<37).map { $0 % 11 },
    ]

    @Test(arguments: batches, [1, 3, 24])
    func `the loss is that of the definition`(readers: [Int32], dimensions: Int) {
        let batch = Batch(readers: readers, dimensions: dimensions)

        #expect(abs(batch.kernel().loss - batch.loss) <= 1e-4 * Double(readers.count))
    }

    @Test(arguments: batches, [1, 3, 24])
    func `both gradients agree with finite differences`(readers: [Int32], dimensions: Int) {
        let batch = Batch(readers: readers, dimensions: dimensions)
        let step = 1e-5

        let found = batch.kernel()

        for index in Swift.stride(from: 0, to: batch.queries.count, by: 5) {
            var (up, down) = (batch, batch)
            up.queries[index] += step
            down.queries[index] -= step
            let expected = (up.loss - down.loss) / (2 * step)
            #expect(abs(Double(found.queries[index]) - expected) < 1e-3)

            (up, down) = (batch, batch)
            up.candidates[index] += step
            down.candidates[index] -= step
            let other = (up.loss - down.loss) / (2 * step)
            #expect(abs(Double(found.candidates[index]) - other) < 1e-3)
        }
    }
}
