import CSQLite

/// An SQL function of ours, carried through C; SQLite drops it with the connection or when another
/// takes its name.
private final class SQLiteFunction {
    let body: ([SQLiteValue]) throws(SQLiteError) -> SQLiteValue

    init(_ body: @escaping ([SQLiteValue]) throws(SQLiteError) -> SQLiteValue) {
        self.body = body
    }
}

extension SQLiteConnection {
    /// Defines a function, in place of SQLite's own if there is one of this name.
    ///
    /// - Parameters:
    ///   - arguments: How many it takes.
    ///   - isDeterministic: Whether equal arguments give equal results within a statement.
    package func define(
        _ name: String, arguments: Int32, isDeterministic: Bool = true,
        _ body: @escaping ([SQLiteValue]) throws(SQLiteError) -> SQLiteValue
    ) throws(SQLiteError) {
        let flags = SQLITE_UTF8 | (isDeterministic ? SQLITE_DETERMINISTIC : 0)
        let code = sqlite3_create_function_v2(
            handle, name, arguments, flags,
            Unmanaged.passRetained(SQLiteFunction(body)).toOpaque(),
            { context, count, values in answer(context, count, values) }, nil, nil,
            { function in
                if let function { Unmanaged<SQLiteFunction>.fromOpaque(function).release() }
            })
        guard code == SQLITE_OK else { throw SQLiteError(code, handle) }
    }
}

private func answer(
    _ context: OpaquePointer?, _ count: Int32,
    _ values: UnsafeMutablePointer<OpaquePointer?>?
) {
    guard let function = sqlite3_user_data(context) else { return sqlite3_result_null(context) }
    let body = Unmanaged<SQLiteFunction>.fromOpaque(function).takeUnretainedValue().body
    let arguments = UnsafeBufferPointer(start: values, count: values == nil ? 0 : Int(count))
    do throws(SQLiteError) {
        give(try body(arguments.map { value(of: $0) }), to: context)
    } catch {
        sqlite3_result_error(context, error.message, -1)
        if error.code == .interrupted { sqlite3_result_error_code(context, SQLITE_INTERRUPT) }
    }
}

private func value(of argument: OpaquePointer?) -> SQLiteValue {
    switch sqlite3_value_type(argument) {
    case SQLITE_INTEGER: .integer(sqlite3_value_int64(argument))
    case SQLITE_FLOAT: .real(sqlite3_value_double(argument))
    case SQLITE_TEXT: .text(String(decoding: bytes(of: argument), as: UTF8.self))
    case SQLITE_BLOB: .blob([UInt8](bytes(of: argument)))
    default: .null
    }
}

/// The bytes of a text or a blob, valid until the function returns.
private func bytes(of argument: OpaquePointer?) -> UnsafeRawBufferPointer {
    // The address first: asking for it may change the encoding and with it the length.
    let start =
        sqlite3_value_type(argument) == SQLITE_TEXT
        ? UnsafeRawPointer(sqlite3_value_text(argument)) : sqlite3_value_blob(argument)
    return UnsafeRawBufferPointer(
        start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(argument)))
}

private func give(_ value: SQLiteValue, to context: OpaquePointer?) {
    switch value {
    case .null: sqlite3_result_null(context)
    case .integer(let whole): sqlite3_result_int64(context, whole)
    case .real(let real): sqlite3_result_double(context, real)
    case .text(var text):
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                sqlite3_result_text64(
                    context, bytes.baseAddress ?? SQLiteStatement.nothing,
                    sqlite3_uint64(bytes.count), SQLiteStatement.copied, UInt8(SQLITE_UTF8))
            }
        }
    case .blob(let bytes):
        bytes.withUnsafeBytes { bytes in
            sqlite3_result_blob64(
                context, bytes.baseAddress, sqlite3_uint64(bytes.count), SQLiteStatement.copied)
        }
    }
}
