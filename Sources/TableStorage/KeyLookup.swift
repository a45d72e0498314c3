import JSON
import SQLite

/// Finds out whether a table has a record with a key; expired ones are not there.
struct KeyLookup {
    private let statement: SQLiteStatement
    private let cutoff: [SQLiteValue]

    init(
        _ schema: TableSchema, now: Int64, _ connection: SQLiteConnection
    ) throws(SQLiteError) {
        let live = schema.liveCondition(now: now)
        cutoff = live.map { [$0.parameter] } ?? []
        statement = try connection.prepare(
            """
            SELECT 1 FROM \(Names.quoted(schema.physicalName)) \
            WHERE \(Names.quoted(schema.keyColumn)) = ?\(live.map { " AND \($0.sql)" } ?? "")
            """)
    }

    func contains(_ key: SQLiteValue) throws(SQLiteError) -> Bool {
        try statement.rebind([key] + cutoff)
        defer { statement.reset() }
        return try statement.step()
    }

    /// The key as the table has it: the exact type first, then canonical decimal text as a number.
    ///
    /// - Returns: Nil if there is no such record.
    func stored(_ key: JSONValue) throws(SQLiteError) -> SQLiteValue? {
        guard let exact = Self.exact(key) else { return nil }
        if try contains(exact) { return exact }
        guard let text = key.stringValue, let whole = Int64(text), String(whole) == text,
            try contains(.integer(whole))
        else { return nil }
        return .integer(whole)
    }

    /// The key as its own type is stored; nil for what is no key.
    static func exact(_ key: JSONValue) -> SQLiteValue? {
        switch key {
        case .integer(let whole): .integer(whole)
        case .number(let real): .real(real)
        case .string(let text): .text(text)
        default: nil
        }
    }
}
