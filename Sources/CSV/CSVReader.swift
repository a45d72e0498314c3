/// Reads a delimited text row by row without copying its fields.
///
/// The text is UTF-8 with or without a byte order mark; ``CSVText`` makes it so. Lines end with
/// LF or CR LF; empty lines are passed over. A quoted field may hold delimiters and line ends.
///
/// ```swift
/// var reader = CSVReader(bytes)
/// while let row = reader.next() {
///     // after .row: reader.fieldCount, reader.text(0), reader.integer(1)
/// }
/// ```
package struct CSVReader: Sendable {
    /// What ``next()`` found.
    package enum Row: Sendable, Hashable {
        case row
        /// The row is passed over; reading goes on with the next line.
        case malformed(CSVError)
    }

    private struct Field {
        var start: Int
        var end: Int
        /// Whether the bytes hold escaped quotes, so that they differ from the value.
        var isEscaped: Bool
    }

    private let bytes: [UInt8]
    private let format: CSVFormat
    private let limits: CSVLimits
    private var position = 0
    private var nextLine = 1
    private var fields: [Field] = []

    /// The line on which the current row begins; the first line is 1.
    package private(set) var line = 0

    package init(
        _ bytes: [UInt8], format: CSVFormat = .standard, limits: CSVLimits = CSVLimits()
    ) {
        self.bytes = bytes
        self.format = format
        self.limits = limits
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    package var fieldCount: Int { fields.count }

    /// Bytes of the text that were read so far.
    package var offset: Int { position }

    /// Goes to the next row; nil at the end of the text.
    package mutating func next() -> Row? {
        skipEmptyLines()
        guard position < bytes.count else { return nil }
        fields.removeAll(keepingCapacity: true)
        line = nextLine
        let start = position
        do throws(CSVError) {
            try readRow()
        } catch {
            resume(afterLineAt: start)
            return .malformed(error)
        }
        return .row
    }

    private mutating func readRow() throws(CSVError) {
        while true {
            guard fields.count < limits.fieldCountMax else {
                throw CSVError(
                    .tooManyFields, line: line, "more than \(limits.fieldCountMax) fields")
            }
            let isQuoted =
                format.quoteEscape != .unquoted && position < bytes.count
                && bytes[position] == UInt8(ascii: "\"")
            let field = isQuoted ? try quotedField() : plainField()
            guard field.end - field.start <= limits.fieldBytesMax else {
                throw CSVError(
                    .fieldTooLong, line: line,
                    "a field has \(field.end - field.start) bytes, the limit is "
                        + "\(limits.fieldBytesMax)")
            }
            fields.append(field)
            guard position < bytes.count, bytes[position] == format.delimiter else { break }
            position += 1
        }
        try endLine()
    }

    private mutating func plainField() -> Field {
        let start = position
        let delimiter = format.delimiter
        position = bytes.withUnsafeBufferPointer { bytes in
            var index = start
            while index < bytes.count, bytes[index] != delimiter, bytes[index] != 0x0A {
                index += 1
            }
            return index
        }
        var end = position
        let isLast = position == bytes.count || bytes[position] == 0x0A
        if isLast, end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return Field(start: start, end: end, isEscaped: false)
    }

    private mutating func quotedField() throws(CSVError) -> Field {
        position += 1
        var field = Field(start: position, end: position, isEscaped: false)
        let quote = UInt8(ascii: "\"")
        while position < bytes.count {
            let byte = bytes[position]
            let following = position + 1 < bytes.count ? bytes[position + 1] : 0
            if byte == UInt8(ascii: "\\"), format.quoteEscape == .backslash,
                following == quote || following == UInt8(ascii: "\\")
            {
                field.isEscaped = true
                position += 2
            } else if byte == quote, format.quoteEscape == .doubled, following == quote {
                field.isEscaped = true
                position += 2
            } else if byte == quote {
                field.end = position
                position += 1
                return field
            } else {
                if byte == 0x0A { nextLine += 1 }
                position += 1
            }
        }
        throw CSVError(.quoteNotClosed, line: line, "a quote is not closed")
    }

    private mutating func endLine() throws(CSVError) {
        if position < bytes.count, bytes[position] == 0x0D { position += 1 }
        guard position == bytes.count || bytes[position] == 0x0A else {
            throw CSVError(.textAfterQuote, line: line, "text follows a closing quote")
        }
        if position < bytes.count { position += 1 }
        nextLine += 1
    }

    private mutating func skipEmptyLines() {
        while position < bytes.count {
            let isCarriageReturn =
                bytes[position] == 0x0D && position + 1 < bytes.count
                && bytes[position + 1] == 0x0A
            guard bytes[position] == 0x0A || isCarriageReturn else { return }
            position += isCarriageReturn ? 2 : 1
            nextLine += 1
        }
    }

    /// A row that cannot be read costs its first line and no more.
    private mutating func resume(afterLineAt start: Int) {
        let end = bytes[start...].firstIndex(of: 0x0A)
        position = end.map { $0 + 1 } ?? bytes.count
        nextLine = line + 1
        fields.removeAll(keepingCapacity: true)
    }
}

// MARK: The fields of the current row

extension CSVReader {
    /// The value of a field; empty if the row has fewer.
    package func text(_ index: Int) -> String {
        guard let field = field(index) else { return "" }
        guard field.isEscaped else {
            return String(decoding: bytes[field.start..<field.end], as: UTF8.self)
        }
        return String(decoding: unescaped(field), as: UTF8.self)
    }

    /// Whether a field has no bytes, or the row no such field.
    package func isEmpty(_ index: Int) -> Bool {
        field(index).map { $0.start == $0.end } ?? true
    }

    /// The field as bytes: what a key is compared by before it becomes text.
    package func withBytes<Result, Failure: Error>(
        of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let field = field(index) else {
            return try body(UnsafeBufferPointer(start: nil, count: 0))
        }
        guard field.isEscaped else {
            return try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
                try body(UnsafeBufferPointer(rebasing: bytes[field.start..<field.end]))
            }
        }
        return try unescaped(field).withUnsafeBufferPointer(body)
    }

    /// The field as a whole decimal number without spaces; nil for anything else.
    package func integer(_ index: Int) -> Int? {
        withBytes(of: index) { digits in
            guard let first = digits.first else { return nil }
            let isNegative = first == UInt8(ascii: "-")
            let magnitude = digits.dropFirst(isNegative ? 1 : 0)
            guard !magnitude.isEmpty else { return nil }
            var value = 0
            for byte in magnitude {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
                let (next, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
                guard !overflow, !carry else { return nil }
                value = next
            }
            return isNegative ? -value : value
        }
    }

    /// The field as a finite number; nil for anything else.
    package func number(_ index: Int) -> Double? {
        if let whole = integer(index) { return Double(whole) }
        guard let real = Double(text(index)), real.isFinite else { return nil }
        return real
    }

    private func field(_ index: Int) -> Field? {
        fields.indices.contains(index) ? fields[index] : nil
    }

    private func unescaped(_ field: Field) -> [UInt8] {
        let escape =
            format.quoteEscape == .backslash ? UInt8(ascii: "\\") : UInt8(ascii: "\"")
        var value: [UInt8] = []
        var index = field.start
        while index < field.end {
            let isEscape = bytes[index] == escape && index + 1 < field.end
            let following = isEscape ? bytes[index + 1] : 0
            let isPair = following == UInt8(ascii: "\"") || following == escape
            if isEscape, isPair { index += 1 }
            value.append(bytes[index])
            index += 1
        }
        return value
    }
}
