/// Reads the blocks of RFC 1951, and no more bytes out of them than its caller takes.
struct InflateDecoder {
    private var input: BitReader
    private(set) var output: [UInt8]
    /// Where this text begins in the output: nothing before it can be repeated.
    private let start: Int
    private let bytesMax: Int

    private static let fixedLiteralLength = try? HuffmanDecoder(
        lengths: DeflateAlphabet.fixedLiteralLengthBits[...])
    /// Two more distances than exist, so that the code is complete; they are refused when met.
    private static let fixedDistance = try? HuffmanDecoder(
        lengths: Array(repeating: 5, count: DeflateAlphabet.distanceCount + 2)[...])

    /// - Parameter output: What is there already; the text is put behind it.
    init(_ bytes: [UInt8], from index: Int, behind output: [UInt8], bytesMax: Int) {
        input = BitReader(bytes, from: index)
        self.output = output
        start = output.count
        self.bytesMax = bytesMax
    }

    /// Reads to the end of the last block and returns the index of the byte behind it.
    mutating func run() throws(CompressionError) -> Int {
        var isLast = false
        while !isLast {
            isLast = try input.take(1) == 1
            switch try input.take(2) {
            case 0: try readStored()
            case 1: try readFixed()
            case 2: try readDynamic()
            default: throw CompressionError.malformed("a block of an unknown type")
            }
        }
        input.alignToByte()
        return input.index
    }

    private mutating func readStored() throws(CompressionError) {
        input.alignToByte()
        let head = Array(try input.takeBytes(4))
        let count = Int(head[0]) | Int(head[1]) << 8
        guard count ^ 0xFFFF == Int(head[2]) | Int(head[3]) << 8 else {
            throw CompressionError.malformed("the length of a stored block has a flaw")
        }
        try reserve(count)
        output.append(contentsOf: try input.takeBytes(count))
    }

    private mutating func readFixed() throws(CompressionError) {
        guard let literalLength = Self.fixedLiteralLength, let distance = Self.fixedDistance else {
            throw CompressionError.malformed("the fixed codes are not codes")
        }
        try readSymbols(literalLength, distance)
    }

    private mutating func readDynamic() throws(CompressionError) {
        let literalLengthCount = try input.take(5) + 257
        let distanceCount = try input.take(5) + 1
        let itemLengthCount = try input.take(4) + 4
        guard literalLengthCount <= DeflateAlphabet.literalLengthCount,
            distanceCount <= DeflateAlphabet.distanceCount
        else { throw CompressionError.malformed("a block has too many symbols") }
        var itemLengths = [UInt8](repeating: 0, count: DeflateAlphabet.codeLengthCount)
        for symbol in DeflateAlphabet.codeLengthOrder.prefix(itemLengthCount) {
            itemLengths[symbol] = UInt8(try input.take(3))
        }
        let lengths = try readLengths(
            with: HuffmanDecoder(lengths: itemLengths[...]),
            count: literalLengthCount + distanceCount)
        guard lengths[DeflateAlphabet.endOfBlock] > 0 else {
            throw CompressionError.malformed("a block cannot end")
        }
        try readSymbols(
            HuffmanDecoder(lengths: lengths[..<literalLengthCount]),
            HuffmanDecoder(lengths: lengths[literalLengthCount...]))
    }

    private mutating func readLengths(
        with items: HuffmanDecoder, count: Int
    ) throws(CompressionError) -> [UInt8] {
        var lengths: [UInt8] = []
        lengths.reserveCapacity(count)
        while lengths.count < count {
            let symbol = try items.symbol(from: &input)
            let (length, repetitions): (UInt8, Int)
            switch symbol {
            case 16:
                guard let last = lengths.last else {
                    throw CompressionError.malformed("a repetition of nothing")
                }
                (length, repetitions) = (last, 3 + (try input.take(2)))
            case 17: (length, repetitions) = (0, 3 + (try input.take(3)))
            case 18: (length, repetitions) = (0, 11 + (try input.take(7)))
            default: (length, repetitions) = (UInt8(symbol), 1)
            }
            guard repetitions <= count - lengths.count else {
                throw CompressionError.malformed("a code has too many lengths")
            }
            lengths.append(contentsOf: repeatElement(length, count: repetitions))
        }
        return lengths
    }

    private mutating func readSymbols(
        _ literalLength: HuffmanDecoder, _ distance: HuffmanDecoder
    ) throws(CompressionError) {
        let lengths = DeflateAlphabet.lengths
        let distances = DeflateAlphabet.distances
        while true {
            let symbol = try literalLength.symbol(from: &input)
            if symbol < DeflateAlphabet.endOfBlock {
                try reserve(1)
                output.append(UInt8(symbol))
                continue
            }
            guard symbol > DeflateAlphabet.endOfBlock else { return }
            let length = try value(of: symbol - DeflateAlphabet.endOfBlock - 1, in: lengths)
            let back = try value(of: distance.symbol(from: &input), in: distances)
            try copy(length, from: back)
        }
    }

    @inline(__always)
    private mutating func value(
        of index: Int, in ranges: [DeflateAlphabet.Range]
    ) throws(CompressionError) -> Int {
        guard index < ranges.count else {
            throw CompressionError.malformed("a symbol that has no meaning")
        }
        return ranges[index].first + (try input.take(ranges[index].extraBits))
    }

    private mutating func copy(_ length: Int, from distance: Int) throws(CompressionError) {
        guard distance <= output.count - start else {
            throw CompressionError.malformed("a repetition of what lies before the beginning")
        }
        try reserve(length)
        // The source may run into what is being written: that is how runs are coded.
        let source = output.count - distance
        for offset in 0..<length { output.append(output[source + offset]) }
    }

    @inline(__always)
    private func reserve(_ count: Int) throws(CompressionError) {
        guard count <= bytesMax - output.count else {
            throw CompressionError(
                .limitExceeded,
                "the gzip text expands to more than \(bytesMax) bytes, which is the limit")
        }
    }
}
