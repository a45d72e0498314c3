import JSON
import SQLite

/// How a JSON value stands in a column without affinity, so that its type survives.
///
/// | JSON | SQLite |
/// |---|---|
/// | null, or the attribute is absent | NULL |
/// | number | INTEGER or REAL |
/// | string | TEXT |
/// | true, false, array, object | BLOB: its JSON text |
///
/// Text is never a BLOB, so the string `"true"` and the value `true` are two different things.
enum StoredValue {
    static func encode(_ value: JSONValue) throws(TableStorageError) -> SQLiteValue {
        switch value {
        case .null: return .null
        case .integer(let whole): return .integer(whole)
        case .number(let real): return .real(real)
        case .string(let text):
            try check(text.utf8.count)
            return .text(text)
        case .bool, .array, .object:
            guard !isNested(value, deeperThan: TableLimits.valueDepthMax) else {
                throw TableStorageError(
                    .limitExceeded,
                    "a value is nested more than \(TableLimits.valueDepthMax) deep")
            }
            let bytes = value.encoded()
            try check(bytes.count)
            return .blob(bytes)
        }
    }

    static func decode(_ value: SQLiteValue) -> JSONValue {
        switch value {
        case .null: .null
        case .integer(let whole): .integer(whole)
        case .real(let real): JSONValue(real)
        case .text(let text): .string(text)
        case .blob(let bytes):
            // Only this type writes blobs; one that is no JSON comes from a damaged file, and a
            // reader is better served by its text than by nothing.
            (try? JSONValue(parsing: bytes, limits: limits))
                ?? .string(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// What was written is read again, however deep it is.
    private static let limits = JSONLimits(depthMax: TableLimits.valueDepthMax)

    private static func isNested(_ value: JSONValue, deeperThan depth: Int) -> Bool {
        switch value {
        case .array(let elements):
            depth == 0 || elements.contains { isNested($0, deeperThan: depth - 1) }
        case .object(let object):
            depth == 0 || object.members.contains { isNested($0.value, deeperThan: depth - 1) }
        default: false
        }
    }

    private static func check(_ bytes: Int) throws(TableStorageError) {
        guard bytes <= TableLimits.valueBytesMax else {
            throw TableStorageError(
                .limitExceeded,
                "a value has \(bytes) bytes, the limit is \(TableLimits.valueBytesMax)")
        }
    }
}
