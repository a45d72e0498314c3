import Foundation
import JSON
import SQLite

/// HarperDB's reading of a field: what looks like a number, a truth value, a date or JSON is one.
package enum CSVValue {
    /// What a field is, told from its bytes; text is not copied.
    enum Kind {
        case text
        case integer(Int64)
        case real(Double)
        case other(JSONValue)
    }

    package static func typed(_ text: String) -> JSONValue {
        var copy = text
        return copy.withUTF8 { typed($0) }
    }

    static func typed(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue {
        switch kind(bytes) {
        case .text: .string(String(decoding: bytes, as: UTF8.self))
        case .integer(let whole): .integer(whole)
        case .real(let real): .number(real)
        case .other(let value): value
        }
    }

    /// Binds a field to a statement's parameter as ``StoredValue`` would store it.
    static func bind(
        _ bytes: UnsafeBufferPointer<UInt8>, to statement: SQLiteStatement, at index: Int
    ) throws(TableStorageError) {
        switch kind(bytes) {
        case .text:
            try storing { () throws(SQLiteError) in try statement.bind(text: bytes, at: index) }
        case .integer(let whole): try bind(.integer(whole), to: statement, at: index)
        case .real(let real): try bind(.real(real), to: statement, at: index)
        case .other(let value): try bind(StoredValue.encode(value), to: statement, at: index)
        }
    }

    private static func bind(
        _ value: SQLiteValue, to statement: SQLiteStatement, at index: Int
    ) throws(TableStorageError) {
        try storing { () throws(SQLiteError) in try statement.bind(value, at: index) }
    }

    static func kind(_ bytes: UnsafeBufferPointer<UInt8>) -> Kind {
        guard let first = bytes.first, let last = bytes.last else { return .text }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            if let number = number(bytes) { return number }
            guard let date = ISODate.milliseconds(bytes) else { return .text }
            return .other(.string(ISODate.text(date)))
        case UInt8(ascii: "{") where last == UInt8(ascii: "}"),
            UInt8(ascii: "[") where last == UInt8(ascii: "]"):
            // What only looks like JSON stays text.
            guard let json = try? JSONValue(parsing: Array(bytes)) else { return .text }
            return .other(json)
        default:
            return word(bytes).map(Kind.other) ?? .text
        }
    }

    private static let words: [(StaticString, JSONValue)] = [
        ("true", true), ("TRUE", true), ("false", false), ("FALSE", false),
        ("null", .null), ("NULL", .null), ("undefined", .null),
    ]

    private static func word(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        guard bytes.count >= 4, bytes.count <= 9 else { return nil }
        return words.first { word, _ in
            word.withUTF8Buffer { $0.elementsEqual(bytes) }
        }?.1
    }

    /// A number unless it has a leading zero other than `0` and `0.x`, or an exponent: so ISBN
    /// `0195153448` stays text.
    private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Kind? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = bytes.dropFirst(isNegative ? 1 : 0)
        guard let first = digits.first, first != UInt8(ascii: ".") else { return nil }
        // Below zero, where there is one number more than above.
        var whole: Int64? = 0
        var isFraction = false
        for byte in digits {
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                whole = whole.flatMap { appending(byte, to: $0) }
            } else {
                return nil
            }
        }
        let second = digits.dropFirst().first
        guard first != UInt8(ascii: "0") || second == nil || second == UInt8(ascii: ".") else {
            return nil
        }
        if !isFraction, let whole = isNegative ? whole : whole.flatMap(negated) {
            return .integer(whole)
        }
        guard let real = Double(String(decoding: bytes, as: UTF8.self)), real.isFinite else {
            return nil
        }
        return .real(real)
    }

    private static func appending(_ digit: UInt8, to number: Int64) -> Int64? {
        let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
        return overflow || carry ? nil : sum
    }

    private static func negated(_ number: Int64) -> Int64? {
        number == .min ? nil : -number
    }
}
