/// Writes a text as blocks of RFC 1951, each in the shortest of the three forms.
struct DeflateEncoder {
    private var output: BitWriter
    private let bytes: [UInt8]

    /// Tokens of a block: enough that the code's own length does not matter.
    private static let tokensPerBlock = 32 * 1024
    private static let storedBytesMax = 65_535

    private enum BlockType: UInt64 { case stored, fixed, dynamic }

    private init(_ bytes: [UInt8], behind head: [UInt8]) {
        self.bytes = bytes
        output = BitWriter(behind: head)
    }

    /// The bytes `head` and behind them the compressed text.
    static func compress(_ bytes: [UInt8], behind head: [UInt8]) -> [UInt8] {
        var encoder = DeflateEncoder(bytes, behind: head)
        encoder.run()
        return encoder.output.bytes
    }

    private mutating func run() {
        var finder = MatchFinder(byteCount: bytes.count)
        var tokens: [DeflateToken] = []
        tokens.reserveCapacity(min(bytes.count, Self.tokensPerBlock))
        var start = 0
        repeat {
            tokens.removeAll(keepingCapacity: true)
            let end = finder.tokens(
                of: bytes.span, from: start, countMax: Self.tokensPerBlock, into: &tokens)
            writeBlock(tokens, bytes: start..<end, isLast: end == bytes.count)
            start = end
        } while start < bytes.count
        output.alignToByte()
    }

    private mutating func writeBlock(
        _ tokens: [DeflateToken], bytes range: Range<Int>, isLast: Bool
    ) {
        let counts = DeflateCounts(tokens)
        let dynamic = DynamicCodes(counts)
        let fixed = Self.fixedCodes
        let fixedBits = counts.cost(in: fixed)
        let dynamicBits = dynamic.headerBits + counts.cost(in: dynamic.codes)
        // A stored block begins at a byte and has four bytes of length for each piece.
        let storedPieces = max(1, (range.count + Self.storedBytesMax - 1) / Self.storedBytesMax)
        let storedBits = 8 * (range.count + 5 * storedPieces)
        if storedBits <= min(fixedBits, dynamicBits) {
            writeStored(range, isLast: isLast)
        } else if fixedBits <= dynamicBits {
            writeBlockHead(.fixed, isLast: isLast)
            write(tokens, fixed)
        } else {
            writeBlockHead(.dynamic, isLast: isLast)
            dynamic.writeHeader(to: &output)
            write(tokens, dynamic.codes)
        }
    }

    private mutating func writeBlockHead(_ type: BlockType, isLast: Bool) {
        output.write(isLast ? 1 : 0, count: 1)
        output.write(type.rawValue, count: 2)
    }

    private mutating func writeStored(_ range: Range<Int>, isLast: Bool) {
        var start = range.lowerBound
        repeat {
            let end = min(start + Self.storedBytesMax, range.upperBound)
            let count = UInt64(end - start)
            writeBlockHead(.stored, isLast: isLast && end == range.upperBound)
            output.alignToByte()
            output.write(count | (~count & 0xFFFF) << 16, count: 32)
            output.append(bytes[start..<end])
            start = end
        } while start < range.upperBound
    }

    private mutating func write(_ tokens: [DeflateToken], _ codes: DeflateCodes) {
        let literalLengths = codes.literalLength.lengths.span
        let literalCodes = codes.literalLength.codes.span
        let lengthSymbols = DeflateAlphabet.lengthSymbols
        let lengths = DeflateAlphabet.lengths
        let distances = DeflateAlphabet.distances
        for token in tokens {
            guard token.distance > 0 else {
                let byte = token.value
                output.write(UInt64(literalCodes[byte]), count: Int(literalLengths[byte]))
                continue
            }
            let lengthIndex = Int(lengthSymbols[token.value])
            let symbol = DeflateAlphabet.endOfBlock + 1 + lengthIndex
            output.write(UInt64(literalCodes[symbol]), count: Int(literalLengths[symbol]))
            write(token.value, in: lengths[lengthIndex])
            let distanceSymbol = DeflateAlphabet.distanceSymbol(token.distance)
            output.write(
                UInt64(codes.distance.codes[distanceSymbol]),
                count: Int(codes.distance.lengths[distanceSymbol]))
            write(token.distance, in: distances[distanceSymbol])
        }
        let end = DeflateAlphabet.endOfBlock
        output.write(UInt64(literalCodes[end]), count: Int(literalLengths[end]))
    }

    /// Which value of a symbol's range it is.
    @inline(__always)
    private mutating func write(_ value: Int, in range: DeflateAlphabet.Range) {
        guard range.extraBits > 0 else { return }
        output.write(UInt64(truncatingIfNeeded: value - range.first), count: range.extraBits)
    }

    private static let fixedCodes = DeflateCodes(
        literalLength: HuffmanCode(lengths: DeflateAlphabet.fixedLiteralLengthBits),
        distance: HuffmanCode(lengths: DeflateAlphabet.fixedDistanceBits))
}

/// The two codes of a block.
struct DeflateCodes: Sendable {
    let literalLength: HuffmanCode
    let distance: HuffmanCode
}

/// How often each symbol occurs in a block.
struct DeflateCounts {
    private(set) var literalLength = [Int](
        repeating: 0, count: DeflateAlphabet.literalLengthCount)
    private(set) var distance = [Int](repeating: 0, count: DeflateAlphabet.distanceCount)
    private var extraBits = 0

    init(_ tokens: [DeflateToken]) {
        let lengthSymbols = DeflateAlphabet.lengthSymbols
        for token in tokens {
            guard token.distance > 0 else {
                literalLength[token.value] += 1
                continue
            }
            let lengthIndex = Int(lengthSymbols[token.value])
            literalLength[DeflateAlphabet.endOfBlock + 1 + lengthIndex] += 1
            distance[DeflateAlphabet.distanceSymbol(token.distance)] += 1
        }
        literalLength[DeflateAlphabet.endOfBlock] = 1
        for (index, range) in DeflateAlphabet.lengths.enumerated() {
            let count = literalLength[DeflateAlphabet.endOfBlock + 1 + index]
            extraBits += range.extraBits * count
        }
        for (index, range) in DeflateAlphabet.distances.enumerated() {
            extraBits += range.extraBits * distance[index]
        }
    }

    /// The bits of the block's symbols, without its head and the description of its codes.
    func cost(in codes: DeflateCodes) -> Int {
        codes.literalLength.cost(literalLength) + codes.distance.cost(distance) + extraBits
    }
}
