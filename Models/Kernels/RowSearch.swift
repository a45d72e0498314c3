import CKernels

/// One query on its way through a table of quantised rows.
///
/// A row whose estimate may reach the k-th best lower bound is a survivor. Survivors gather in a
/// buffer and are scored when it is full or the scan is over; by then the bar has risen, and most
/// of them need no scoring any more.
///
/// Invariant: at least k rows score `bar` or more, or it is the floor that was asked for.
struct RowSearch {
    private struct Survivor {
        let row: Int32
        /// Its score is at most this.
        let atMost: Double
    }

    private let query: [Float]
    private let excluded: [Int32]
    private let form: KernelForm
    private let pairs: [UInt16]
    private let scale: QueryScale
    /// Lower bounds of the survivors' scores.
    private var bounds: TopScores
    private var scored: TopScores
    private var bar: Double
    private var survivors: [Survivor] = []
    private var sums = [Int32](repeating: 0, count: QuantizedRows.blockRows)

    /// Room for the survivors of a usual query; more are scored on the way.
    private static let survivorsMax = 1_024

    init(
        _ table: QuantizedRows, _ query: [Float], limit: Int, excluding excluded: [Int32] = [],
        atLeast floor: Float = -.infinity, _ form: KernelForm
    ) {
        precondition(query.count == table.dimensions, "a query has a row's width")
        self.query = query
        self.excluded = excluded
        self.form = form
        (scale, pairs) = QueryScale.encode(query, for: table)
        bar = Double(floor)
        bounds = TopScores(capacity: limit)
        scored = TopScores(capacity: limit)
        survivors.reserveCapacity(Self.survivorsMax)
    }

    /// Looks through some blocks.
    mutating func scan(
        _ table: QuantizedRows, _ range: Range<Int>, _ rows: UnsafeBufferPointer<Float>
    ) {
        var next = range.lowerBound
        while next < range.upperBound {
            var found: UInt64 = 0
            next = nextBlock(of: table, from: next, to: range.upperBound, &found)
            guard next < range.upperBound else { return }
            keep(found, of: next, in: table)
            if survivors.count > Self.survivorsMax - QuantizedRows.blockRows {
                settle(table, rows)
            }
            next += 1
        }
    }

    /// The best rows, best first.
    mutating func finish(
        _ table: QuantizedRows, _ rows: UnsafeBufferPointer<Float>
    ) -> [TopScores.Entry] {
        settle(table, rows)
        return scored.ranked()
    }

    private mutating func nextBlock(
        of table: QuantizedRows, from first: Int, to last: Int, _ found: inout UInt64
    ) -> Int {
        pairs.withUnsafeBufferPointer { pairs in
            table.codes.withUnsafeBufferPointer { codes in
                table.blocks.withUnsafeBufferPointer { blocks in
                    var query = scale.query(pairs)
                    let scan = form == .avx2 ? scan_next_avx2 : scan_next_plain
                    return scan(
                        codes.baseAddress, blocks.baseAddress, first, last, &query, bar, &sums,
                        &found)
                }
            }
        }
    }

    private mutating func keep(_ found: UInt64, of block: Int, in table: QuantizedRows) {
        let (factor, error) = scale.estimate(in: table.blocks[block])
        var found = found
        while found != 0 {
            let lane = found.trailingZeroBitCount
            found &= found - 1
            let place = block * QuantizedRows.blockRows + lane
            guard place < table.count else { return }
            let row = table.order[place]
            let estimate = factor * Double(sums[lane])
            guard estimate + error >= bar, !excluded.contains(row) else { continue }
            survivors.append(Survivor(row: row, atMost: estimate + error))
            bounds.offer(Float(estimate - error).nextDown, at: row)
            if let reached = bounds.bar { bar = max(bar, Double(reached)) }
        }
    }

