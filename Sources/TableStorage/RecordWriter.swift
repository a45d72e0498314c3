import JSON
import SQLite

/// Writes and deletes the records of one request, in one transaction.
///
/// A statement is prepared once for each set of fields and then only bound anew: making SQL text
/// for each record costs more than SQLite's own work.
struct RecordWriter {
    private let schema: TableSchema
    private let connection: SQLiteConnection
    private let now: Int64
    private let lookup: KeyLookup
    private let makeKey: () -> String
    private var statements: [[String]: FieldStatements] = [:]
    /// That of the last record: most requests bring one set of fields only.
    private var latest: FieldStatements?
    private var audit: AuditEntry?
    private var isChanged = false

    init(
        schema: TableSchema, connection: SQLiteConnection, operation: String, now: Int64,
        makeKey: @escaping () -> String = { "" }
    ) throws(TableStorageError) {
        self.schema = schema
        self.connection = connection
        self.now = now
        self.makeKey = makeKey
        lookup = try storing { () throws(SQLiteError) in
            try KeyLookup(schema, now: now, connection)
        }
        audit = schema.options.audit ? AuditEntry(operation: operation, time: now) : nil
    }

    /// - Returns: The record's key, and whether it was written or, by its mode, skipped.
    mutating func write(
        _ record: some WritableRecord, _ mode: WriteMode
    ) throws(TableStorageError) -> (key: JSONValue, isWritten: Bool) {
        let key = record.key ?? .string(makeKey())
        guard let exact = KeyLookup.exact(key) else { return (key, false) }
        let isWritten: Bool
        switch mode {
        case .insert:
            isWritten = try insert(record, exact)
        case .update:
            let stored = try storing { () throws(SQLiteError) in try lookup.stored(key) }
            if let stored { try update(record, stored) }
            isWritten = stored != nil
        case .upsert:
            // Exactly this key: the text "0" is another record than the number 0.
            let isThere = try storing { () throws(SQLiteError) in
                record.key == nil ? false : try lookup.contains(exact)
            }
            if isThere { try update(record, exact) } else { _ = try insert(record, exact) }
            isWritten = true
        }
        isChanged = isChanged || isWritten
        return (key, isWritten)
    }

    /// - Returns: Whether there was such a record.
    mutating func delete(_ key: JSONValue) throws(TableStorageError) -> Bool {
        let stored = try storing { () throws(SQLiteError) in try lookup.stored(key) }
        guard let stored else { return false }
        try delete(stored: stored)
        return true
    }

    /// Deletes the record that has exactly this key.
    mutating func delete(stored key: SQLiteValue) throws(TableStorageError) {
        try noteOriginal(of: key)
        audit?.keys.append(StoredValue.decode(key))
        try storing { () throws(SQLiteError) in
            try connection.prepare("DELETE FROM \(table) WHERE \(keyColumn) = ?").run([key])
        }
        isChanged = true
    }

    /// Writes down what happened; the last thing that is done with a writer.
    func finish(by user: String) throws(TableStorageError) {
        guard isChanged else { return }
        try storing { () throws(SQLiteError) in
            try audit?.insert(for: schema, by: user, connection)
            try connection.prepare("UPDATE ledge_tables SET last_written = ? WHERE name = ?")
                .run([.integer(now), .text(schema.name)])
        }
    }

    private var table: String { Names.quoted(schema.physicalName) }
    private var keyColumn: String { Names.quoted(schema.keyColumn) }
}

// MARK: Single records

extension RecordWriter {
    /// - Returns: False if the key is taken.
    private mutating func insert(
        _ record: some WritableRecord, _ key: SQLiteValue
    ) throws(TableStorageError) -> Bool {
        if let live = schema.liveCondition(now: now) {
            // An expired record is not there, though nobody swept it away yet.
            try storing { () throws(SQLiteError) in
                try connection.prepare(
                    "DELETE FROM \(table) WHERE \(keyColumn) = ? AND \(live.opposite)"
                ).run([key, live.parameter])
            }
        }
        let statement = try statements(for: record).insert(connection)
        try storing { () throws(SQLiteError) in
            try statement.bind(key, at: 0)
            try statement.bind(.integer(now), at: 1)
            try statement.bind(.integer(now), at: 2)
        }
        try record.bindFields(to: statement, from: 3)
        let isWritten = try storing { () throws(SQLiteError) in
            try statement.runAgain()
            return connection.changes > 0
        }
        if isWritten { note(key, record, times: [Names.createdTime, Names.updatedTime]) }
        return isWritten
    }

