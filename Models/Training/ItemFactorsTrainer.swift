import Foundation
import Kernels
import Retrieval

/// Factorises who chose what by alternating least squares (Hu, Koren, Volinsky 2008), with the
/// regulariser scaled as Rendle, Krichene, Zhang, Koren (2021) found it must be.
///
/// Letters: X the readers' factors, Y the items', S the chosen pairs with weights c, a what an
/// unobserved pair weighs, n(u) the weight of row u's pairs.
///
///     loss = sum over S of c (1 - x . y)^2 + a sum over all pairs of (x . y)^2
///            + sum over rows of regularisation (n(u) + a columns)^scaling |row|^2
///
/// With the other side fixed each row is a linear system of which a Y^T Y is the same for all.
/// Before a side is solved for, the fixed side is turned into the eigenvectors of its Y^T Y; that
/// changes no product x . y, and leaves a diagonal in its place, which is the best preconditioner
/// for the few steps of conjugate gradients that each row then makes from where it was.
///
/// Rows do not depend on one another, and sums over all rows are cut into the same pieces always:
/// the same seed gives the same factors however many processors there are.
package struct ItemFactorsTrainer {
    let settings: ItemFactorsSettings
    private let readerRows: WeightedRows
    private let itemRows: WeightedRows
    private var readerFactors: FactorRows
    private var itemFactors: FactorRows

    /// Factors begin with this standard deviation over the square root of their number.
    private static let spread: Float = 0.1

    package init(split: ReaderSplit, settings: ItemFactorsSettings) {
        self.settings = settings
        let rules = split.rules
        readerRows = WeightedRows(split) { settings.weights.weight(of: $0.rating, rules) }
        itemRows = readerRows.transposed(count: split.items.count)
        let d = settings.dimensions
        let stride = LeastSquaresKernel.stride(of: d)
        var random = SplitMix64(seed: settings.seed)
        // Uniform numbers in -1...1 have the standard deviation 1 / root of 3.
        let scale = Self.spread * (3 / Float(d)).squareRoot()
        var start = [Float](repeating: 0, count: itemRows.count * stride)
        for item in 0..<itemRows.count {
            for k in 0..<d { start[item * stride + k] = (random.unit() * 2 - 1) * scale }
        }
        itemFactors = FactorRows(start, stride: stride)
        readerFactors = FactorRows(
            [Float](repeating: 0, count: readerRows.count * stride), stride: stride)
    }

    /// Replaces the random factors of these items by a former model's.
    ///
    /// Readers need no start: their first half epoch comes before the items'.
    mutating func begin(with former: TensorRows<Float>, at places: FormerPlaces) {
        itemFactors.replace(places.items, by: former, columns: settings.dimensions)
    }

    /// Shape (items of the vocabulary, dimensions).
    package var items: [Float] { itemFactors.unpadded(settings.dimensions) }
    /// Shape (training readers, dimensions), in the basis of ``items``.
    package var readers: [Float] { readerFactors.unpadded(settings.dimensions) }

    /// One epoch: readers, then items.
    ///
    /// - Returns: The loss after it, for each chosen pair; no epoch makes it larger.
    package mutating func epoch() -> Double {
        let readers = solve(readerRows, fixed: &itemFactors, moving: &readerFactors)
        let items = solve(itemRows, fixed: &readerFactors, moving: &itemFactors)
        let loss = items.loss + readers.penalty(readerFactors)
        return loss / Double(max(1, readerRows.places.count))
    }

    /// Runs all epochs.
    ///
    /// - Parameter progress: Is told after each epoch; false stops the training.
    /// - Returns: The loss of each epoch, for each chosen pair.
    /// - Throws: `.cancelled` if progress said so.
    package mutating func train(
        now: () -> ContinuousClock.Instant = { .now }, progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> [LossPoint] {
        let start = now()
        var curve: [LossPoint] = []
        for step in 1...settings.epochs {
            let loss = epoch()
            curve.append(LossPoint(step: step, loss: loss))
            let report = TrainingProgress(
                step: step, of: settings.epochs, loss: loss, examples: readerRows.places.count,
                seconds: (now() - start) / .seconds(1))
            guard progress(report) else {
                throw TrainingError(
                    .cancelled,
                    "the training was stopped at epoch \(step) of \(settings.epochs)")
            }
        }
        return curve
    }

    /// What solving for one side found.
    private struct Side {
        /// The loss but for the other side's regulariser.
        let loss: Double
        /// regularisation (n(u) + a columns)^scaling of each row.
        let regularisation: [Float]

        /// The regulariser's share of the loss.
        func penalty(_ factors: FactorRows) -> Double {
            regularisation.enumerated().reduce(0.0) { sum, row in
                let from = row.offset * factors.stride
                let square = factors.values[from..<from + factors.stride]
                    .reduce(0.0) { $0 + Double($1) * Double($1) }
                return sum + Double(row.element) * square
            }
        }
    }

    private func solve(
        _ rows: WeightedRows, fixed: inout FactorRows, moving: inout FactorRows
    ) -> Side {
        let basis = SymmetricEigenbasis(fixed.gramian, dimensions: fixed.stride)
        let vectors = basis.vectors.map(Float.init)
        fixed.turn(into: vectors)
        let shared = basis.values.map { settings.unobserved * max(0, Float($0)) }
        let columns = settings.unobserved * Float(fixed.count)
        let regularisation = rows.sums.map {
            settings.regularisation * pow($0 + columns, settings.scaling)
        }
        let (turned, stride, steps) = (fixed, fixed.stride, settings.solverSteps)
        let moved = moving.mapBlocks { range, start in
            var x = LeastSquaresKernel.product(start, vectors, stride: stride)
            let loss = Self.solve(rows, range, turned, shared, regularisation, steps, at: &x)
            return (rows: x, loss: loss)
        }
        moving = FactorRows(moved.flatMap(\.rows), stride: stride)
        return Side(loss: moved.reduce(0) { $0 + $1.loss }, regularisation: regularisation)
    }

    /// - Parameters:
    ///   - x: The rows of the range: where they begin, and then where they have come.
    /// - Returns: The sum of their losses.
    private static func solve(
        _ rows: WeightedRows, _ range: Range<Int>, _ fixed: FactorRows, _ shared: [Float],
        _ regularisation: [Float], _ steps: Int, at x: inout [Float]
    ) -> Double {
        let stride = fixed.stride
        var solver = LeastSquaresKernel.Solver(stride: stride, steps: steps)
        var diagonal = shared
        return fixed.values.withUnsafeBufferPointer { fixed in
            x.withUnsafeMutableBufferPointer { x in
                guard let fixed = fixed.baseAddress, let x = x.baseAddress else { return 0 }
                var loss = 0.0
                for (place, row) in range.enumerated() {
                    for k in 0..<stride { diagonal[k] = shared[k] + regularisation[row] }
                    let rowLoss = rows.withRow(row) { chosen in
                        solver.solve(
                            chosen, factors: fixed, diagonal: diagonal, at: x + place * stride)
                    }
                    loss += Double(rowLoss)
                }
                return loss
            }
        }
    }
}
