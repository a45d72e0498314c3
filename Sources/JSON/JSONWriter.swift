extension JSONValue {
    /// The value as compact JSON text in UTF-8, members in their order.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    /// The value as indented JSON text with a final line end, for files that people read.
    package func encodedForReading() -> [UInt8] {
        var bytes: [UInt8] = []
        writeIndented(to: &bytes, depth: 0)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The value as compact JSON text.
    package var text: String { String(decoding: encoded(), as: UTF8.self) }

    /// Appends the value as compact JSON text.
    package func write(to bytes: inout [UInt8]) {
        switch self {
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(string: member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        default: writeScalar(to: &bytes)
        }
    }

    private func writeScalar(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let whole): bytes.append(contentsOf: String(whole).utf8)
        case .number(let real): Self.write(number: real, to: &bytes)
        case .string(let text): Self.write(string: text, to: &bytes)
        case .array, .object: write(to: &bytes)
        }
    }

    private func writeIndented(to bytes: inout [UInt8], depth: Int) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                Self.breakLine(&bytes, first: index == 0, depth: depth + 1)
                element.writeIndented(to: &bytes, depth: depth + 1)
            }
            Self.breakLine(&bytes, first: true, depth: depth)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                Self.breakLine(&bytes, first: index == 0, depth: depth + 1)
                Self.write(string: member.name, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                member.value.writeIndented(to: &bytes, depth: depth + 1)
            }
            Self.breakLine(&bytes, first: true, depth: depth)
            bytes.append(UInt8(ascii: "}"))
        default: write(to: &bytes)
        }
    }

    private static func breakLine(_ bytes: inout [UInt8], first: Bool, depth: Int) {
        if !first { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    /// JavaScript writes 3.0 as 3, and so do HarperDB's answers.
    private static func write(number: Double, to bytes: inout [UInt8]) {
        if let whole = Int64(exactly: number) {
            bytes.append(contentsOf: String(whole).utf8)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// Appends a quoted JSON string, escaping only what RFC 8259 section 7 demands.
    package static func write(string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
