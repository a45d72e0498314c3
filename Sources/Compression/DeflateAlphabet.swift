/// The numbers of RFC 1951, section 3.2: what the symbols of a block stand for.
enum DeflateAlphabet {
    static let windowBytes = 32 * 1024
    static let matchLengthMin = 3
    static let matchLengthMax = 258

    static let endOfBlock = 256
    static let literalLengthCount = 286
    static let distanceCount = 30
    static let codeLengthCount = 19

    static let codeBitsMax = 15
    static let codeLengthBitsMax = 7

    /// Symbols of the fixed literal code, of which the last two never occur.
    static let fixedLiteralLengthCount = 288

    /// The order in which the lengths of the code length code are written (section 3.2.7).
    static let codeLengthOrder = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]

    /// A symbol that stands for a range of values: the first of them, and how many bits behind
    /// the symbol say which one it is.
    struct Range: Sendable {
        let first: Int
        let extraBits: Int
    }

    /// By symbol - 257 (section 3.2.5). The last length has a symbol of its own.
    static let lengths: [Range] =
        ranges(count: 28, first: matchLengthMin, perDoubling: 4)
        + [Range(first: matchLengthMax, extraBits: 0)]

    /// By symbol.
    static let distances: [Range] = ranges(count: distanceCount, first: 1, perDoubling: 2)

    /// Each number of extra bits serves so many symbols; none serves twice as many.
    private static func ranges(count: Int, first: Int, perDoubling: Int) -> [Range] {
        var ranges: [Range] = []
        var value = first
        for symbol in 0..<count {
            let extraBits = max(0, symbol / perDoubling - 1)
            ranges.append(Range(first: value, extraBits: extraBits))
            value += 1 << extraBits
        }
        return ranges
    }

    /// The index in `lengths` by match length.
    static let lengthSymbols: [UInt8] = {
        var symbols = [UInt8](repeating: 0, count: matchLengthMax + 1)
        for (symbol, range) in lengths.enumerated() {
            let end = min(range.first + 1 << range.extraBits, matchLengthMax + 1)
            for length in range.first..<max(range.first, end) { symbols[length] = UInt8(symbol) }
        }
        return symbols
    }()

    /// The symbol of a distance in 1...32,768.
    @inline(__always)
    static func distanceSymbol(_ distance: Int) -> Int {
        let offset = distance - 1
        guard offset >= 4 else { return offset }
        let top = Int.bitWidth - 1 - offset.leadingZeroBitCount
        return 2 * top + (offset >> (top - 1) & 1)
    }

    /// Lengths of the fixed codes (section 3.2.6).
    static let fixedLiteralLengthBits: [UInt8] =
        Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112)
        + Array(repeating: 7, count: 24) + Array(repeating: 8, count: 8)
    static let fixedDistanceBits: [UInt8] = Array(repeating: 5, count: distanceCount)
}
