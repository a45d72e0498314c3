import CSQLite

/// A prepared statement; belongs to its connection's thread.
///
/// One that its connection keeps for the next time does not hold the connection: each would keep
/// the other open for ever. Any other one does, so that the connection's hooks last as long.
package final class SQLiteStatement {
    private let handle: OpaquePointer
    private let holder: SQLiteConnection?
    /// What follows the first statement in the text, if it is more than white space.
    package let hasTail: Bool
    /// Whether the connection will reset it with the others.
    var isInUse = false

    /// Tells SQLite to copy a bound value at once (SQLITE_TRANSIENT, which is a cast in C).
    static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// - Parameter isKept: Whether the connection keeps the statement.
    init(_ sql: String, on connection: SQLiteConnection, isKept: Bool) throws(SQLiteError) {
        var prepared: OpaquePointer?
        var text = sql
        let (code, hasTail) = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v2(
                    connection.handle, bytes.baseAddress, Int32(clamping: bytes.count), &prepared,
                    &tail)
                let parsed = tail.flatMap { end in bytes.baseAddress.map { end - $0 } } ?? 0
                let rest = bytes.dropFirst(parsed)
                return (code, rest.contains { !" \t\r\n;".utf8.contains(UInt8(bitPattern: $0)) })
            }
        }
        guard code == SQLITE_OK else { throw SQLiteError(code, connection.handle) }
        guard let prepared else {
            throw SQLiteError(
                code: .misuse, extendedCode: SQLITE_MISUSE, message: "the statement is empty")
        }
        handle = prepared
        holder = isKept ? nil : connection
        self.hasTail = hasTail
    }

    deinit { sqlite3_finalize(handle) }

    /// Makes the statement ready to run from the start, without bindings.
    package func reset() {
        // The result code repeats the last step's error, which was thrown then.
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Binds the parameters from the first on.
    package func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
        for (index, value) in values.enumerated() { try bind(value, at: index) }
    }

    /// Starts over with other values.
    package func rebind(_ values: [SQLiteValue]) throws(SQLiteError) {
        reset()
        try bind(values)
    }

    /// Binds one parameter; the first is at 0.
    package func bind(_ value: SQLiteValue, at index: Int) throws(SQLiteError) {
        try check(bind(value, at: Int32(clamping: index + 1)))
    }

    /// Binds a text that is valid UTF-8; SQLite copies it at once.
    package func bind(
        text bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) throws(SQLiteError) {
        let code = bytes.withMemoryRebound(to: CChar.self) { bytes in
            sqlite3_bind_text64(
                handle, Int32(clamping: index + 1), bytes.baseAddress ?? Self.nothing,
                sqlite3_uint64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
        }
        try check(code)
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw SQLiteError(code, sqlite3_db_handle(handle)) }
    }

    private func bind(_ value: SQLiteValue, at position: Int32) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(handle, position)
        case .integer(let whole): sqlite3_bind_int64(handle, position, whole)
        case .real(let real): sqlite3_bind_double(handle, position, real)
        case .text(var text):
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { bytes in
                    // An empty string has no address, and SQLite would take that for null.
                    sqlite3_bind_text64(
                        handle, position, bytes.baseAddress ?? Self.nothing,
                        sqlite3_uint64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(handle, position, 0)
                : bytes.withUnsafeBytes { bytes in
                    sqlite3_bind_blob64(
                        handle, position, bytes.baseAddress, sqlite3_uint64(bytes.count),
                        Self.copied)
                }
        }
    }

    static var nothing: UnsafePointer<CChar> {
        UnsafeRawPointer(StaticString("").utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// Goes to the next row.
    ///
    /// - Returns: False after the last one.
    package func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw SQLiteError(code, sqlite3_db_handle(handle))
        }
    }

    /// Runs the statement once with these values; its rows are not read.
    package func run(_ values: [SQLiteValue] = []) throws(SQLiteError) {
        try rebind(values)
        while try step() {}
        reset()
    }

    /// Runs the statement with what is bound; its rows are not read, and bindings stay for the
    /// next run, so that a statement that binds all of them each time saves their clearing.
    package func runAgain() throws(SQLiteError) {
        defer { sqlite3_reset(handle) }
        while try step() {}
    }
}

extension SQLiteStatement {
    package var columnCount: Int { Int(sqlite3_column_count(handle)) }

    package var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    package func columnName(_ column: Int) -> String {
        sqlite3_column_name(handle, Int32(column)).map { String(cString: $0) } ?? ""
    }

    /// The table's column that a result column shows; nil for anything computed.
    package func origin(_ column: Int) -> SQLiteOrigin? {
        let column = Int32(column)
        guard let database = sqlite3_column_database_name(handle, column),
            let table = sqlite3_column_table_name(handle, column),
            let name = sqlite3_column_origin_name(handle, column)
        else { return nil }
        return SQLiteOrigin(
            database: String(cString: database), table: String(cString: table),
            column: String(cString: name))
    }

    package func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

    package func text(_ column: Int) -> String {
        let column = Int32(column)
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    package func column(_ column: Int) -> SQLiteValue {
        switch sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, Int32(column)))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(blob(column))
        default: .null
        }
    }

    /// The length of a text or a blob; of numbers none.
    package func byteCount(_ column: Int) -> Int {
        switch sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_TEXT, SQLITE_BLOB: Int(sqlite3_column_bytes(handle, Int32(column)))
        default: 0
        }
    }

    private func blob(_ column: Int) -> [UInt8] {
        let column = Int32(column)
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// Where a result column comes from, by the names that the schema has.
package struct SQLiteOrigin: Sendable, Hashable {
    package let database: String
    package let table: String
    package let column: String
}
