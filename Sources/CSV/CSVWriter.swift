/// Writes a delimited text field by field, as ``CSVReader`` reads it.
///
/// Text stands in quotes whether it needs them or not, so that an empty one can be told from a
/// field without a value; numbers stand bare.
package struct CSVWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private let delimiter: UInt8
    private var isAtLineStart = true

    package init(delimiter: UInt8 = CSVFormat.standard.delimiter) { self.delimiter = delimiter }

    /// A field in quotes, those within it doubled (RFC 4180, section 2).
    package mutating func append(text: some Collection<UInt8>) {
        beginField()
        let quote = UInt8(ascii: "\"")
        bytes.append(quote)
        for byte in text {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }

    /// A field as it is: a number, a word, or nothing.
    ///
    /// - Precondition: no quote, delimiter or line end is in it.
    package mutating func append(bare field: some Collection<UInt8>) {
        beginField()
        bytes.append(contentsOf: field)
    }

    /// Ends the row, as HarperDB does without a carriage return.
    package mutating func endRow() {
        bytes.append(UInt8(ascii: "\n"))
        isAtLineStart = true
    }

    private mutating func beginField() {
        if !isAtLineStart { bytes.append(delimiter) }
        isAtLineStart = false
    }
}
