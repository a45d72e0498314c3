/// A prefix code as a reader needs it.
///
/// `table` is indexed by the next `tableBits` bits and has `symbol << 4 | length` for codes that
/// are no longer, 0 otherwise; longer ones are found length by length in `symbols`, which are in
/// the order of their codes.
struct HuffmanDecoder: Sendable {
    private let table: [UInt16]
    private let symbols: [UInt16]
    /// Codes of each length.
    private let counts: [Int]

    private static let tableBits = 10
    private static let lengthBits: UInt16 = 4
    private static let lengthMask: UInt16 = 15

    /// - Throws: `.malformed` if two symbols share bits, or if some bits belong to no symbol. One
    ///   symbol of one bit is allowed, as a code for a single symbol has no other form.
    init(lengths: ArraySlice<UInt8>) throws(CompressionError) {
        var counts = [Int](repeating: 0, count: DeflateAlphabet.codeBitsMax + 1)
        for length in lengths { counts[Int(length)] += 1 }
        counts[0] = 0
        try Self.check(counts)
        self.counts = counts
        var starts = [Int](repeating: 0, count: counts.count)
        for bits in 1..<counts.count { starts[bits] = starts[bits - 1] + counts[bits - 1] }
        var symbols = [UInt16](repeating: 0, count: counts.reduce(0, +))
        for (symbol, length) in lengths.enumerated() where length > 0 {
            symbols[starts[Int(length)]] = UInt16(symbol)
            starts[Int(length)] += 1
        }
        self.symbols = symbols
        table = Self.table(symbols: symbols, counts: counts)
    }

    private static func check(_ counts: [Int]) throws(CompressionError) {
        var free = 1
        for bits in 1..<counts.count {
            free = free << 1 - counts[bits]
            guard free >= 0 else {
                throw CompressionError.malformed("a code gives the same bits to two symbols")
            }
        }
        let total = counts.reduce(0, +)
        guard free == 0 || total == 0 || (total == 1 && counts[1] == 1) else {
            throw CompressionError.malformed("a code leaves bits without a symbol")
        }
    }

    private static func table(symbols: [UInt16], counts: [Int]) -> [UInt16] {
        var table = [UInt16](repeating: 0, count: 1 << tableBits)
        var (code, index) = (0, 0)
        for bits in 1...tableBits {
            for _ in 0..<counts[bits] {
                var slot = reversed(code, bits: bits)
                while slot < table.count {
                    table[slot] = symbols[index] << lengthBits | UInt16(bits)
                    slot += 1 << bits
                }
                code += 1
                index += 1
            }
            code <<= 1
        }
        return table
    }

    private static func reversed(_ code: Int, bits: Int) -> Int {
        (0..<bits).reduce(0) { $0 << 1 | code >> $1 & 1 }
    }

    @inline(__always)
    func symbol(from input: inout BitReader) throws(CompressionError) -> Int {
        let entry = table[input.peek(Self.tableBits)]
        guard entry == 0 else {
            try input.skip(Int(entry & Self.lengthMask))
            return Int(entry >> Self.lengthBits)
        }
        return try longSymbol(from: &input)
    }

    /// Bit by bit: of each length, the codes follow one another from `first` on.
    private func longSymbol(from input: inout BitReader) throws(CompressionError) -> Int {
        let bits = input.peek(DeflateAlphabet.codeBitsMax)
        var (code, first, index) = (0, 0, 0)
        for length in 1...DeflateAlphabet.codeBitsMax {
            code |= bits >> (length - 1) & 1
            let count = counts[length]
            if code - first < count {
                try input.skip(length)
                return Int(symbols[index + code - first])
            }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw CompressionError.malformed("bits that stand for no symbol")
    }
}
