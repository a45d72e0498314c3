/// Writes bits into bytes, the lowest first (RFC 1951, section 3.1.1).
struct BitWriter {
    private(set) var bytes: [UInt8]
    private var held: UInt64 = 0
    private var heldCount = 0

    init(behind bytes: [UInt8]) { self.bytes = bytes }

    /// - Precondition: `count` is at most 32 and `bits` has no others.
    @inline(__always)
    mutating func write(_ bits: UInt64, count: Int) {
        held |= bits << UInt64(heldCount)
        heldCount += count
        if heldCount >= 32 { flushWord() }
    }

    private mutating func flushWord() {
        for shift in stride(from: UInt64(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: held >> shift))
        }
        held >>= 32
        heldCount -= 32
    }

    /// Fills the last byte up with zeros.
    mutating func alignToByte() {
        while heldCount > 0 {
            bytes.append(UInt8(truncatingIfNeeded: held))
            held >>= 8
            heldCount -= 8
        }
        held = 0
        heldCount = 0
    }

    mutating func append(_ more: ArraySlice<UInt8>) {
        assert(heldCount == 0, "Bytes begin where a byte begins.")
        bytes.append(contentsOf: more)
    }

    mutating func append(littleEndian word: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }
}