    /// Scores the survivors that the bar has not left behind.
    private mutating func settle(
        _ table: QuantizedRows, _ rows: UnsafeBufferPointer<Float>
    ) {
        guard let start = rows.baseAddress else { return }
        query.withUnsafeBufferPointer { query in
            guard let query = query.baseAddress else { return }
            for survivor in survivors where survivor.atMost >= bar {
                scored.offer(
                    table.score(of: Int(survivor.row), query, in: start), at: survivor.row)
            }
        }
        survivors.removeAll(keepingCapacity: true)
        if let reached = scored.bar { bar = max(bar, Double(reached)) }
    }
}

/// A query in whole numbers, and what that costs in precision.
struct QueryScale {
    /// b: a component is about this times its code.
    private var unit = 1.0
    /// |q|.
    private var length = 0.0
    /// b |u|.
    private var residualFactor = 0.0
    /// |f| and the rounding of a float sum.
    private var lengthFactor = 0.0
    private var slack = 0.0

    /// - Returns: The scale, and the codes as the scan takes them: shape (pairs).
    static func encode(_ query: [Float], for table: QuantizedRows) -> (QueryScale, [UInt16]) {
        var scale = QueryScale()
        scale.choose(query, table)
        var pairs = [UInt16](repeating: 0, count: table.pairCount)
        var (codes, rest) = (0.0, 0.0)
        for (dimension, value) in query.enumerated() {
            let code = (Double(value) / scale.unit).rounded()
            let byte = UInt16(UInt8(bitPattern: Int8(code)))
            pairs[dimension / 2] |= byte << (dimension % 2 * 8)
            let left = Double(value) - scale.unit * code
            codes += code * code
            rest += left * left
        }
        // A sum of d products, in whatever order, is off by this times the sum of their sizes;
        // below the smallest number each may be off by as much as that number.
        let rounding = Double(query.count + 2) * Double(Float.ulpOfOne)
        scale.residualFactor = scale.unit * codes.squareRoot() * QuantizedRows.widening
        scale.lengthFactor =
            (rest.squareRoot() + rounding * scale.length) * QuantizedRows.widening
        scale.slack =
            Double(query.count + 1) * Double(Float.leastNonzeroMagnitude)
            * max(1, table.weightMax)
        // What overflows in floats is not where its bounds are: then every row is scored.
        let longest = max(table.lengthMax.plain, table.lengthMax.weighted)
        if scale.length * longest >= Double(Float.greatestFiniteMagnitude) / 2 {
            scale.slack = .infinity
        }
        return (scale, pairs)
    }

    /// Chooses b so that codes fit their bytes and sums their sixteen bits.
    private mutating func choose(_ query: [Float], _ table: QuantizedRows) {
        let chunk = QuantizedRows.chunkDimensions
        var (square, longest, largest) = (0.0, 0.0, 0.0)
        for start in stride(from: 0, to: query.count, by: chunk) {
            let part = query[start..<min(start + chunk, query.count)].reduce(0.0) {
                largest = max(largest, Double(abs($1)))
                return $0 + Double($1) * Double($1)
            }
            square += part
            longest = max(longest, part.squareRoot())
        }
        length = square.squareRoot() * QuantizedRows.widening
        // |u| <= |q| / b + sqrt(n) / 2, rounding n codes of a chunk.
        let room =
            Double(Int16.max) - table.codeLength * Double(chunk).squareRoot() / 2
        unit = max(largest / Double(SCAN_QUERY_MAX), longest * table.codeLength / room)
        if !(unit > 0) { unit = 1 }
    }

    /// The scale as the scan wants it, for as long as the pairs lie there.
    func query(_ pairs: UnsafeBufferPointer<UInt16>) -> scan_query {
        scan_query(
            pairs: pairs.baseAddress, pair_count: pairs.count, unit: unit, length: length,
            residual_factor: residualFactor, length_factor: lengthFactor, slack: slack)
    }

    /// What a sum of codes in this block is worth, and by how much a score may differ from that.
    func estimate(in block: scan_block) -> (factor: Double, error: Double) {
        (
            block.scale * unit,
            residualFactor * block.residual + lengthFactor * block.length + slack
        )
    }
}
