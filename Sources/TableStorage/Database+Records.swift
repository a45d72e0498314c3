import JSON
import SQLite

/// What became of the records of a write, by their keys.
package struct WriteResult: Sendable, Hashable {
    package internal(set) var written: [JSONValue] = []
    package internal(set) var skipped: [JSONValue] = []

    mutating func append(_ further: WriteResult) {
        written += further.written
        skipped += further.skipped
    }
}

/// How a record meets one that is there already.
package enum WriteMode: String, Sendable {
    /// Records whose key exists are skipped.
    case insert
    /// Records whose key does not exist are skipped; the others are merged.
    case update
    /// Merged or inserted.
    case upsert
}

/// How the records of one request are written.
struct RecordWriting: Sendable {
    let mode: WriteMode
    /// In milliseconds since 1970.
    let now: Int64
    /// Gives a key to a record that brought none.
    let makeKey: @Sendable () -> String
}

/// A record whose names and values are checked, ready for SQLite.
struct PreparedRecord: Sendable {
    /// As the record brought it; nil if it has to be made.
    var key: JSONValue?
    /// Names and values without key and time attributes.
    var fields: [(name: String, value: SQLiteValue)]

    /// - Throws: `.invalidName`, `.invalidRecord`, `.limitExceeded`.
    init(_ record: JSONObject, primaryKey: String) throws(TableStorageError) {
        fields = []
        for (name, value) in record.members {
            if name == primaryKey {
                key = try Self.key(value)
            } else if name == Names.createdTime || name == Names.updatedTime {
                continue
            } else {
                try Names.checkAttribute(name)
                fields.append((name, try StoredValue.encode(value)))
            }
        }
    }

