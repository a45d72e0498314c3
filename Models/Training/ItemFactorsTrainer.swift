import Foundation
import Kernels

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
/// changes no product x . y, and leaves a diagonal in its place. A row with n chosen pairs then
/// needs a system of n equations instead of d, and most rows have few pairs.
///
/// Rows do not depend on one another, and sums over all rows are cut into the same pieces always:
/// the same seed gives the same factors however many processors there are.
package struct ItemFactorsTrainer {
    private let settings: ItemFactorsSettings
    private let readerRows: WeightedRows
    private let itemRows: WeightedRows
    private var readerFactors: FactorRows
    private var itemFactors: FactorRows

    /// Rows that one thread takes at a time.
    private static let blockRows = 256
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
        readerFactors = FactorRows([], stride: stride)
    }

    /// Shape (items of the vocabulary, dimensions).
    package var items: [Float] { itemFactors.unpadded(settings.dimensions) }
    /// Shape (training readers, dimensions), in the basis of ``items``.
    package var readers: [Float] { readerFactors.unpadded(settings.dimensions) }

    /// One epoch: readers, then items.
    ///
    /// - Returns: The loss after it, for each chosen pair; no epoch makes it larger.
    package mutating func epoch() -> Double {
        let readers = solve(readerRows, fixed: &itemFactors, into: &readerFactors)
        let items = solve(itemRows, fixed: &readerFactors, into: &itemFactors)
        let weight = readerRows.weights.reduce(0.0) { $0 + Double($1) }
        let loss = weight - items.explained + readers.penalty(readerFactors)
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
        /// The sum over rows of how much of the weights their solutions explain.
        let explained: Double
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
        _ rows: WeightedRows, fixed: inout FactorRows, into solved: inout FactorRows
    ) -> Side {
        let basis = SymmetricEigenbasis(fixed.gramian, dimensions: fixed.stride)
        fixed.turn(into: basis.vectors)
        let shared = basis.values.map { settings.unobserved * max(0, Float($0)) }
        let columns = settings.unobserved * Float(fixed.count)
        let regularisation = rows.sums.map {
            settings.regularisation * pow($0 + columns, settings.scaling)
        }
        let blocks = ParallelBlocks.ranges(0..<rows.count, size: Self.blockRows)
        let turned = fixed
        let solutions = ParallelBlocks.map(blocks.count) { block in
            Self.solve(rows, blocks[block], turned, shared, regularisation)
        }
        solved = FactorRows(solutions.flatMap(\.rows), stride: fixed.stride)
        let explained = solutions.reduce(0) { $0 + $1.explained }
        return Side(explained: explained, regularisation: regularisation)
    }

    private static func solve(
        _ rows: WeightedRows, _ range: Range<Int>, _ fixed: FactorRows, _ shared: [Float],
        _ regularisation: [Float]
    ) -> (rows: [Float], explained: Double) {
        let stride = fixed.stride
        var solver = LeastSquaresKernel.Solver(stride: stride)
        var explained = 0.0
        let solved = [Float](unsafeUninitializedCapacity: range.count * stride) { solved, count in
            fixed.values.withUnsafeBufferPointer { fixed in
                guard let fixed = fixed.baseAddress, let x = solved.baseAddress else { return }
                for (place, row) in range.enumerated() {
                    let diagonal = shared.map { $0 + regularisation[row] }
                    explained += Double(
                        rows.withRow(row) { chosen in
                            solver.solve(
                                chosen, factors: fixed, diagonal: diagonal,
                                into: x + place * stride)
                        })
                }
                count = range.count * stride
            }
        }
        return (solved, explained)
    }
}
