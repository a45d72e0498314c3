import Dispatch
import Kernels
import Synchronization

/// One batch of examples: who is asked with what, and their embeddings.
///
/// Letters: B examples, U readers among them, d dimensions.
struct TrainingBatch: Sendable {
    private let settings: TwoTowerSettings
    /// The distinct readers, in the order of their first example: shape (U).
    private var readers: [Int32] = []
    /// The place of each example's reader among them, shape (B).
    private var targets: [Int32]
    /// For each reader of the data its place among those of the batch, or `absent`.
    private var places: [Int32]
    /// Items of each example, shape (B, queryItems).
    private var items: [Int32]
    /// Shape (B, d).
    private var queries: [Float]
    private var candidates: SoftmaxBlock.Candidates

    private static let absent: Int32 = -1
    /// Parts that a batch is cut into, whatever the number of processors; see `TwoTowerTrainer`.
    private static let shardCount = 4

    init(settings: TwoTowerSettings, readerCount: Int) {
        self.settings = settings
        let (b, d) = (settings.batch, settings.dimensions)
        targets = [Int32](repeating: 0, count: b)
        places = [Int32](repeating: Self.absent, count: readerCount)
        items = [Int32](repeating: 0, count: b * settings.queryItems)
        queries = [Float](repeating: 0, count: b * d)
        candidates = SoftmaxBlock.Candidates(dimensions: d)
    }

    /// Draws readers by how much they like, and items of each with replacement.
    mutating func draw(from pairs: LikedPairs, using random: inout SplitMix64) {
        for reader in readers { places[Int(reader)] = Self.absent }
        readers.removeAll(keepingCapacity: true)
        for example in 0..<settings.batch {
            let reader = pairs.readers[random.below(pairs.count)]
            if places[Int(reader)] == Self.absent {
                places[Int(reader)] = Int32(readers.count)
                readers.append(reader)
            }
            targets[example] = places[Int(reader)]
            let first = Int(pairs.starts[Int(reader)])
            let count = Int(pairs.starts[Int(reader) + 1]) - first
            for position in 0..<settings.queryItems {
                items[example * settings.queryItems + position] =
                    pairs.items[first + random.below(count)]
            }
        }
    }

    /// Fills the queries with means of item embeddings, the candidates with reader embeddings.
    mutating func gather(items itemRows: [Float], readers readerRows: [Float]) {
        let d = settings.dimensions
        let scale = 1 / Float(settings.queryItems)
        for index in queries.indices { queries[index] = 0 }
        queries.withUnsafeMutableBufferPointer { queries in
            itemRows.withUnsafeBufferPointer { rows in
                guard let queries = queries.baseAddress, let rows = rows.baseAddress else { return }
                for (place, item) in items.enumerated() {
                    let query = queries + place / settings.queryItems * d
                    VectorKernels.axpy(scale, rows + Int(item) * d, query, d)
                }
            }
        }
        candidates.fill(with: readers, of: readerRows, examples: targets)
    }

    /// The gradients of all shards, computed on all processors.
    func differentiate() -> [SoftmaxBlock.Gradients] {
        let shards = Mutex<[SoftmaxBlock.Gradients?]>(Array(repeating: nil, count: Self.shardCount))
        DispatchQueue.concurrentPerform(iterations: Self.shardCount) { shard in
            let gradients = SoftmaxBlock.gradients(
                of: rows(of: shard), queries: queries, targets: targets, candidates: candidates,
                countsTargetOnce: settings.masksRepeatedReaders)
            shards.withLock { $0[shard] = gradients }
        }
        return shards.withLock { $0.compactMap(\.self) }
    }

    private func rows(of shard: Int) -> Range<Int> {
        let blocks = (settings.batch + SoftmaxBlock.rows - 1) / SoftmaxBlock.rows
        let first = blocks * shard / Self.shardCount * SoftmaxBlock.rows
        let end = blocks * (shard + 1) / Self.shardCount * SoftmaxBlock.rows
        return first..<min(settings.batch, end)
    }

    /// Hands the gradients to the tables, in an order that never changes, and lets them learn.
    func update(
        _ shards: [SoftmaxBlock.Gradients], items itemTable: inout AdagradTable,
        readers readerTable: inout AdagradTable
    ) {
        let d = settings.dimensions
        let scale = 1 / Float(settings.queryItems)
        for shard in shards {
            shard.queries.withUnsafeBufferPointer { gradients in
                guard let gradients = gradients.baseAddress else { return }
                for row in shard.rows {
                    for position in 0..<settings.queryItems {
                        itemTable.add(
                            gradients + (row - shard.rows.lowerBound) * d, times: scale,
                            to: items[row * settings.queryItems + position])
                    }
                }
            }
        }
        var gradient = [Float](repeating: 0, count: d)
        for (column, reader) in readers.enumerated() {
            let start = candidates.start(of: column)
            for k in 0..<d { gradient[k] = 0 }
            for shard in shards {
                for k in 0..<d {
                    gradient[k] += shard.candidates[start + k * SoftmaxBlock.panelColumns]
                }
            }
            readerTable.add(gradient, times: 1, to: reader)
        }
        itemTable.apply()
        readerTable.apply()
    }
}

extension SoftmaxBlock.Candidates {
    /// Takes rows of a table as columns.
    ///
    /// - Parameters:
    ///   - readers: The rows of the table, shape (U).
    ///   - examples: The column that each example of the batch asks for.
    fileprivate mutating func fill(
        with readers: [Int32], of table: [Float], examples: [Int32]
    ) {
        let width = SoftmaxBlock.panels(for: readers.count) * SoftmaxBlock.panelColumns
        if multiplicity.count != width {
            multiplicity = [Float](repeating: 0, count: width)
            columns = [Float](repeating: 0, count: width * dimensions)
        }
        for column in multiplicity.indices { multiplicity[column] = 0 }
        for column in examples { multiplicity[Int(column)] += 1 }
        for column in 0..<width {
            let to = start(of: column)
            let row = Int(readers[column < readers.count ? column : 0]) * dimensions
            for k in 0..<dimensions {
                columns[to + k * SoftmaxBlock.panelColumns] = table[row + k]
            }
        }
    }
}
