import JSON
import SQLite

/// One record on its way into a table.
protocol WritableRecord {
    /// As the record brought it; nil if it has to be made.
    var key: JSONValue? { get }
    /// The other attributes, without the automatic times.
    var fieldNames: [String] { get }
    /// Their values, for a log; in the order of the names.
    var fieldValues: [JSONValue] { get }
    /// Binds their values, the first at index `start`.
    func bindFields(to statement: SQLiteStatement, from start: Int) throws(TableStorageError)
}

/// A record whose names and values are checked, ready for SQLite.
struct PreparedRecord: Sendable {
    let key: JSONValue?
    let fieldNames: [String]
    let values: [SQLiteValue]

    /// - Throws: `.invalidName`, `.invalidRecord`, `.limitExceeded`.
    init(_ record: JSONObject, primaryKey: String) throws(TableStorageError) {
        var key: JSONValue?
        var names: [String] = []
        var values: [SQLiteValue] = []
        for (name, value) in record.members {
            if name == primaryKey {
                key = try Self.key(value)
            } else if name != Names.createdTime, name != Names.updatedTime {
                try Names.checkAttribute(name)
                names.append(name)
                values.append(try StoredValue.encode(value))
            }
        }
        self.key = key
        fieldNames = names
        self.values = values
    }

    /// A value as a key; nil for one that asks for a new key.
    static func key(_ value: JSONValue) throws(TableStorageError) -> JSONValue? {
        switch value {
        case .null, .string(""): return nil
        case .integer, .number: return value
        case .string("null"), .string("undefined"):
            // What a client in JavaScript makes of a key that it forgot.
            throw TableStorageError(
                .invalidRecord,
                "Invalid hash value: '\(value.stringValue ?? "")' is not a valid hash attribute "
                    + "value, check log for more info")
        case .string(let text):
            guard text.utf8.count <= TableLimits.keyBytesMax else {
                throw TableStorageError(
                    .limitExceeded,
                    "a key has \(text.utf8.count) bytes, the limit is \(TableLimits.keyBytesMax)")
            }
            return value
        case .bool, .array, .object:
            throw TableStorageError(.invalidRecord, "a key must be a string or a number")
        }
    }
}

extension PreparedRecord: WritableRecord {
    var fieldValues: [JSONValue] { values.map(StoredValue.decode) }

    func bindFields(
        to statement: SQLiteStatement, from start: Int
    ) throws(TableStorageError) {
        try storing { () throws(SQLiteError) in
            for (index, value) in values.enumerated() {
                try statement.bind(value, at: start + index)
            }
        }
    }
}

/// Runs a piece of SQLite, whose failures become the store's.
func storing<Answer>(_ body: () throws(SQLiteError) -> Answer) throws(TableStorageError) -> Answer {
    do throws(SQLiteError) {
        return try body()
    } catch {
        throw TableStorageError(writing: error)
    }
}
