/// A log line that was read back.
package struct LogEntry: Sendable, Hashable {
    /// A member of a line beside the four that all have.
    package struct Detail: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// ISO 8601 in UTC with milliseconds: texts of equal length, so they compare as times do.
    package let time: String
    package let level: LogLevel
    package let module: String
    package let message: String
    package let details: [Detail]

    /// Parses what ``LogLine/formatted(as:)`` writes as JSON, and nothing more general.
    ///
    /// - Returns: Nil for anything else, such as a line that a crash has torn.
    package init?(parsing line: some Collection<UInt8>) {
        guard var members = Self.members(of: Array(line)), members.count >= 4,
            members[0].name == "time", members[1].name == "level", members[2].name == "module",
            members[3].name == "message", let level = LogLevel(name: members[1].value)
        else { return nil }
        time = members[0].value
        self.level = level
        module = members[2].value
        message = members[3].value
        members.removeFirst(4)
        details = members
    }

    /// An object whose values are all texts, in order.
    private static func members(of line: [UInt8]) -> [Detail]? {
        var reader = QuotedTextReader(bytes: line[...])
        guard reader.skip("{") else { return nil }
        var members: [Detail] = []
        repeat {
            guard let name = reader.text(), reader.skip(":"), let value = reader.text() else {
                return nil
            }
            members.append(Detail(name: name, value: value))
        } while reader.skip(",")
        return reader.skip("}") && reader.bytes.isEmpty ? members : nil
    }
}

/// Takes JSON texts and marks from the beginning of a line.
private struct QuotedTextReader {
    var bytes: ArraySlice<UInt8>

    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: mark) else { return false }
        bytes.removeFirst()
        return true
    }

    mutating func text() -> String? {
        guard skip("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                text.append(escaped)
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The log escapes quotation marks, backslashes and control characters only.
    private mutating func escape() -> UInt8? {
        switch bytes.popFirst() {
        case UInt8(ascii: "\""): return UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "u"):
            let digits = String(decoding: bytes.prefix(4), as: UTF8.self)
            bytes = bytes.dropFirst(4)
            return UInt8(digits, radix: 16)
        default: return nil
        }
    }
}