    private mutating func update(
        _ record: some WritableRecord, _ key: SQLiteValue
    ) throws(TableStorageError) {
        try noteOriginal(of: key)
        note(key, record, times: [Names.updatedTime])
        let statement = try statements(for: record).update(connection)
        try storing { () throws(SQLiteError) in try statement.bind(.integer(now), at: 0) }
        try record.bindFields(to: statement, from: 1)
        try storing { () throws(SQLiteError) in
            try statement.bind(key, at: 1 + record.fieldNames.count)
            try statement.runAgain()
        }
    }

    private mutating func statements(
        for record: some WritableRecord
    ) throws(TableStorageError) -> FieldStatements {
        let names = record.fieldNames
        if let latest, latest.names == names { return latest }
        if statements.count >= TableLimits.fieldSetsMax { statements.removeAll() }
        let found = statements[names] ?? FieldStatements(names, of: schema)
        statements[names] = found
        latest = found
        return found
    }

    /// Notes for the log what is written, with the times that the record gets.
    private mutating func note(_ key: SQLiteValue, _ record: some WritableRecord, times: [String]) {
        guard audit != nil else { return }
        let keyValue = StoredValue.decode(key)
        var sent: JSONObject = [schema.primaryKey: keyValue]
        for (name, value) in zip(record.fieldNames, record.fieldValues) { sent[name] = value }
        for name in times { sent[name] = .integer(now) }
        audit?.keys.append(keyValue)
        audit?.records.append(.object(sent))
    }

    /// Notes for the log what is about to be changed or deleted.
    private mutating func noteOriginal(of key: SQLiteValue) throws(TableStorageError) {
        guard audit != nil else { return }
        let found = try storing { () throws(SQLiteError) in
            try Database.record(stored: key, of: schema, connection)
        }
        if let found { audit?.originals.append(.object(found)) }
    }
}

/// The statements that write records with one set of fields, made when they are needed.
private final class FieldStatements {
    let names: [String]
    private let schema: TableSchema
    private var inserting: SQLiteStatement?
    private var updating: SQLiteStatement?

    init(_ names: [String], of schema: TableSchema) {
        self.names = names
        self.schema = schema
    }

    /// Takes the key, both times and the fields.
    func insert(_ connection: SQLiteConnection) throws(TableStorageError) -> SQLiteStatement {
        if let inserting { return inserting }
        let columns =
            [schema.keyColumn] + columns(of: [Names.createdTime, Names.updatedTime] + names)
        let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        let made = try storing { () throws(SQLiteError) in
            try connection.prepare(
                """
                INSERT OR IGNORE INTO \(Names.quoted(schema.physicalName)) \
                (\(columns.map(Names.quoted).joined(separator: ", "))) VALUES (\(marks))
                """)
        }
        inserting = made
        return made
    }

    /// Takes the time, the fields and the key.
    func update(_ connection: SQLiteConnection) throws(TableStorageError) -> SQLiteStatement {
        if let updating { return updating }
        let changes = columns(of: [Names.updatedTime] + names).map { "\(Names.quoted($0)) = ?" }
        let made = try storing { () throws(SQLiteError) in
            try connection.prepare(
                """
                UPDATE \(Names.quoted(schema.physicalName)) \
                SET \(changes.joined(separator: ", ")) \
                WHERE \(Names.quoted(schema.keyColumn)) = ?
                """)
        }
        updating = made
        return made
    }

    /// Every name has a column by now: those that the table lacked were added.
    private func columns(of names: [String]) -> [String] {
        let known = Dictionary(
            uniqueKeysWithValues: schema.attributes.map { ($0.name, $0.column) })
        return names.compactMap { known[$0] }
    }
}
