import JSON

/// The Concise Binary Object Representation (RFC 8949), as far as JSON has a form for it.
///
/// Reading: floating-point numbers of all sizes, indefinite lengths, whole numbers as names of
/// members (they become text, as in `cbor-x`), and these tags: 0 (a date as text stays as it is),
/// 1 (seconds since 1970 become a date as JavaScript writes it), 55799 ("this is CBOR").
/// `undefined` is no member of a map, and null elsewhere. Refused: byte strings, other tags, other
/// simple values, other names, numbers that are not finite, a name that occurs twice.
package enum CBOR {
    static let name = "CBOR"

    enum Major: UInt8 {
        case unsigned, negative, bytes, text, array, map, tag, simple
    }

    /// The low five bits of a first byte.
    enum Additional {
        static let oneByte: UInt8 = 24
        static let eightBytes: UInt8 = 27
        static let indefinite: UInt8 = 31
        static let mask: UInt8 = 31
    }

    enum Simple {
        static let `false`: UInt8 = 20
        static let `true`: UInt8 = 21
        static let null: UInt8 = 22
        static let undefined: UInt8 = 23
        static let half: UInt8 = 25
        static let single: UInt8 = 26
        static let double: UInt8 = 27
    }

    static let breakByte: UInt8 = 0xFF

    /// Decodes one complete item and nothing after it.
    ///
    /// - Throws: `.malformed`, `.limitExceeded`, `.duplicateName`, `.unsupported`.
    package static func decode(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(WireFormatError) -> JSONValue {
        var decoder = CBORDecoder(bytes, limits: limits)
        return try decoder.document()
    }

    package static func encode(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, to: &bytes)
        return bytes
    }
}

extension CBOR {
    private static func write(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: writeHead(.simple, UInt64(Simple.null), to: &bytes)
        case .bool(let flag):
            writeHead(.simple, UInt64(flag ? Simple.true : Simple.false), to: &bytes)
        case .integer(let whole): write(WireNumber.form(of: whole), to: &bytes)
        case .number(let real): write(WireNumber.form(of: real), to: &bytes)
        case .string(let text): write(text, to: &bytes)
        case .array(let elements):
            writeHead(.array, UInt64(elements.count), to: &bytes)
            for element in elements { write(element, to: &bytes) }
        case .object(let object):
            writeHead(.map, UInt64(object.count), to: &bytes)
            for member in object.members {
                write(member.name, to: &bytes)
                write(member.value, to: &bytes)
            }
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        writeHead(.text, UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func write(_ form: WireNumber.Form, to bytes: inout [UInt8]) {
        switch form {
        case .whole(let whole) where whole < 0:
            // -1 is 0, -2 is 1 and so on: all bits the other way round.
            writeHead(.negative, UInt64(bitPattern: ~whole), to: &bytes)
        case .whole(let whole): writeHead(.unsigned, UInt64(bitPattern: whole), to: &bytes)
        case .real(let real):
            bytes.append(Major.simple.rawValue << 5 | Simple.double)
            bytes.append(bigEndian: real.bitPattern)
        }
    }

    /// The shortest form of an argument (section 4.2.1).
    private static func writeHead(_ major: Major, _ argument: UInt64, to bytes: inout [UInt8]) {
        let type = major.rawValue << 5
        switch argument {
        case 0..<UInt64(Additional.oneByte): bytes.append(type | UInt8(argument))
        case 0...UInt64(UInt8.max):
            bytes.append(type | Additional.oneByte)
            bytes.append(UInt8(argument))
        case 0...UInt64(UInt16.max):
            bytes.append(type | Additional.oneByte + 1)
            bytes.append(bigEndian: UInt16(argument))
        case 0...UInt64(UInt32.max):
            bytes.append(type | Additional.oneByte + 2)
            bytes.append(bigEndian: UInt32(argument))
        default:
            bytes.append(type | Additional.eightBytes)
            bytes.append(bigEndian: argument)
        }
    }
}

extension [UInt8] {
    mutating func append(bigEndian number: some FixedWidthInteger) {
        for byte in (0..<(number.bitWidth / 8)).reversed() {
            append(UInt8(truncatingIfNeeded: number >> (8 * byte)))
        }
    }
}
