/// The two tables of a two-tower model, with each reader once.
///
/// HarperDB's published models hold a candidate for each training row, which is the same row of
/// the reader's embedding over and over: 1,561,535 for 19,371 readers.
package struct Towers: Sendable {
    package let dimensions: Int
    package let itemCount: Int
    /// Shape (items, dimensions).
    package let itemRows: [Float]
    /// The readers' numbers in the model, ascending.
    package private(set) var readers: [Int32] = []
    /// Shape (readers, dimensions).
    package private(set) var readerRows: [Float] = []
    package let candidateCount: Int
    /// Candidates whose row is not the first one of their reader; the first row stays.
    package private(set) var differingCount = 0

    /// - Throws: `.noTwoTower`, `.inconsistent`, `.limitExceeded`.
    package init(
        _ model: ModelFiles, names: TowerNames = TowerNames()
    ) throws(TensorFlowJSError) {
        let (found, isTransposed) =
            model.format == "layers-model"
            ? (try Self.layers(of: model, names), false)
            : try GraphTowers(model.topology).find(in: model, names: names)
        let items = try Self.table(found.items, in: model)
        var candidates = try Self.table(found.candidates, in: model)
        if isTransposed { candidates = candidates.transposed }
        guard items.width == candidates.width, items.width > 0 else {
            throw TensorFlowJSError(
                .inconsistent,
                "items have \(items.width) dimensions and candidates \(candidates.width)")
        }
        let identifiers: [Int32]
        if let name = found.identifiers {
            identifiers = try model.integers(name)
        } else {
            guard let count = Int32(exactly: candidates.count) else {
                throw TensorFlowJSError(.limitExceeded, "there are too many candidates")
            }
            identifiers = Array(0..<count)
        }
        guard identifiers.count == candidates.count, candidates.count > 0, items.count > 0 else {
            throw TensorFlowJSError(
                .inconsistent,
                "there are \(items.count) items, \(candidates.count) candidates and "
                    + "\(identifiers.count) identifiers of them")
        }
        dimensions = items.width
        itemCount = items.count
        itemRows = items.values
        candidateCount = candidates.count
        keepFirst(of: identifiers, candidates)
    }

    private mutating func keepFirst(of identifiers: [Int32], _ table: Table) {
        var first: [Int32: Int] = [:]
        for (row, identifier) in identifiers.enumerated() {
            guard let known = first[identifier] else {
                first[identifier] = row
                continue
            }
            let isSame = (0..<dimensions).allSatisfy { k in
                table.values[row * dimensions + k] == table.values[known * dimensions + k]
            }
            if !isSame { differingCount += 1 }
        }
        readers = first.keys.sorted()
        readerRows.reserveCapacity(readers.count * dimensions)
        for reader in readers {
            let row = first[reader, default: 0]
            readerRows += table.values[row * dimensions..<(row + 1) * dimensions]
        }
    }
}

extension Towers {
    private struct Table {
        var count: Int
        var width: Int
        var values: [Float]

        var transposed: Table {
            Table(
                count: width, width: count,
                values: (0..<values.count).map { place in
                    values[place % count * width + place / count]
                })
        }
    }

    private static func table(
        _ name: String?, in model: ModelFiles
    ) throws(TensorFlowJSError) -> Table {
        let values = try model.floats(name ?? "")
        guard let shape = name.flatMap(model.description)?.shape, shape.count == 2 else {
            throw TensorFlowJSError(.inconsistent, "the weight \(name ?? "") is no table")
        }
        return Table(count: shape[0], width: shape[1], values: values)
    }

    /// A Keras model has no candidates, only the readers' own table: a row for each number.
    private static func layers(
        of model: ModelFiles, _ names: TowerNames
    ) throws(TensorFlowJSError) -> TowerNames {
        let tables = model.descriptions.filter {
            $0.shape.count == 2 && $0.name.hasSuffix("embeddings")
        }.map(\.name)
        guard names.items != nil, names.candidates != nil else {
            throw TensorFlowJSError(
                .noTwoTower,
                "a layers model does not say which table is which; name them with --item-tensor "
                    + "and --reader-tensor: \(tables.joined(separator: ", "))")
        }
        return names
    }
}
