/// The figures by which people judge a table of weights.
package struct TensorStatistics: Sendable, Hashable {
    package private(set) var count = 0
    /// Elements that are no number; the other figures leave them out.
    package private(set) var notNumbers = 0
    /// 0 if there are no elements.
    package private(set) var least = 0.0
    package private(set) var greatest = 0.0
    package private(set) var mean = 0.0
    /// The square root of the mean squared distance from the mean.
    package private(set) var deviation = 0.0
    /// The Euclidean length of all elements together.
    package private(set) var norm = 0.0
    /// The lengths of the rows of a table of floats: least, mean and greatest.
    package private(set) var rowNorms: RowNorms?

    package struct RowNorms: Sendable, Hashable {
        package var least: Double
        package var mean: Double
        package var greatest: Double
    }

    package init(of tensor: MappedTensor) {
        switch tensor.elementType {
        case .float32:
            tensor.withFloats { values in
                summarise(values) { Double($0) }
                if tensor.shape.count == 2, tensor.shape[1] > 0 {
                    rowNorms = Self.rowNorms(values, width: tensor.shape[1])
                }
            }
        case .int64: tensor.withInt64s { summarise($0) { Double($0) } }
        case .int32: tensor.withInt32s { summarise($0) { Double($0) } }
        case .int8: tensor.withInt8s { summarise($0) { Double($0) } }
        case .uint8: tensor.withUInt8s { summarise($0) { Double($0) } }
        }
    }

    /// Mean and deviation in one pass without large sums (Welford 1962).
    private mutating func summarise<Element>(
        _ values: UnsafeBufferPointer<Element>, _ number: (Element) -> Double
    ) {
        (least, greatest) = (.infinity, -.infinity)
        var (squares, spread, seen) = (0.0, 0.0, 0.0)
        for element in values {
            let value = number(element)
            guard value.isFinite else {
                notNumbers += 1
                continue
            }
            seen += 1
            let before = value - mean
            mean += before / seen
            spread += before * (value - mean)
            squares += value * value
            least = min(least, value)
            greatest = max(greatest, value)
        }
        count = values.count
        norm = squares.squareRoot()
        if seen > 0 { deviation = (spread / seen).squareRoot() } else { (least, greatest) = (0, 0) }
    }

    private static func rowNorms(
        _ values: UnsafeBufferPointer<Float>, width: Int
    ) -> RowNorms? {
        let rows = values.count / width
        guard rows > 0 else { return nil }
        var norms = RowNorms(least: .infinity, mean: 0, greatest: 0)
        for row in 0..<rows {
            var square = 0.0
            for place in row * width..<(row + 1) * width {
                square += Double(values[place]) * Double(values[place])
            }
            let norm = square.squareRoot()
            norms.least = min(norms.least, norm)
            norms.greatest = max(norms.greatest, norm)
            norms.mean += norm / Double(rows)
        }
        return norms
    }
}
