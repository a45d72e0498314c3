import Kernels

/// What least squares does with all rows of one side at once; rows have shape (count, d).
enum FactorRows {
    /// Rows that one thread takes at a time.
    private static let blockRows = 512

    /// Y^T Y: shape (d, d).
    static func gramian(_ rows: [Float], count: Int, dimensions d: Int) -> [Double] {
        let blocks = ParallelBlocks.ranges(0..<count, size: blockRows)
        let sums = ParallelBlocks.map(blocks.count) { block -> [Float] in
            var sum = [Float](repeating: 0, count: d * d)
            rows.withUnsafeBufferPointer { rows in
                sum.withUnsafeMutableBufferPointer { sum in
                    guard let rows = rows.baseAddress, let sum = sum.baseAddress else { return }
                    for row in blocks[block] {
                        let y = rows + row * d
                        for k in 0..<d { VectorKernels.axpy(y[k], y + k, sum + k * d + k, d - k) }
                    }
                }
            }
            return sum
        }
        var total = [Double](repeating: 0, count: d * d)
        for sum in sums {
            for k in 0..<d {
                for l in k..<d { total[k * d + l] += Double(sum[k * d + l]) }
            }
        }
        for k in 0..<d {
            for l in 0..<k { total[k * d + l] = total[l * d + k] }
        }
        return total
    }

    /// Replaces each row y by y V, its coordinates along the columns of V, shape (d, d).
    static func turn(
        _ rows: inout [Float], count: Int, dimensions d: Int, into vectors: [Double]
    ) {
        let v = vectors.map(Float.init)
        let blocks = ParallelBlocks.ranges(0..<count, size: blockRows)
        let old = rows
        let turned = ParallelBlocks.map(blocks.count) { block -> [Float] in
            var sum = [Float](repeating: 0, count: blocks[block].count * d)
            old.withUnsafeBufferPointer { rows in
                sum.withUnsafeMutableBufferPointer { sum in
                    v.withUnsafeBufferPointer { v in
                        guard let rows = rows.baseAddress, let sum = sum.baseAddress,
                            let v = v.baseAddress
                        else { return }
                        for (place, row) in blocks[block].enumerated() {
                            for k in 0..<d {
                                VectorKernels.axpy(rows[row * d + k], v + k * d, sum + place * d, d)
                            }
                        }
                    }
                }
            }
            return sum
        }
        rows.removeAll(keepingCapacity: true)
        for block in turned { rows.append(contentsOf: block) }
    }
}
