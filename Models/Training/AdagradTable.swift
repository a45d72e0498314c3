import Kernels

/// A table of embeddings that learns by Adagrad (Duchi, Hazan, Singer 2011).
///
///     a += g^2,  w -= rate g / (sqrt(a) + epsilon)
///
/// Only rows that a batch touched change. Gradients of a row that occurs several times in a batch
/// are summed first, as a dense implementation would.
///
/// Invariant between two steps: no row is touched, every place is -1.
struct AdagradTable {
    private let dimensions: Int
    private let rate: Float
    /// Shape (rows, dimensions).
    private(set) var weights: [Float]
    /// The sums of squared gradients, same shape.
    private var accumulators: [Float]
    /// For each row its place among the touched ones, or -1.
    private var places: [Int32]
    private var touched: [Int32] = []
    /// Gradients of the touched rows, shape (touched, dimensions).
    private var gradients: [Float] = []

    init(rows: Int, settings: TwoTowerSettings, random: inout SplitMix64) {
        dimensions = settings.dimensions
        rate = settings.learningRate
        weights = (0..<rows * settings.dimensions).map { _ in
            (random.unit() * 2 - 1) * TwoTowerSettings.spread
        }
        accumulators = [Float](repeating: TwoTowerSettings.accumulatorStart, count: weights.count)
        places = [Int32](repeating: -1, count: rows)
    }

    /// Adds `scale` times a gradient, shape (dimensions), to what the row will be changed by.
    mutating func add(_ gradient: UnsafePointer<Float>, times scale: Float, to row: Int32) {
        var place = places[Int(row)]
        if place < 0 {
            place = Int32(touched.count)
            places[Int(row)] = place
            touched.append(row)
            gradients.append(contentsOf: repeatElement(0, count: dimensions))
        }
        let start = Int(place) * dimensions
        gradients.withUnsafeMutableBufferPointer { gradients in
            guard let base = gradients.baseAddress else { return }
            VectorKernels.axpy(scale, gradient, base + start, dimensions)
        }
    }

    /// Changes every touched row and forgets the gradients.
    mutating func apply() {
        for (place, row) in touched.enumerated() {
            let from = place * dimensions
            let to = Int(row) * dimensions
            for k in 0..<dimensions {
                let g = gradients[from + k]
                let sum = accumulators[to + k] + g * g
                accumulators[to + k] = sum
                weights[to + k] -= rate * g / (sum.squareRoot() + TwoTowerSettings.epsilon)
            }
            places[Int(row)] = -1
        }
        touched.removeAll(keepingCapacity: true)
        gradients.removeAll(keepingCapacity: true)
    }
}
