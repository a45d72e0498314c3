import JSON

/// The format that msgpack.org describes, as far as JSON has a form for it.
///
/// Reading: whole numbers as names of members become text; the extension -1 (a moment) becomes a
/// date as JavaScript writes it; the extension 0 of one zero byte is the `undefined` of `msgpackr`:
/// no member of a map, and null elsewhere. Refused: byte strings, other extensions, other names,
/// numbers that are not finite, a name that occurs twice.
package enum MessagePack {
    static let name = "MessagePack"

    /// First bytes; where one covers a range, its lowest.
    enum Marker {
        static let fixedMap: UInt8 = 0x80
        static let fixedArray: UInt8 = 0x90
        static let fixedText: UInt8 = 0xA0
        static let null: UInt8 = 0xC0
        static let `false`: UInt8 = 0xC2
        static let `true`: UInt8 = 0xC3
        static let bytes: UInt8 = 0xC4
        static let extended: UInt8 = 0xC7
        static let float: UInt8 = 0xCA
        static let double: UInt8 = 0xCB
        static let unsigned: UInt8 = 0xCC
        static let signed: UInt8 = 0xD0
        static let fixedExtended: UInt8 = 0xD4
        static let text: UInt8 = 0xD9
        static let array: UInt8 = 0xDC
        static let map: UInt8 = 0xDE
        static let fixedNegative: UInt8 = 0xE0
    }

    /// Decodes one complete value and nothing after it.
    ///
    /// - Throws: `.malformed`, `.limitExceeded`, `.duplicateName`, `.unsupported`.
    package static func decode(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(WireFormatError) -> JSONValue {
        var decoder = MessagePackDecoder(bytes, limits: limits)
        return try decoder.document()
    }

    /// - Precondition: no text and no collection has 2^32 bytes or members; the format ends there.
    package static func encode(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, to: &bytes)
        return bytes
    }
}

extension MessagePack {
    private static func write(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(Marker.null)
        case .bool(let flag): bytes.append(flag ? Marker.true : Marker.false)
        case .integer(let whole): write(WireNumber.form(of: whole), to: &bytes)
        case .number(let real): write(WireNumber.form(of: real), to: &bytes)
        case .string(let text): write(text, to: &bytes)
        case .array(let elements):
            writeCount(elements.count, fixed: Marker.fixedArray, wide: Marker.array, to: &bytes)
            for element in elements { write(element, to: &bytes) }
        case .object(let object):
            writeCount(object.count, fixed: Marker.fixedMap, wide: Marker.map, to: &bytes)
            for member in object.members {
                write(member.name, to: &bytes)
                write(member.value, to: &bytes)
            }
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        let count = text.utf8.count
        switch count {
        case 0..<32: bytes.append(Marker.fixedText | UInt8(count))
        case 0...Int(UInt8.max):
            bytes.append(Marker.text)
            bytes.append(UInt8(count))
        default: writeWideCount(count, Marker.text + 1, to: &bytes)
        }
        bytes.append(contentsOf: text.utf8)
    }

    private static func writeCount(
        _ count: Int, fixed: UInt8, wide: UInt8, to bytes: inout [UInt8]
    ) {
        if count < 16 {
            bytes.append(fixed | UInt8(count))
        } else {
            writeWideCount(count, wide, to: &bytes)
        }
    }

    /// Two bytes behind the marker, or four behind the next one.
    private static func writeWideCount(_ count: Int, _ marker: UInt8, to bytes: inout [UInt8]) {
        if let short = UInt16(exactly: count) {
            bytes.append(marker)
            bytes.append(bigEndian: short)
        } else {
            precondition(UInt32(exactly: count) != nil, "MessagePack counts to 2^32 - 1.")
            bytes.append(marker + 1)
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: count))
        }
    }

    private static func write(_ form: WireNumber.Form, to bytes: inout [UInt8]) {
        switch form {
        case .real(let real):
            bytes.append(Marker.double)
            bytes.append(bigEndian: real.bitPattern)
        case .whole(let whole) where whole >= 0: writeUnsigned(UInt64(whole), to: &bytes)
        case .whole(let whole): writeNegative(whole, to: &bytes)
        }
    }

    private static func writeUnsigned(_ whole: UInt64, to bytes: inout [UInt8]) {
        switch whole {
        case 0..<UInt64(Marker.fixedMap): bytes.append(UInt8(whole))
        case 0...UInt64(UInt8.max):
            bytes.append(Marker.unsigned)
            bytes.append(UInt8(whole))
        case 0...UInt64(UInt16.max):
            bytes.append(Marker.unsigned + 1)
            bytes.append(bigEndian: UInt16(whole))
        case 0...UInt64(UInt32.max):
            bytes.append(Marker.unsigned + 2)
            bytes.append(bigEndian: UInt32(whole))
        default:
            bytes.append(Marker.unsigned + 3)
            bytes.append(bigEndian: whole)
        }
    }

    private static func writeNegative(_ whole: Int64, to bytes: inout [UInt8]) {
        switch whole {
        case -32..<0: bytes.append(UInt8(truncatingIfNeeded: whole))
        case Int64(Int8.min)..<0:
            bytes.append(Marker.signed)
            bytes.append(UInt8(truncatingIfNeeded: whole))
        case Int64(Int16.min)..<0:
            bytes.append(Marker.signed + 1)
            bytes.append(bigEndian: UInt16(truncatingIfNeeded: whole))
        case Int64(Int32.min)..<0:
            bytes.append(Marker.signed + 2)
            bytes.append(bigEndian: UInt32(truncatingIfNeeded: whole))
        default:
            bytes.append(Marker.signed + 3)
            bytes.append(bigEndian: whole)
        }
    }
}
