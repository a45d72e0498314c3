/// The gzip format: compressed text between a head and a checksum (RFC 1952).
package enum Gzip {
    /// What a member begins with: magic number, deflate.
    private static let magic: [UInt8] = [0x1F, 0x8B, 8]
    private static let headBytes = 10
    private static let trailerBytes = 8

    private enum Flag {
        static let headChecksum: UInt8 = 1 << 1
        static let extra: UInt8 = 1 << 2
        static let name: UInt8 = 1 << 3
        static let comment: UInt8 = 1 << 4
        static let reserved: UInt8 = 0b1110_0000
    }

    /// Compresses as `gzip -1` does: for an answer that is made, sent and forgotten.
    ///
    /// The same bytes give the same result: no time and no name stand in the head.
    package static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let extraFlagFastest: UInt8 = 4
        let systemUnknown: UInt8 = 255
        let head = magic + [0, 0, 0, 0, 0, extraFlagFastest, systemUnknown]
        var trailer = BitWriter(behind: DeflateEncoder.compress(bytes, behind: head))
        trailer.append(littleEndian: CRC32.of(bytes.span))
        trailer.append(littleEndian: UInt32(truncatingIfNeeded: bytes.count))
        return trailer.bytes
    }

    /// The text of one or more members, with nothing behind the last.
    ///
    /// - Parameter bytesMax: Of the text; one byte more is refused before it is made, so a small
    ///   message cannot fill the memory.
    /// - Throws: `.malformed`, `.corrupt`, `.limitExceeded`.
    package static func decompress(
        _ bytes: [UInt8], bytesMax: Int
    ) throws(CompressionError) -> [UInt8] {
        var text: [UInt8] = []
        var index = 0
        repeat {
            let start = text.count
            let body = try endOfHead(of: bytes, from: index)
            var decoder = InflateDecoder(bytes, from: body, behind: text, bytesMax: bytesMax)
            text = []
            index = try decoder.run()
            text = decoder.output
            index = try checkTrailer(of: bytes, at: index, text: text.span.extracting(start...))
        } while index < bytes.count
        return text
    }

    private static func endOfHead(
        of bytes: [UInt8], from start: Int
    ) throws(CompressionError) -> Int {
        guard bytes.count - start >= headBytes else {
            throw CompressionError.malformed("it is cut short")
        }
        guard bytes[start...].starts(with: magic) else {
            throw CompressionError.malformed("it does not begin as gzip does")
        }
        let flags = bytes[start + magic.count]
        guard flags & Flag.reserved == 0 else {
            throw CompressionError.malformed("its head has flags that nobody has defined")
        }
        var index = start + headBytes
        if flags & Flag.extra != 0 {
            let count = try littleEndian(of: bytes, at: index, count: 2)
            index += 2
            guard count <= bytes.count - index else {
                throw CompressionError.malformed("it is cut short")
            }
            index += count
        }
        for flag in [Flag.name, Flag.comment] where flags & flag != 0 {
            guard let end = bytes[index...].firstIndex(of: 0) else {
                throw CompressionError.malformed("it is cut short")
            }
            index = end + 1
        }
        guard flags & Flag.headChecksum != 0 else { return index }
        let sum = try littleEndian(of: bytes, at: index, count: 2)
        guard sum == Int(CRC32.of(bytes.span.extracting(start..<index)) & 0xFFFF) else {
            throw CompressionError(.corrupt, "the gzip head does not have its checksum")
        }
        return index + 2
    }

    private static func checkTrailer(
        of bytes: [UInt8], at index: Int, text: Span<UInt8>
    ) throws(CompressionError) -> Int {
        let sum = try littleEndian(of: bytes, at: index, count: 4)
        let size = try littleEndian(of: bytes, at: index + 4, count: 4)
        guard sum == Int(CRC32.of(text)) else {
            throw CompressionError(.corrupt, "the gzip text does not have its checksum")
        }
        guard size == Int(UInt32(truncatingIfNeeded: text.count)) else {
            throw CompressionError(
                .corrupt, "the gzip text has \(text.count) bytes, its end says \(size)")
        }
        return index + trailerBytes
    }

    private static func littleEndian(
        of bytes: [UInt8], at index: Int, count: Int
    ) throws(CompressionError) -> Int {
        guard count <= bytes.count - index else {
            throw CompressionError.malformed("it is cut short")
        }
        return (0..<count).reduce(0) { $0 | Int(bytes[index + $1]) << (8 * $1) }
    }
}
