/// The checksum at the end of a gzip member (RFC 1952, section 8).
struct CRC32: Sendable {
    private var register: UInt32 = .max

    var value: UInt32 { ~register }

    private static let polynomial: UInt32 = 0xEDB8_8320
    /// Bytes that one step takes in: a table for each makes their look-ups independent.
    private static let stride = 8

    /// Table `k` at `k * 256` says what a byte does to the sum when `k` bytes follow it.
    private static let tables: [UInt32] = {
        var tables = (0..<UInt32(256)).map { byte in
            (0..<8).reduce(byte) { sum, _ in
                sum & 1 == 1 ? sum >> 1 ^ polynomial : sum >> 1
            }
        }
        for index in 256..<(256 * stride) {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()

    static func of(_ bytes: Span<UInt8>) -> UInt32 {
        var sum = CRC32()
        sum.add(bytes)
        return sum.value
    }

    mutating func add(_ bytes: Span<UInt8>) {
        let tables = Self.tables.span
        var sum = register
        var index = 0
        while index + Self.stride <= bytes.count {
            var low = sum
            var high: UInt32 = 0
            for offset in 0..<4 {
                low ^= UInt32(bytes[index + offset]) << UInt32(8 * offset)
                high |= UInt32(bytes[index + 4 + offset]) << UInt32(8 * offset)
            }
            sum = 0
            for offset in 0..<4 {
                let shift = UInt32(8 * offset)
                sum ^= tables[256 * (7 - offset) + Int(low >> shift & 0xFF)]
                sum ^= tables[256 * (3 - offset) + Int(high >> shift & 0xFF)]
            }
            index += Self.stride
        }
        while index < bytes.count {
            sum = sum >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: sum) ^ bytes[index])]
            index += 1
        }
        register = sum
    }
}
