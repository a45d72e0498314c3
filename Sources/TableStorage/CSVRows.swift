import CSV
import JSON
import SQLite

/// Where the attributes of a table stand in the rows of a delimited text.
struct CSVColumns: Sendable {
    /// The column of the key, if the text has one.
    let key: Int?
    /// The other columns from left to right. Automatic times and columns without a name are not
    /// among them; of two columns with one name the right one counts.
    let fields: [Int]
    let names: [String]

    init(header: [String], primaryKey: String) {
        key = header.lastIndex(of: primaryKey)
        let left = [primaryKey, Names.createdTime, Names.updatedTime, ""]
        fields = header.indices.filter { index in
            !left.contains(header[index]) && !header[(index + 1)...].contains(header[index])
        }
        names = fields.map { header[$0] }
    }
}

/// The rows of a delimited text, one after the other, each of them a record whose fields go from
/// the text's bytes to SQLite without becoming values first.
final class CSVRows: WritableRecord {
    private(set) var reader: CSVReader
    private let columns: CSVColumns
    private(set) var key: JSONValue?
    private(set) var fieldNames: [String] = []

    init(_ reader: CSVReader, columns: CSVColumns) {
        self.reader = reader
        self.columns = columns
    }

    /// Goes to the next row; false at the end of the text.
    ///
    /// - Throws: `.invalidRecord` for a row that is no delimited text, or a key that is none.
    func next() throws(TableStorageError) -> Bool {
        guard let row = reader.next() else { return false }
        if case .malformed(let error) = row {
            throw TableStorageError(.invalidRecord, error.message, cause: error)
        }
        if let last = columns.fields.last, last >= reader.fieldCount {
            // A short row lacks its last fields.
            fieldNames = zip(columns.fields, columns.names)
                .prefix { column, _ in column < reader.fieldCount }.map(\.1)
        } else {
            fieldNames = columns.names
        }
        if let column = columns.key {
            key = try PreparedRecord.key(reader.withBytes(of: column, CSVValue.typed))
        }
        return true
    }

    func bindFields(
        to statement: SQLiteStatement, from start: Int
    ) throws(TableStorageError) {
        for index in fieldNames.indices {
            try reader.withBytes(of: columns.fields[index]) { bytes throws(TableStorageError) in
                try CSVValue.bind(bytes, to: statement, at: start + index)
            }
        }
    }

    var fieldValues: [JSONValue] {
        fieldNames.indices.map { reader.withBytes(of: columns.fields[$0], CSVValue.typed) }
    }
}
