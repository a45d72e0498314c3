import BundleFormat
import Identifiers
import Kernels

/// What an item-factors model consists of, wherever it lies.
package struct ItemFactorsParts: Sendable {
    package var dimensions: Int
    /// Shape (items, dimensions).
    package var factors: TensorRows<Float>
    package var readership: ReadershipParts

    package init(dimensions: Int, factors: TensorRows<Float>, readership: ReadershipParts) {
        self.dimensions = dimensions
        self.factors = factors
        self.readership = readership
    }
}

/// A factorisation of who chose what: each item has a vector, and a reader whom nobody has seen
/// gets one by folding in.
package final class ItemFactorsModel: Sendable {
    package let parts: ItemFactorsParts
    package let readership: Readership
    /// The sum of all items' outer products with themselves: shape (dimensions, dimensions).
    let gramian: [Float]

    /// - Precondition: shapes and indices agree, as opening a bundle has checked.
    /// - Complexity: O(items * dimensions^2 + pairs).
    package init(_ parts: ItemFactorsParts) {
        self.parts = parts
        readership = Readership(parts.readership)
        let d = parts.dimensions
        var gramian = [Float](repeating: 0, count: d * d)
        parts.factors.withBuffer { rows in
            gramian.withUnsafeMutableBufferPointer { gramian in
                guard let rows = rows.baseAddress, let sums = gramian.baseAddress else { return }
                for item in 0..<parts.readership.itemCount {
                    let row = rows + item * d
                    for k in 0..<d { VectorKernels.axpy(row[k], row, sums + k * d, d) }
                }
            }
        }
        self.gramian = gramian
    }

    /// - Throws: `.missingTensor`, which opening a bundle of this kind rules out.
    package convenience init(bundle: ModelBundle) throws(RetrievalError) {
        let factors = try bundle.required(ItemFactorsTensor.factors)
        self.init(
            ItemFactorsParts(
                dimensions: factors.shape[1], factors: .mapped(factors),
                readership: try ReadershipParts(bundle: bundle)))
    }
}

/// What folding in by a rule needs of a model, computed once.
struct FoldInPlan: Sendable {
    let model: ItemFactorsModel
    /// n(i)^-damping of each item.
    let damping: [Float]
    /// The items, to find those with the largest scores among them.
    let table: QuantizedRows
    /// M = (unobserved Y^T Y + regularisation I)^-1, shape (dimensions, dimensions).
    ///
    /// All zero if a bundle's enormous factors overflow; then nothing speaks for anything.
    let inverse: [Double]

    init(_ model: ItemFactorsModel, _ rule: FoldIn) {
        self.model = model
        damping = model.readership.itemPowers(rule.damping)
        let d = model.parts.dimensions
        table = model.parts.factors.withBuffer { [damping] in
            QuantizedRows($0, dimensions: d, weights: damping)
        }
        var system = model.gramian.map { Double($0) * Double(rule.unobserved) }
        for k in 0..<d { system[k * d + k] += Double(rule.regularisation) }
        guard let factor = CholeskyFactor(system, dimensions: d) else {
            inverse = [Double](repeating: 0, count: d * d)
            return
        }
        inverse = (0..<d).flatMap { axis in
            factor.solve((0..<d).map { $0 == axis ? 1 : 0 })
        }
    }
}

/// A new reader's vector, solved for as training would have (Hu, Koren, Volinsky 2008, section 5).
///
/// Letters: Y the item factors, Y_q those of the n liked items, 1 a vector of ones.
///
///     W = unobserved Y^T Y + regularisation I + Y_q^T Y_q = M^-1 + Y_q^T Y_q
///     x = W^-1 Y_q^T 1,  score(i) = n(i)^-damping x . y_i
///
/// M is the same for every question, and W^-1 Y_q^T = M Y_q^T (I + Y_q M Y_q^T)^-1 needs a system
/// of n equations. The score is a sum over the liked items, so each knows what it gave.
struct FoldedReader: Opinion {
    private let plan: FoldInPlan
    /// W^-1 y_q for each liked item; their sum is the reader.
    private let directions: [[Float]]

    init(_ plan: FoldInPlan, _ liked: [ItemIndex]) {
        self.plan = plan
        let d = plan.model.parts.dimensions
        let n = liked.count
        let rows = plan.model.parts.factors.withBuffer { factors in
            liked.map { item in factors[item.place * d..<(item.place + 1) * d].map(Double.init) }
        }
        let turned = rows.map { row in
            (0..<d).map { k in
                row.indices.reduce(0.0) { $0 + plan.inverse[k * d + $1] * row[$1] }
            }
        }
        let system = rows.indices.flatMap { p in
            turned.indices.map { q in
                zip(rows[p], turned[q]).reduce(p == q ? 1.0 : 0.0) { $0 + $1.0 * $1.1 }
            }
        }
        guard let factor = CholeskyFactor(system, dimensions: n) else {
            directions = rows.map { _ in [Float](repeating: 0, count: d) }
            return
        }
        directions = (0..<n).map { q in
            let shares = factor.solve((0..<n).map { $0 == q ? 1 : 0 })
            return (0..<d).map { k in
                Float(zip(shares, turned).reduce(0.0) { $0 + $1.0 * $1.1[k] })
            }
        }
    }

    /// x: shape (dimensions).
    private var reader: [Float] {
        (0..<plan.model.parts.dimensions).map { k in directions.reduce(0) { $0 + $1[k] } }
    }

    /// The items with the largest scores, best first, without the excluded ones.
    func top(_ limit: Int, excluding excluded: [Int32]) -> [TopScores.Entry] {
        plan.model.parts.factors.withBuffer {
            plan.table.top(limit, of: reader, in: $0, excluding: excluded)
        }
    }

    func score(into scores: inout ItemScores) {
        plan.model.parts.factors.withBuffer { rows in
            reader.withUnsafeBufferPointer { reader in
                guard let rows = rows.baseAddress, let reader = reader.baseAddress else { return }
                for item in 0..<plan.table.count {
                    scores.add(plan.table.score(of: item, reader, in: rows), to: Int32(item))
                }
            }
        }
    }

    func support(of items: [Int32], places: inout [Int32]) -> [[Float]] { support(of: items) }

    func support(of items: [Int32]) -> [[Float]] {
        let d = plan.model.parts.dimensions
        return plan.model.parts.factors.withBuffer { rows in
            items.map { item in
                directions.map { direction in
                    zip(direction, rows[Int(item) * d..<(Int(item) + 1) * d])
                        .reduce(0) { $0 + $1.0 * $1.1 } * plan.damping[Int(item)]
                }
            }
        }
    }
}
