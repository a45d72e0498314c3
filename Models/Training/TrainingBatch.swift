import Dispatch
import Kernels
import Synchronization

/// One batch of examples: who is asked with what, and their embeddings.
///
/// Letters: B examples, d dimensions, S the stride (B in whole registers).
struct TrainingBatch: Sendable {
    private let settings: TwoTowerSettings
    private let stride: Int
    /// Reader of each example, shape (B).
    private var readers: [Int32]
    /// Whom the softmax takes for one reader: readers again, or each example for itself.
    private var identities: [Int32]
    /// Items of each example, shape (B, queryItems).
    private var items: [Int32]
    /// Shape (B, d).
    private var queries: [Float]
    /// Reader embeddings of the examples, transposed: shape (d, S).
    private var candidates: [Float]

    /// Parts that a batch is cut into, whatever the number of processors; see `TwoTowerTrainer`.
    private static let shardCount = 4

    init(settings: TwoTowerSettings) {
        self.settings = settings
        let (b, d) = (settings.batch, settings.dimensions)
        stride = (b + SoftmaxBlock.laneCount - 1) / SoftmaxBlock.laneCount * SoftmaxBlock.laneCount
        readers = [Int32](repeating: 0, count: b)
        identities = (0..<Int32(b)).map(\.self)
        items = [Int32](repeating: 0, count: b * settings.queryItems)
        queries = [Float](repeating: 0, count: b * d)
        candidates = [Float](repeating: 0, count: d * stride)
    }

    /// Draws readers by how much they like, and items of each with replacement.
    mutating func draw(from pairs: LikedPairs, using random: inout SplitMix64) {
        for example in 0..<settings.batch {
            let reader = pairs.readers[random.below(pairs.count)]
            readers[example] = reader
            if settings.masksRepeatedReaders { identities[example] = reader }
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
        for (column, reader) in readers.enumerated() {
            let row = Int(reader) * d
            for k in 0..<d { candidates[k * stride + column] = readerRows[row + k] }
        }
    }

    /// The gradients of all shards, computed on all processors.
    func differentiate() -> [ShardGradients] {
        let shards = Mutex<[ShardGradients?]>(Array(repeating: nil, count: Self.shardCount))
        DispatchQueue.concurrentPerform(iterations: Self.shardCount) { shard in
            let gradients = differentiate(shard: shard)
            shards.withLock { $0[shard] = gradients }
        }
        return shards.withLock { $0.compactMap(\.self) }
    }

    private func differentiate(shard: Int) -> ShardGradients {
        let (b, d) = (settings.batch, settings.dimensions)
        let blocks = (b + SoftmaxBlock.rows - 1) / SoftmaxBlock.rows
        let first = blocks * shard / Self.shardCount * SoftmaxBlock.rows
        let end = min(b, blocks * (shard + 1) / Self.shardCount * SoftmaxBlock.rows)
        var gradients = ShardGradients(
            rows: first..<end, queries: [Float](repeating: 0, count: (end - first) * d),
            candidates: [Float](repeating: 0, count: d * stride))
        var scratch = [Float](repeating: 0, count: SoftmaxBlock.rows * stride)
        for row in Swift.stride(from: first, to: end, by: SoftmaxBlock.rows) {
            gradients.loss += SoftmaxBlock.run(
                first: row, count: min(SoftmaxBlock.rows, end - row), queries: queries,
                candidates: .init(
                    transposed: candidates, stride: stride, count: b, dimensions: d,
                    readers: identities),
                queryGradients: &gradients.queries, at: row - first,
                candidateGradients: &gradients.candidates, scratch: &scratch)
        }
        return gradients
    }

    /// Hands the gradients to the tables, in an order that never changes, and lets them learn.
    func update(
        _ shards: [ShardGradients], items itemTable: inout AdagradTable,
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
            for k in 0..<d {
                gradient[k] = shards.reduce(0) { $0 + $1.candidates[k * stride + column] }
            }
            readerTable.add(gradient, times: 1, to: reader)
        }
        itemTable.apply()
        readerTable.apply()
    }
}

/// What one shard of a batch contributes.
struct ShardGradients: Sendable {
    /// The examples whose queries these are.
    let rows: Range<Int>
    /// Gradients of the queries of `rows`: shape (rows, d).
    var queries: [Float]
    /// The shard's part of the gradients of all candidates: shape (d, S).
    var candidates: [Float]
    /// The sum of the losses, in nats.
    var loss = 0.0
}