    private static func key(_ value: JSONValue) throws(TableStorageError) -> JSONValue? {
        switch value {
        case .null, .string(""): return nil
        case .integer, .number: return value
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

extension Database {
    /// Writes records, all of them or, if one is not allowed, none.
    ///
    /// - Parameter makeKey: Gives a key to a record that brought none.
    func write(
        _ records: [JSONObject], to table: String, mode: WriteMode, now: Int64,
        makeKey: @escaping @Sendable () -> String
    ) throws(TableStorageError) -> WriteResult {
        let primaryKey = try self.table(table).primaryKey
        let prepared = try records.map { record throws(TableStorageError) in
            try PreparedRecord(record, primaryKey: primaryKey)
        }
        if mode == .update, prepared.contains(where: { $0.key == nil }) {
            throw TableStorageError(
                .invalidRecord,
                "a valid hash attribute must be provided with update record, "
                    + "check log for more info")
        }
        let name = TableName(name, table)
        return try queue.perform { access throws(TableStorageError) in
            let schema = try Self.table(table, of: access.schema, in: name.database)
            // The table may have been dropped and made anew, with another key, in the meantime.
            guard schema.primaryKey == primaryKey else {
                throw TableStorageError(
                    .invalidRecord, "the table \(table) was made anew during this request")
            }
            return try Self.write(
                prepared, to: name, RecordWriting(mode: mode, now: now, makeKey: makeKey), &access)
        }
    }

    /// Writes records within a transaction; their key is that of the table.
    static func write(
        _ records: [PreparedRecord], to table: TableName, _ writing: RecordWriting,
        _ access: inout Access
    ) throws(TableStorageError) -> WriteResult {
        try addMissing(records, to: table.table, &access)
        let schema = try Self.table(table.table, of: access.schema, in: table.database)
        var writer = RecordWriter(
            schema: schema, connection: access.connection, now: writing.now)
        return try run(access.connection) { _ throws(SQLiteError) in
            for record in records { try writer.write(record, writing.mode, writing.makeKey) }
            return writer.result
        }
    }

    func delete(keys: [JSONValue], from table: String) throws(TableStorageError) -> WriteResult {
        let name = TableName(name, table)
        return try queue.perform { access throws(TableStorageError) in
            try Self.delete(keys: keys, from: name, &access)
        }
    }

    /// Deletes records within a transaction.
    static func delete(
        keys: [JSONValue], from table: TableName, _ access: inout Access
    ) throws(TableStorageError) -> WriteResult {
        let schema = try Self.table(table.table, of: access.schema, in: table.database)
        return try run(access.connection) { connection throws(SQLiteError) in
            let delete = """
                DELETE FROM \(Names.quoted(schema.physicalName)) \
                WHERE \(Names.quoted(schema.keyColumn)) = ?
                """
            var result = WriteResult()
            for key in keys {
                if let found = try Self.stored(key, in: schema, connection) {
                    try connection.prepare(delete).run([found])
                    result.written.append(key)
                } else {
                    result.skipped.append(key)
                }
            }
            return result
        }
    }

    /// The key as the table has it: the exact type first, then canonical decimal text as a number.
    ///
    /// - Returns: Nil if there is no such record.
    static func stored(
        _ key: JSONValue, in schema: TableSchema, _ connection: SQLiteConnection
    ) throws(SQLiteError) -> SQLiteValue? {
        guard let exact = exact(key) else { return nil }
        if try isStored(exact, in: schema, connection) { return exact }
        guard let text = key.stringValue, let whole = Int64(text), String(whole) == text,
            try isStored(.integer(whole), in: schema, connection)
        else { return nil }
        return .integer(whole)
    }

    static func isStored(
        _ key: SQLiteValue, in schema: TableSchema, _ connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let statement = try connection.prepare(
            """
            SELECT 1 FROM \(Names.quoted(schema.physicalName)) \
            WHERE \(Names.quoted(schema.keyColumn)) = ?
            """)
        try statement.bind([key])
        defer { statement.reset() }
        return try statement.step()
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

    private static func addMissing(
        _ records: [PreparedRecord], to table: String, _ access: inout Access
    ) throws(TableStorageError) {
        guard let schema = access.schema.tables[table] else { return }
        var known = Set(schema.attributes.map(\.name))
        var missing: [String] = []
        for record in records {
            for field in record.fields where known.insert(field.name).inserted {
                missing.append(field.name)
            }
        }
        if !missing.isEmpty { try add(missing, to: table, &access) }
    }
}

/// Writes the records of one request.
private struct RecordWriter {
    private let schema: TableSchema
    private let connection: SQLiteConnection
    private let now: Int64
    private let columns: [String: String]
    private let created: String
    private let updated: String
    var result = WriteResult()

    init(schema: TableSchema, connection: SQLiteConnection, now: Int64) {
        self.schema = schema
        self.connection = connection
        self.now = now
        columns = Dictionary(
            uniqueKeysWithValues: schema.attributes.map { ($0.name, Names.quoted($0.column)) })
        created = columns[Names.createdTime] ?? Names.quoted(Names.createdTime)
        updated = columns[Names.updatedTime] ?? Names.quoted(Names.updatedTime)
    }

    private var table: String { Names.quoted(schema.physicalName) }
    private var keyColumn: String { Names.quoted(schema.keyColumn) }

    mutating func write(
        _ record: PreparedRecord, _ mode: WriteMode, _ makeKey: () -> String
    ) throws(SQLiteError) {
        let key = record.key ?? .string(makeKey())
        switch mode {
        case .insert:
            try insert(record, key, "INSERT OR IGNORE")
            note(key, isWritten: connection.changes > 0)
        case .update:
            guard let stored = try Database.stored(key, in: schema, connection) else {
                return note(key, isWritten: false)
            }
            try update(record, stored)
            note(key, isWritten: true)
        case .upsert:
            // Exactly this key: the text "0" is another record than the number 0.
            if record.key != nil, let exact = Database.exact(key),
                try Database.isStored(exact, in: schema, connection)
            {
                try update(record, exact)
            } else {
                try insert(record, key, "INSERT")
            }
            note(key, isWritten: true)
        }
    }

    private mutating func note(_ key: JSONValue, isWritten: Bool) {
        if isWritten { result.written.append(key) } else { result.skipped.append(key) }
    }

    private func insert(
        _ record: PreparedRecord, _ key: JSONValue, _ verb: String
    ) throws(SQLiteError) {
        let names = [keyColumn, created, updated] + record.fields.compactMap { columns[$0.name] }
        let marks = Array(repeating: "?", count: names.count).joined(separator: ", ")
        let keyValue = Database.exact(key) ?? .null
        try connection.prepare(
            "\(verb) INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(marks))"
        ).run([keyValue, .integer(now), .integer(now)] + record.fields.map(\.value))
    }

    private func update(_ record: PreparedRecord, _ key: SQLiteValue) throws(SQLiteError) {
        let names = [updated] + record.fields.compactMap { columns[$0.name] }
        let changes = names.map { "\($0) = ?" }.joined(separator: ", ")
        try connection.prepare("UPDATE \(table) SET \(changes) WHERE \(keyColumn) = ?")
            .run([.integer(now)] + record.fields.map(\.value) + [key])
    }
}
