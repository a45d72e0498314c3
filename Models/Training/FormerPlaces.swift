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

    /// Replaces rows of so many columns by the former ones.
    static func copy(
        _ moves: [Move], _ former: TensorRows<Float>, columns: Int, into values: inout [Float]
    ) {
        let former = former.copied
        for move in moves {
            for k in 0..<columns {
                values[move.to * columns + k] = former[move.from * columns + k]
            }
        }
    }
}
