import BundleFormat
import Retrieval

/// Which rows of a former bundle a training can begin with: those of the same items and readers.
struct FormerPlaces {
    typealias Move = (from: Int, to: Int)

    private(set) var items: [Move] = []
    private(set) var readers: [Move] = []

    /// - Parameters:
    ///   - items, readers: Keys of the rows that are trained, in their order.
    init(
        in bundle: ModelBundle, items: [String], readers: [String]
    ) throws(BundleError) {
        for (place, key) in items.enumerated() {
            if let former = try bundle.catalogue.index(ofFirst: [key]) {
                self.items.append((former, place))
            }
        }
        let known = try bundle.catalogue.readers(at: 0..<bundle.catalogue.readerCount)
        let places = Dictionary(
            known.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 })
        self.readers = readers.enumerated().compactMap { place, key in
            places[key].map { (from: $0, to: place) }
        }
    }

    /// - Throws: `.badRecipe` if a former model's rows are of another length.
    static func refuse(_ dimensions: Int, wanted: Int) throws(TrainingError) {
        guard dimensions == wanted else {
            throw TrainingError(
                .badRecipe,
                "the warm start has \(dimensions) dimensions, the recipe wants \(wanted)")
        }
    }

    /// Replaces rows of so many columns by the former ones.
    ///
    /// - Parameter stride: From one of the replaced rows to the next; without one, `columns`.
    static func copy(
        _ moves: [Move], _ former: TensorRows<Float>, columns: Int, into values: inout [Float],
        stride: Int? = nil
    ) {
        let former = former.copied
        let stride = stride ?? columns
        for move in moves {
            for k in 0..<columns {
                values[move.to * stride + k] = former[move.from * columns + k]
            }
        }
    }
}
