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

/// A new reader's vector, solved for as training would have (Hu, Koren, Volinsky 2008, section 5).
///
/// Letters: Y the item factors, Y_q those of the liked items, 1 a vector of ones.
///
///     W = unobserved Y^T Y + regularisation I + Y_q^T Y_q
///     x = W^-1 Y_q^T 1,  score(i) = n(i)^-damping x . y_i
///
/// The score is a sum over the liked items, so each knows what it gave.
struct FoldedReader: Opinion {
    private let model: ItemFactorsModel
    private let damping: [Float]
    /// W^-1 y_q for each liked item; their sum is the reader.
    private let directions: [[Float]]

    init(_ model: ItemFactorsModel, _ liked: [ItemIndex], rule: FoldIn, damping: [Float]) {
        self.model = model
        self.damping = damping
        let d = model.parts.dimensions
        var system = model.gramian.map { Double($0) * Double(rule.unobserved) }
        for k in 0..<d { system[k * d + k] += Double(rule.regularisation) }
        let rows = model.parts.factors.withBuffer { factors in
            liked.map { item in factors[item.place * d..<(item.place + 1) * d].map(Double.init) }
        }
        for row in rows {
            for k in 0..<d {
                for l in 0...k { system[k * d + l] += row[k] * row[l] }
            }
        }
        // Regularised by more than 0, the system is positive definite; a bundle of enormous
        // factors may still overflow, and then nothing speaks for anything.
        let factor = CholeskyFactor(system, dimensions: d)
        directions = rows.map { row in
            factor?.solve(row).map(Float.init) ?? [Float](repeating: 0, count: d)
        }
    }

    func scores() -> [Float] {
        let d = model.parts.dimensions
        let reader = (0..<d).map { k in directions.reduce(0) { $0 + $1[k] } }
        return model.parts.factors.withBuffer { rows in
            reader.withUnsafeBufferPointer { reader in
                guard let rows = rows.baseAddress, let reader = reader.baseAddress else {
                    return []
                }
                return damping.indices.map { item in
                    VectorKernels.dot(reader, rows + item * d, d) * damping[item]
                }
            }
        }
    }

    func support(of items: [Int32]) -> [[Float]] {
        let d = model.parts.dimensions
        return model.parts.factors.withBuffer { rows in
            items.map { item in
                directions.map { direction in
                    zip(direction, rows[Int(item) * d..<(Int(item) + 1) * d])
                        .reduce(0) { $0 + $1.0 * $1.1 } * damping[Int(item)]
                }
            }
        }
    }
}
