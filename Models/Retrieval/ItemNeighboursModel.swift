import BundleFormat
import Identifiers

/// What an item-neighbours model consists of, wherever it lies.
///
/// `offsets[i]..<offsets[i + 1]` are the places of item i's neighbours.
package struct ItemNeighboursParts: Sendable {
    /// Shape (items + 1).
    package var offsets: TensorRows<Int64>
    /// Shape (neighbours).
    package var neighbours: TensorRows<Int32>
    /// Shape (neighbours); larger is nearer, none is below 0.
    package var weights: TensorRows<Float>
    package var readership: ReadershipParts

    package init(
        offsets: TensorRows<Int64>, neighbours: TensorRows<Int32>, weights: TensorRows<Float>,
        readership: ReadershipParts
    ) {
        self.offsets = offsets
        self.neighbours = neighbours
        self.weights = weights
        self.readership = readership
    }

    /// Calls the body with each neighbour of an item and its weight.
    @inline(__always)
    func forEachNeighbour(of item: Int, _ body: (Int32, Float) -> Void) {
        offsets.withBuffer { offsets in
            neighbours.withBuffer { neighbours in
                weights.withBuffer { weights in
                    for place in Int(offsets[item])..<Int(offsets[item + 1]) {
                        body(neighbours[place], weights[place])
                    }
                }
            }
        }
    }
}

/// Sparse weights from item to item, and the readers they were counted from.
package final class ItemNeighboursModel: Sendable {
    package let parts: ItemNeighboursParts
    package let readership: Readership

    /// - Precondition: shapes and indices agree, as opening a bundle has checked.
    package init(_ parts: ItemNeighboursParts) {
        self.parts = parts
        readership = Readership(parts.readership)
    }

    func neighbourCount(of item: Int) -> Int {
        parts.offsets.withBuffer { Int($0[item + 1] - $0[item]) }
    }

    /// - Throws: `.missingTensor`, which opening a bundle of this kind rules out.
    package convenience init(bundle: ModelBundle) throws(RetrievalError) {
        self.init(
            ItemNeighboursParts(
                offsets: .mapped(try bundle.required(ItemNeighboursTensor.offsets)),
                neighbours: .mapped(try bundle.required(ItemNeighboursTensor.neighbours)),
                weights: .mapped(try bundle.required(ItemNeighboursTensor.weights)),
                readership: try ReadershipParts(bundle: bundle)))
    }
}

/// The sum of the liked items' rows.
///
///     score(i) = n(i)^-damping sum over liked q of weight(q, i)^locality
///
/// A locality above 1 lets near neighbours outweigh many far ones (Aiolli 2013).
struct NeighbourSum: Opinion {
    let model: ItemNeighboursModel
    let liked: [ItemIndex]
    let rule: ItemSum
    /// n(i)^-damping of each item.
    let damping: [Float]

    func score(into scores: inout ItemScores) {
        for item in liked {
            model.parts.forEachNeighbour(of: item.place) { neighbour, weight in
                scores.add(Powers.of(max(0, weight), to: rule.locality), to: neighbour)
            }
        }
        if rule.damping > 0 { scores.multiply(by: damping) }
    }

    func support(of items: [Int32], places: inout [Int32]) -> [[Float]] {
        for (place, item) in items.enumerated() { places[Int(item)] = Int32(place) }
        defer { for item in items { places[Int(item)] = ServingScratch.noPlace } }
        var support = [[Float]](
            repeating: [Float](repeating: 0, count: liked.count), count: items.count)
        for (position, item) in liked.enumerated() {
            model.parts.forEachNeighbour(of: item.place) { neighbour, weight in
                let place = places[Int(neighbour)]
                guard place != ServingScratch.noPlace else { return }
                support[Int(place)][position] +=
                    damping[Int(neighbour)] * Powers.of(max(0, weight), to: rule.locality)
            }
        }
        return support
    }
}
