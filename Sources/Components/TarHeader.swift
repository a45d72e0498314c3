/// One block of 512 bytes in front of an entry of a tar archive (POSIX.1-2001, pax).
///
/// | Offset | Bytes | Meaning |
/// |---|---|---|
/// | 0 | 100 | name |
/// | 100 | 8 | mode, octal |
/// | 108 | 16 | user and group, octal |
/// | 124 | 12 | size, octal, or base 256 if the first bit is set |
/// | 136 | 12 | time of change, octal |
/// | 148 | 8 | sum of all bytes, these eight counted as blanks |
/// | 156 | 1 | kind |
/// | 157 | 100 | target of a link |
/// | 257 | 8 | `ustar` NUL `00`; GNU's is `ustar` blank blank NUL |
/// | 345 | 155 | what stands before the name; only where the magic is POSIX's |
enum TarHeader {
    static let blockBytes = 512

    enum Field {
        static let name = 0..<100
        static let mode = 100..<108
        static let user = 108..<116
        static let group = 116..<124
        static let size = 124..<136
        static let changed = 136..<148
        static let sum = 148..<156
        static let kind = 156
        static let target = 157..<257
        static let magic = 257..<265
        static let prefix = 345..<500
    }

    static let magic = Array("ustar\u{0}00".utf8)

    /// The sum over a block, as its own field must state it.
    static func sum(_ block: ArraySlice<UInt8>) -> Int {
        let field =
            (block.startIndex + Field.sum.lowerBound)..<(block.startIndex + Field.sum.upperBound)
        return block.indices.reduce(0) { sum, index in
            sum + Int(field.contains(index) ? UInt8(ascii: " ") : block[index])
        }
    }

    /// An octal number between blanks and NULs, or GNU's base 256; nil if it is neither, is
    /// negative or does not fit.
    static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 { return wideNumber(field) }
        let padding: Set<UInt8> = [0, UInt8(ascii: " ")]
        let digits = field.drop(while: padding.contains)
        let end = digits.firstIndex(where: padding.contains) ?? digits.endIndex
        guard digits[end...].allSatisfy(padding.contains) else { return nil }
        var number = 0
        for digit in digits[..<end] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            // At most twelve digits: 36 bits.
            number = number << 3 | Int(digit - UInt8(ascii: "0"))
        }
        return number
    }

    private static func wideNumber(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.first == 0x80 else { return nil }
        var number = 0
        for byte in field.dropFirst() {
            guard number <= Int.max >> 8 else { return nil }
            number = number << 8 | Int(byte)
        }
        return number
    }

    /// The bytes up to the first NUL.
    static func text(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        field.prefix { $0 != 0 }
    }
}
