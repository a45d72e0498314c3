import CKernels
import Dispatch
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

/// A table of vectors in eight bits each, from which the largest dot products are found exactly.
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
    /// The longest |t| over the dimensions of one chunk.
    private(set) var codeLength = 0.0

    static let blockRows = Int(SCAN_ROWS)
    static let chunkDimensions = 2 * Int(SCAN_CHUNK_PAIRS)
    private static let codeMax = 127.0
    /// What a bound is widened by for the rounding of its own computation in doubles.
    static let widening = 1 + 1e-9

    var pairCount: Int { (dimensions + 1) / 2 }
    private var blockBytes: Int { pairCount * 2 * Self.blockRows }

    /// - Parameter rows: Shape (rows, dimensions), row-major; finite.
    /// - Complexity: O(rows (dimensions + log rows)).
    package init(_ rows: UnsafeBufferPointer<Float>, dimensions: Int) {
        precondition(dimensions > 0 && rows.count % dimensions == 0, "rows have one width")
        count = rows.count / dimensions
        self.dimensions = dimensions
        let lengths = (0..<count).map { Self.length(of: rows, from: $0 * dimensions, dimensions) }
        order = (0..<Int32(count)).sorted { left, right in
            let (a, b) = (lengths[Int(left)], lengths[Int(right)])
            return a != b ? a > b : left < right
        }
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
        var largest: Float = 0
        for row in members {
            let start = Int(row) * dimensions
            for place in start..<start + dimensions { largest = max(largest, abs(rows[place])) }
        }
        let scale = largest > 0 ? Double(largest) / Self.codeMax : 1
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
        var residual = 0.0
        var codeSquare = 0.0
        for dimension in 0..<dimensions {
            if dimension % Self.chunkDimensions == 0 { codeSquare = 0 }
            let value = Double(rows[Int(row) * dimensions + dimension])
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
    /// Which machine code does the scan; all give the same answer.
    package enum Form: Sendable, CaseIterable {
        case plain, avx2

        /// The fastest that this processor has.
        package static let best: Form = ledge_has_avx2() != 0 ? .avx2 : .plain
    }

    /// Codes that are looked at for one query after the other: they fit a core's own cache.
    private static let runBytes = 192 * 1024

    /// The rows with the largest dot products, best first; of equals the smaller index first.
    ///
    /// - Parameters:
    ///   - query: Shape (dimensions), finite.
    ///   - rows: What the table was made of.
    ///   - excluded: Rows that are passed over; few, for each survivor looks through them.
    /// - Complexity: O(rows * dimensions) in the worst case, as for a plain scan.
    package func top(
        _ limit: Int, of query: [Float], in rows: UnsafeBufferPointer<Float>,
        excluding excluded: [Int32] = [], form: Form = .best
    ) -> [TopScores.Entry] {
        var search = RowSearch(self, query, limit: limit, excluding: excluded, form)
        search.scan(self, blocks.indices, rows)
        return search.finish(rows)
    }

    /// The same for several queries, which share what is read from memory.
    ///
    /// - Returns: One ranking for each query, in their order.
    package func top(
        _ limit: Int, ofEach queries: [[Float]], in rows: UnsafeBufferPointer<Float>,
        form: Form = .best
    ) -> [[TopScores.Entry]] {
        var searches = queries.map { RowSearch(self, $0, limit: limit, excluding: [], form) }
        for run in runs {
            for index in searches.indices { searches[index].scan(self, run, rows) }
        }
        return searches.indices.map { searches[$0].finish(rows) }
    }

    /// The same for one query, by several threads at once.
    package func top(
        _ limit: Int, of query: [Float], in source: some RowSource, threads: Int,
        form: Form = .best
    ) -> [TopScores.Entry] {
        let runs = Array(runs)
        let top = Mutex(TopScores(capacity: limit))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var search = RowSearch(self, query, limit: limit, excluding: [], form)
            let entries = source.withRows { rows in
                // Taken in turn, so that each thread meets long rows first.
                for index in stride(from: thread, to: runs.count, by: threads) {
                    search.scan(self, runs[index], rows)
                }
                return search.finish(rows)
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
