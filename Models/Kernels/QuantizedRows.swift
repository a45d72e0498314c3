import CKernels
import Dispatch
import Foundation
import Synchronization

/// Rows of floats that several threads may read at once, wherever they lie.
package protocol RowSource: Sendable {
    /// Runs the body over all values, row-major.
    func withRows<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result
}

extension [Float]: RowSource {
    package func withRows<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        withUnsafeBufferPointer(body)
    }
}

/// A table of vectors in eight bits each, from which the largest scores are found exactly.
///
/// A row's score is w (q . x), w being its weight, 1 in most tables: with the inverse of its length
/// it is a cosine, with a power of its popularity a penalty. What follows holds of rows times
/// their weights.
///
/// Letters: x a row, q a query; L a block's longest row, d dimensions. Rows are sorted by length
/// and cut into blocks of 64; a block has one scale a, its largest component being 127 a.
///
///     x = a t + e,  q = b u + f      t, u whole numbers, |t| <= 127, |u| <= 63
///     q . x = a b (u . t) + b (u . e) + f . x
///     |q . x - a b (u . t)| <= b |u| |e| + |f| |x|          (Cauchy and Schwarz)
///
/// So u . t, which is cheap, bounds q . x from both sides. A row whose upper bound is below the
/// k-th best lower bound is passed over; the others are scored in floats as a plain scan would, so
/// the answer is that of the plain scan: same rows, same scores, same order. The bound has room
/// for the rounding of that scan too: d 2^-24 |q| |x| (Higham, 2002, equation 3.5), and for what
/// it loses below the smallest number.
///
/// Because |q . x| <= |q| |x|, the scan ends at the block whose L is too short.
///
/// Invariants:
/// 1. `order` is a permutation of the rows; lengths fall along it.
/// 2. Over the dimensions of one chunk |u| |t| <= 32,767: sums of sixteen bits end where they
///    should, even if they wrap round on their way.
package struct QuantizedRows: Sendable {
    package let count: Int
    package let dimensions: Int
    /// What a scan of all rows reads.
    package var codeBytes: Int { codes.count }

    /// Shape (blocks, groups, pairs, lanes, 2); see `scan_kernels.h`.
    private(set) var codes: [UInt8] = []
    private(set) var blocks: [scan_block] = []
    /// The row that each place stands for; places beyond the last row are filled up with zeros.
    let order: [Int32]
    /// The weight of each row; empty if all are 1.
    let weights: [Float]
    /// The longest |t| over the dimensions of one chunk.
    private(set) var codeLength = 0.0
    /// The longest |x| without and with its weight, and the largest weight.
    let lengthMax: (plain: Double, weighted: Double)
    let weightMax: Double

    static let blockRows = Int(SCAN_ROWS)
    static let chunkDimensions = 2 * Int(SCAN_CHUNK_PAIRS)
    private static let codeMax = 127.0
    /// What a bound is widened by for the rounding of its own computation in doubles.
    static let widening = 1 + 1e-9

    var pairCount: Int { (dimensions + 1) / 2 }
    private var blockBytes: Int { pairCount * 2 * Self.blockRows }

    /// - Parameters:
    ///   - rows: Shape (rows, dimensions), row-major; finite.
    ///   - weights: Shape (rows), above 0 and finite; empty if all are 1.
    /// - Complexity: O(rows (dimensions + log rows)).
    package init(
        _ rows: UnsafeBufferPointer<Float>, dimensions: Int, weights: [Float] = []
    ) {
        precondition(dimensions > 0 && rows.count % dimensions == 0, "rows have one width")
        let count = rows.count / dimensions
        precondition(weights.isEmpty || weights.count == count, "each row has a weight")
        self.count = count
        self.dimensions = dimensions
        self.weights = weights
        let plain = (0..<count).map { Self.length(of: rows, from: $0 * dimensions, dimensions) }
        let lengths = weights.isEmpty ? plain : zip(plain, weights).map { $0 * Double($1) }
        order = (0..<Int32(count)).sorted { left, right in
            let (a, b) = (lengths[Int(left)], lengths[Int(right)])
            return a != b ? a > b : left < right
        }
        lengthMax = (plain.max() ?? 0, lengths.max() ?? 0)
        weightMax = weights.max().map(Double.init) ?? 1
        let blockCount = (count + Self.blockRows - 1) / Self.blockRows
        blocks.reserveCapacity(blockCount)
        codes = [UInt8](repeating: UInt8(SCAN_SHIFT), count: blockCount * blockBytes)
        for block in 0..<blockCount { append(block, of: rows, lengths) }
    }

    private static func length(
        of rows: UnsafeBufferPointer<Float>, from start: Int, _ count: Int
    ) -> Double {
        var square = 0.0
        for place in start..<start + count { square += Double(rows[place]) * Double(rows[place]) }
        return square.squareRoot() * widening
    }

    private mutating func append(
        _ block: Int, of rows: UnsafeBufferPointer<Float>, _ lengths: [Double]
    ) {
        let members = order[block * Self.blockRows..<min((block + 1) * Self.blockRows, count)]
        var largest = 0.0
        for row in members {
            let start = Int(row) * dimensions
            let weight = weights.isEmpty ? 1 : Double(weights[Int(row)])
            for place in start..<start + dimensions {
                largest = max(largest, abs(Double(rows[place])) * weight)
            }
        }
        let scale = largest > 0 ? largest / Self.codeMax : 1
        var residual = 0.0
        for (lane, row) in members.enumerated() {
            residual = max(residual, encode(row, of: rows, scale, block: block, lane: lane))
        }
        blocks.append(
            scan_block(
                scale: scale, residual: residual.squareRoot() * Self.widening,
                length: lengths[Int(members[members.startIndex])]))
    }

    /// Writes the codes of a row; returns |e| squared.
    private mutating func encode(
        _ row: Int32, of rows: UnsafeBufferPointer<Float>, _ scale: Double, block: Int, lane: Int
    ) -> Double {
        let (group, column) = lane.quotientAndRemainder(dividingBy: Int(SCAN_LANES))
        let start =
            block * blockBytes + (group * pairCount * Int(SCAN_LANES) + column) * 2
        let weight = weights.isEmpty ? 1 : Double(weights[Int(row)])
        var residual = 0.0
        var codeSquare = 0.0
        for dimension in 0..<dimensions {
            if dimension % Self.chunkDimensions == 0 { codeSquare = 0 }
            let value = Double(rows[Int(row) * dimensions + dimension]) * weight
            let code = (value / scale).rounded()
            let pair = dimension / 2
            codes[start + pair * 2 * Int(SCAN_LANES) + dimension % 2] = UInt8(
                Int(code) + Int(SCAN_SHIFT))
            let rest = value - scale * code
            residual += rest * rest
            codeSquare += code * code
            codeLength = max(codeLength, codeSquare.squareRoot())
        }
        return residual
    }
}

