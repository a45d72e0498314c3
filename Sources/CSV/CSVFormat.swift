/// How the fields of a text are separated and quoted.
package struct CSVFormat: Sendable, Hashable {
    /// How a quote stands inside a quoted field.
    package enum QuoteEscape: Sendable {
        /// Twice, as RFC 4180 says.
        case doubled
        /// After a backslash, as MySQL's dumps and so the older Book-Crossing files have it.
        case backslash
        /// Not at all: a quote is a character like any other.
        case unquoted
    }

    package var delimiter: UInt8
    package var quoteEscape: QuoteEscape

    package init(delimiter: UInt8 = UInt8(ascii: ","), quoteEscape: QuoteEscape = .doubled) {
        self.delimiter = delimiter
        self.quoteEscape = quoteEscape
    }

    /// Commas and doubled quotes (RFC 4180).
    package static let standard = CSVFormat()
    /// Semicolons and backslashes: the form in which Book-Crossing was first published.
    package static let semicolons = CSVFormat(
        delimiter: UInt8(ascii: ";"), quoteEscape: .backslash)
    /// Tabs.
    package static let tabs = CSVFormat(delimiter: UInt8(ascii: "\t"))

    /// How much of a first line is looked at: enough for thousands of names.
    private static let headerBytesMax = 1 << 16

    /// The format whose delimiter occurs most often in the first line outside quotes.
    package static func detected(in bytes: [UInt8]) -> CSVFormat {
        let line = bytes.prefix(headerBytesMax).prefix { $0 != UInt8(ascii: "\n") }
        let candidates: [CSVFormat] = [.standard, .semicolons, .tabs]
        var isQuoted = false
        var counts = [0, 0, 0]
        for byte in line {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard !isQuoted, let index = candidates.firstIndex(where: { $0.delimiter == byte })
            else { continue }
            counts[index] += 1
        }
        let best = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        return counts[best] > 0 ? candidates[best] : .standard
    }
}

/// Why a row of a text is not a row.
package struct CSVError: Error, Sendable, Hashable {
    package enum Code: Sendable {
        case quoteNotClosed
        /// Text between a closing quote and the next delimiter.
        case textAfterQuote
        case tooManyFields
        case fieldTooLong
    }

    package let code: Code
    /// The line on which the row begins; the first line is 1.
    package let line: Int
    package let message: String

    init(_ code: Code, line: Int, _ message: String) {
        self.code = code
        self.line = line
        self.message = "line \(line): \(message)"
    }
}

/// What a reader accepts before it calls a row malformed.
package struct CSVLimits: Sendable {
    package var fieldBytesMax: Int
    package var fieldCountMax: Int

    package init(fieldBytesMax: Int = 1 << 20, fieldCountMax: Int = 2_000) {
        self.fieldBytesMax = fieldBytesMax
        self.fieldCountMax = fieldCountMax
    }
}
