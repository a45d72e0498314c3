/// The codes made for one block, and how they are described ahead of it (RFC 1951, 3.2.7).
struct DynamicCodes {
    let codes: DeflateCodes
    private let literalLengthCount: Int
    private let distanceCount: Int
    private let items: [Item]
    private let itemCode: HuffmanCode
    private let itemLengthCount: Int

    /// A symbol of the code length code: a length, or a repetition with its count.
    private struct Item {
        let symbol: Int
        var extra = 0

        var extraBits: Int { Self.extraBits[symbol] ?? 0 }

        private static let extraBits = [16: 2, 17: 3, 18: 7]
    }

    private static let literalLengthCountMin = 257
    private static let itemLengthCountMin = 4

    init(_ counts: DeflateCounts) {
        codes = DeflateCodes(
            literalLength: HuffmanCode(
                counts: counts.literalLength, bitsMax: DeflateAlphabet.codeBitsMax),
            distance: HuffmanCode(counts: counts.distance, bitsMax: DeflateAlphabet.codeBitsMax))
        literalLengthCount = max(
            Self.literalLengthCountMin, Self.usedCount(codes.literalLength.lengths))
        distanceCount = max(1, Self.usedCount(codes.distance.lengths))
        items = Self.items(
            for: Array(codes.literalLength.lengths.prefix(literalLengthCount))
                + codes.distance.lengths.prefix(distanceCount))
        var itemCounts = [Int](repeating: 0, count: DeflateAlphabet.codeLengthCount)
        for item in items { itemCounts[item.symbol] += 1 }
        itemCode = HuffmanCode(counts: itemCounts, bitsMax: DeflateAlphabet.codeLengthBitsMax)
        let ordered = DeflateAlphabet.codeLengthOrder.map { [itemCode] in itemCode.lengths[$0] }
        itemLengthCount = max(Self.itemLengthCountMin, Self.usedCount(ordered))
    }

    /// The count without the zeros at the end.
    private static func usedCount(_ lengths: [UInt8]) -> Int {
        lengths.lastIndex { $0 > 0 }.map { $0 + 1 } ?? 0
    }

    /// Runs of zeros of 3 to 138 and repetitions of 3 to 6 have symbols of their own.
    private static func items(for lengths: [UInt8]) -> [Item] {
        var items: [Item] = []
        var index = 0
        while index < lengths.count {
            let length = lengths[index]
            let run = lengths[index...].prefix { $0 == length }.count
            index += run
            var left = run
            if length > 0 {
                items.append(Item(symbol: Int(length)))
                left -= 1
            }
            while left >= 3 {
                let longest = length > 0 ? 6 : 138
                let taken = min(left, longest)
                let isLong = length == 0 && taken > 10
                let symbol = length > 0 ? 16 : isLong ? 18 : 17
                items.append(Item(symbol: symbol, extra: taken - (isLong ? 11 : 3)))
                left -= taken
            }
            items.append(contentsOf: repeatElement(Item(symbol: Int(length)), count: left))
        }
        return items
    }

    private static let countsBits = 5 + 5 + 4
    private static let itemLengthBits = 3

    var headerBits: Int {
        items.reduce(Self.countsBits + Self.itemLengthBits * itemLengthCount) {
            $0 + Int(itemCode.lengths[$1.symbol]) + $1.extraBits
        }
    }

    func writeHeader(to output: inout BitWriter) {
        output.write(UInt64(literalLengthCount - Self.literalLengthCountMin), count: 5)
        output.write(UInt64(distanceCount - 1), count: 5)
        output.write(UInt64(itemLengthCount - Self.itemLengthCountMin), count: 4)
        for symbol in DeflateAlphabet.codeLengthOrder.prefix(itemLengthCount) {
            output.write(UInt64(itemCode.lengths[symbol]), count: Self.itemLengthBits)
        }
        for item in items {
            output.write(
                UInt64(itemCode.codes[item.symbol]), count: Int(itemCode.lengths[item.symbol]))
            output.write(UInt64(item.extra), count: item.extraBits)
        }
    }
}