extension QuantizedRows {
    /// Codes that are looked at for one query after the other: they fit a core's own cache.
    private static let runBytes = 192 * 1024

    /// The rows with the largest scores, best first; of equals the smaller index first.
    ///
    /// - Parameters:
    ///   - query: Shape (dimensions), finite.
    ///   - rows: What the table was made of.
    ///   - excluded: Rows that are passed over; few, for each survivor looks through them.
    ///   - floor: Rows with a lower score may be left out.
    /// - Complexity: O(rows * dimensions) in the worst case, as for a plain scan.
    package func top(
        _ limit: Int, of query: [Float], in rows: UnsafeBufferPointer<Float>,
        excluding excluded: [Int32] = [], atLeast floor: Float = -.infinity,
        form: KernelForm = .best
    ) -> [TopScores.Entry] {
        var search = RowSearch(
            self, query, limit: limit, excluding: excluded, atLeast: floor, form)
        search.scan(self, blocks.indices, rows)
        return search.finish(self, rows)
    }

    /// The score of one row, which is that of ``top(_:of:in:excluding:atLeast:form:)`` to the bit.
    package func score(
        of row: Int, _ query: UnsafePointer<Float>, in rows: UnsafePointer<Float>
    ) -> Float {
        let product = VectorKernels.dot(query, rows + row * dimensions, dimensions)
        return weights.isEmpty ? product : weights[row] * product
    }

    /// The same for several queries, which share what is read from memory.
    ///
    /// - Returns: One ranking for each query, in their order.
    package func top(
        _ limit: Int, ofEach queries: [[Float]], in rows: UnsafeBufferPointer<Float>,
        form: KernelForm = .best
    ) -> [[TopScores.Entry]] {
        var searches = queries.map { RowSearch(self, $0, limit: limit, form) }
        for run in runs {
            for index in searches.indices { searches[index].scan(self, run, rows) }
        }
        return searches.indices.map { searches[$0].finish(self, rows) }
    }

    /// From this size on one query is worth a second processor.
    private static let sharedBytesMin = 8 * 1_024 * 1_024

    /// The same for one query, by several threads if the table is big.
    package func top(
        _ limit: Int, of query: [Float], in source: some RowSource, threads: Int? = nil,
        form: KernelForm = .best
    ) -> [TopScores.Entry] {
        let threads =
            threads
            ?? (codeBytes < Self.sharedBytesMin ? 1 : ProcessInfo.processInfo.activeProcessorCount)
        guard threads > 1 else {
            return source.withRows { self.top(limit, of: query, in: $0, form: form) }
        }
        let runs = Array(runs)
        let top = Mutex(TopScores(capacity: limit))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var search = RowSearch(self, query, limit: limit, form)
            let entries = source.withRows { rows in
                // Taken in turn, so that each thread meets long rows first.
                for index in stride(from: thread, to: runs.count, by: threads) {
                    search.scan(self, runs[index], rows)
                }
                return search.finish(self, rows)
            }
            top.withLock { top in
                for entry in entries { top.offer(entry.score, at: entry.index) }
            }
        }
        return top.withLock { $0.ranked() }
    }

    private var runs: some Sequence<Range<Int>> {
        let length = max(1, Self.runBytes / blockBytes)
        return stride(from: 0, to: blocks.count, by: length).lazy.map { [count = blocks.count] in
            $0..<min($0 + length, count)
        }
    }
}
