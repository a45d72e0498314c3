/// A prefix code as a writer needs it: for each symbol its bits, first bit lowest.
struct HuffmanCode: Sendable {
    /// Bits of each symbol's code; 0 for a symbol that has none.
    let lengths: [UInt8]
    let codes: [UInt16]

    /// The canonical code of these lengths (RFC 1951, section 3.2.2).
    init(lengths: [UInt8]) {
        self.lengths = lengths
        var counts = [Int](repeating: 0, count: DeflateAlphabet.codeBitsMax + 1)
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var next = [Int](repeating: 0, count: DeflateAlphabet.codeBitsMax + 1)
        var code = 0
        for bits in 1...DeflateAlphabet.codeBitsMax {
            code = (code + counts[bits - 1]) << 1
            next[bits] = code
        }
        codes = lengths.map { length in
            guard length > 0 else { return 0 }
            let code = next[Int(length)]
            next[Int(length)] += 1
            // Codes are written from their highest bit on, everything else from its lowest.
            let reversed = UInt16(truncatingIfNeeded: code).bitReversed
            return reversed >> UInt16(UInt16.bitWidth - Int(length))
        }
    }

    /// The shortest code for these counts in which no symbol has more than `bitsMax` bits.
    init(counts: [Int], bitsMax: Int) {
        self.init(lengths: Self.lengths(counts: counts, bitsMax: bitsMax))
    }

    /// The bits that symbols of these counts take.
    func cost(_ counts: [Int]) -> Int {
        zip(counts, lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
    }
}

extension HuffmanCode {
    private static func lengths(counts: [Int], bitsMax: Int) -> [UInt8] {
        var lengths = [UInt8](repeating: 0, count: counts.count)
        let used = counts.indices.filter { counts[$0] > 0 }.sorted {
            (counts[$0], $0) < (counts[$1], $1)
        }
        guard used.count > 1 else {
            // A code of one symbol has one bit (section 3.2.7).
            if let only = used.first { lengths[only] = 1 }
            return lengths
        }
        var perLength = depths(of: used.map { counts[$0] }, bitsMax: bitsMax)
        var bits = bitsMax
        for symbol in used {
            while perLength[bits] == 0 { bits -= 1 }
            perLength[bits] -= 1
            lengths[symbol] = UInt8(bits)
        }
        return lengths
    }

    /// How many leaves lie at each depth of Huffman's tree, none deeper than `bitsMax`.
    private static func depths(of weights: [Int], bitsMax: Int) -> [Int] {
        var perLength = [Int](repeating: 0, count: bitsMax + 1)
        for depth in treeDepths(of: weights) { perLength[min(depth, bitsMax)] += 1 }
        // Leaves that were lifted take more than their share: 1 is 2^bitsMax here. A leaf of the
        // lowest level moves beside one from higher up, which goes one level down.
        var share = (1...bitsMax).reduce(0) { $0 + perLength[$1] << (bitsMax - $1) }
        while share > 1 << bitsMax {
            perLength[bitsMax] -= 1
            if let higher = (1..<bitsMax).last(where: { perLength[$0] > 0 }) {
                perLength[higher] -= 1
                perLength[higher + 1] += 2
            }
            share -= 1
        }
        return perLength
    }

    /// Depths of the leaves for weights in rising order: inner nodes arise in rising order too,
    /// so two queues stand in for a heap.
    private static func treeDepths(of weights: [Int]) -> [Int] {
        let leafCount = weights.count
        var sums = weights
        var parents = [Int](repeating: 0, count: 2 * leafCount - 1)
        var (leaf, inner) = (0, leafCount)
        func takeLightest() -> Int {
            let isLeaf = leaf < leafCount && (inner >= sums.count || sums[leaf] <= sums[inner])
            defer { if isLeaf { leaf += 1 } else { inner += 1 } }
            return isLeaf ? leaf : inner
        }
        while sums.count < 2 * leafCount - 1 {
            let (first, second) = (takeLightest(), takeLightest())
            parents[first] = sums.count
            parents[second] = sums.count
            sums.append(sums[first] + sums[second])
        }
        var depths = [Int](repeating: 0, count: sums.count)
        for node in (0..<(sums.count - 1)).reversed() {
            depths[node] = depths[parents[node]] + 1
        }
        return Array(depths.prefix(leafCount))
    }
}

extension UInt16 {
    fileprivate var bitReversed: UInt16 {
        var (rest, reversed) = (self, UInt16(0))
        for _ in 0..<UInt16.bitWidth {
            reversed = reversed << 1 | rest & 1
            rest >>= 1
        }
        return reversed
    }
}
