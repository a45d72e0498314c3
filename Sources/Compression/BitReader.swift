/// Reads bits out of bytes, the lowest first (RFC 1951, section 3.1.1).
///
/// Invariant: `index` is the first byte of which no bit is held, at most `bytes.count`.
struct BitReader {
    private let bytes: [UInt8]
    private(set) var index: Int
    private var held: UInt64 = 0
    private var heldCount = 0

    init(_ bytes: [UInt8], from index: Int) {
        self.bytes = bytes
        self.index = index
    }

    /// Takes in bytes until 56 bits are held or the text ends.
    @inline(__always)
    private mutating func fill() {
        while heldCount <= 48, index < bytes.count {
            held |= UInt64(bytes[index]) << UInt64(heldCount)
            heldCount += 8
            index += 1
        }
    }

    /// The next bits without taking them, zeros behind the end of the text.
    ///
    /// - Precondition: `count` is at most 32.
    @inline(__always)
    mutating func peek(_ count: Int) -> Int {
        if heldCount < count { fill() }
        return Int(truncatingIfNeeded: held & (1 << UInt64(count) - 1))
    }

    /// Takes bits that were looked at.
    @inline(__always)
    mutating func skip(_ count: Int) throws(CompressionError) {
        guard count <= heldCount else { throw CompressionError.malformed("it is cut short") }
        held >>= UInt64(count)
        heldCount -= count
    }

    @inline(__always)
    mutating func take(_ count: Int) throws(CompressionError) -> Int {
        let bits = peek(count)
        try skip(count)
        return bits
    }

    /// Passes over the rest of a byte, and gives back the whole ones that are held.
    mutating func alignToByte() {
        index -= heldCount / 8
        held = 0
        heldCount = 0
    }

    /// Bytes as they are; the reader stands at a byte.
    mutating func takeBytes(_ count: Int) throws(CompressionError) -> ArraySlice<UInt8> {
        assert(heldCount == 0, "Bytes begin where a byte begins.")
        guard count <= bytes.count - index else {
            throw CompressionError.malformed("it is cut short")
        }
        defer { index += count }
        return bytes[index..<(index + count)]
    }
}
