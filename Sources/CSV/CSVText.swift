/// The text of a file as UTF-8, whatever it was written in.
package enum CSVText {
    /// Bytes that are valid UTF-8 stay as they are; others are read as ISO 8859-1.
    ///
    /// Every byte is a character there, so this cannot fail; the older Book-Crossing files are
    /// written in it.
    package static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        guard !isUTF8(bytes) else { return bytes }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
            } else {
                text.append(0xC0 | byte >> 6)
                text.append(0x80 | byte & 0x3F)
            }
        }
        return text
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }
}
