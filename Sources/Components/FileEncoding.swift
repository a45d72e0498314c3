import Foundation

/// How the bytes of a file stand in a JSON text: the names are those of Node's buffers.
package enum FileEncoding: String, Sendable, CaseIterable {
    case utf8, ascii = "ASCII", binary, hex, base64, utf16le, latin1, ucs2

    /// The text of a file; bytes that are none in the encoding become replacement characters.
    package func text(of bytes: [UInt8]) -> String {
        switch self {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .ascii: return Self.characters(bytes.lazy.map { $0 & 0x7F })
        case .binary, .latin1: return Self.characters(bytes)
        case .base64: return Data(bytes).base64EncodedString()
        case .hex:
            let digits = Array("0123456789abcdef".utf8)
            return String(
                decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] },
                as: UTF8.self)
        case .utf16le, .ucs2:
            let units = stride(from: 0, to: bytes.count - 1, by: 2).map {
                UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
            }
            return String(decoding: units, as: UTF16.self)
        }
    }

    /// - Throws: `.invalidText` if the text cannot stand for bytes in this encoding: half of a
    ///   file must not be stored where Node would store it.
    package func bytes(of text: String) throws(ComponentError) -> [UInt8] {
        switch self {
        case .utf8: return Array(text.utf8)
        case .ascii: return try single(text, max: 0x7F)
        case .binary, .latin1: return try single(text, max: 0xFF)
        case .utf16le, .ucs2:
            return text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case .base64:
            guard let decoded = Data(base64Encoded: text) else { throw refused }
            return [UInt8](decoded)
        case .hex: return try hexBytes(text)
        }
    }

    private var refused: ComponentError {
        ComponentError(.invalidText, "'payload' is not encoded in \(rawValue)")
    }

    private static func characters(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
        return text
    }

    private func single(_ text: String, max: UInt32) throws(ComponentError) -> [UInt8] {
        let scalars = text.unicodeScalars
        guard scalars.allSatisfy({ $0.value <= max }) else { throw refused }
        return scalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    private func hexBytes(_ text: String) throws(ComponentError) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { throw refused }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
