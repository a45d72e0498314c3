import CSV
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

    mutating func note(_ key: JSONValue, isWritten: Bool) {
        if isWritten { written.append(key) } else { skipped.append(key) }
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

/// Who writes, when, and where new keys come from.
struct WriteContext: Sendable {
    let user: String
    /// Milliseconds since 1970.
    let now: Int64
    let makeKey: @Sendable () -> String
}

/// One batch of a delimited text that is loaded.
struct LoadedBatch: Sendable {
    /// Where the next batch begins.
    var reader: CSVReader
    var readCount = 0
    var writtenCount = 0
    var isLast = false
}

extension Database {
    /// Writes records, all of them or, if one is not allowed, none.
    func write(
        _ records: [JSONObject], to table: String, mode: WriteMode, isBulk: Bool,
        _ context: WriteContext
    ) throws(TableStorageError) -> WriteResult {
        let primaryKey = try self.table(table).primaryKey
        let prepared = try records.map { record throws(TableStorageError) in
            try PreparedRecord(record, primaryKey: primaryKey)
        }
        if mode == .update, prepared.contains(where: { $0.key == nil }) {
            throw Self.keyMissing
        }
        let name = TableName(name, table)
        let result = try queue.perform(isBulk: isBulk) { access throws(TableStorageError) in
            let schema = try Self.table(table, of: access.schema, in: name.database)
            // The table may have been dropped and made anew, with another key, in the meantime.
            guard schema.primaryKey == primaryKey else { throw Self.madeAnew(table) }
            return try Self.write(prepared, to: name, mode, context, &access)
        }
        if !result.written.isEmpty { lastWrites.note(context.now, table) }
        return result
    }

    /// Writes records within a transaction; their key is that of the table.
    static func write(
        _ records: [PreparedRecord], to table: TableName, _ mode: WriteMode,
        _ context: WriteContext, _ access: inout Access
    ) throws(TableStorageError) -> WriteResult {
        try add(names(of: records), missingIn: table.table, of: table.database, &access)
        var writer = try RecordWriter(
            schema: try self.table(table.table, of: access.schema, in: table.database),
            connection: access.connection, operation: mode.rawValue, now: context.now,
            makeKey: context.makeKey)
        var result = WriteResult()
        for record in records {
            let (key, isWritten) = try writer.write(record, mode)
            result.note(key, isWritten: isWritten)
        }
        try writer.finish(by: context.user)
        return result
    }

    func delete(
        keys: [JSONValue], from table: String, _ context: WriteContext
    ) throws(TableStorageError) -> WriteResult {
        let name = TableName(name, table)
        let result = try queue.perform { access throws(TableStorageError) in
            try Self.delete(keys: keys, from: name, context, &access)
        }
        if !result.written.isEmpty { lastWrites.note(context.now, table) }
        return result
    }

    /// Deletes records within a transaction.
    static func delete(
        keys: [JSONValue], from table: TableName, _ context: WriteContext,
        _ access: inout Access
    ) throws(TableStorageError) -> WriteResult {
        var writer = try RecordWriter(
            schema: try self.table(table.table, of: access.schema, in: table.database),
            connection: access.connection, operation: "delete", now: context.now)
        var result = WriteResult()
        for key in keys { result.note(key, isWritten: try writer.delete(key)) }
        try writer.finish(by: context.user)
        return result
    }

    /// Writes the next rows of a delimited text: all of them or none.
    ///
    /// - Parameter header: The attributes that its columns hold.
    func load(
        _ reader: CSVReader, header: [String], into table: String, mode: WriteMode,
        _ context: WriteContext
    ) throws(TableStorageError) -> LoadedBatch {
        let database = name
        let batch = try queue.perform(isBulk: true) { access throws(TableStorageError) in
            let found = try Self.table(table, of: access.schema, in: database)
            let columns = CSVColumns(header: header, primaryKey: found.primaryKey)
            let rows = CSVRows(reader, columns: columns)
            var batch = LoadedBatch(reader: reader)
            guard try rows.next() else {
                batch.isLast = true
                return batch
            }
            try Self.add(columns.names, missingIn: table, of: database, &access)
            var writer = try RecordWriter(
                schema: try Self.table(table, of: access.schema, in: database),
                connection: access.connection, operation: mode.rawValue, now: context.now,
                makeKey: context.makeKey)
            repeat {
                if mode == .update, rows.key == nil { throw Self.keyMissing }
                if try writer.write(rows, mode).isWritten { batch.writtenCount += 1 }
                batch.readCount += 1
                guard batch.readCount < TableLimits.importBatchRecords,
                    rows.reader.offset - reader.offset < TableLimits.importBatchBytes
                else { break }
                batch.isLast = try rows.next() == false
            } while !batch.isLast
            try writer.finish(by: context.user)
            batch.reader = rows.reader
            return batch
        }
        if batch.writtenCount > 0 { lastWrites.note(context.now, table) }
        return batch
    }

    private static var keyMissing: TableStorageError {
        TableStorageError(
            .invalidRecord,
            "a valid hash attribute must be provided with update record, check log for more info")
    }

    private static func madeAnew(_ table: String) -> TableStorageError {
        TableStorageError(
            .invalidRecord, "the table \(table) was made anew during this request")
    }

    /// Every name that occurs, in the order of the first occurrence.
    private static func names(of records: [PreparedRecord]) -> [String] {
        var (known, names): (Set<String>, [String]) = ([], [])
        var latest: [String]?
        for record in records where record.fieldNames != latest {
            for name in record.fieldNames where known.insert(name).inserted { names.append(name) }
            latest = record.fieldNames
        }
        return names
    }

    private static func add(
        _ names: [String], missingIn table: String, of database: String, _ access: inout Access
    ) throws(TableStorageError) {
        let schema = try self.table(table, of: access.schema, in: database)
        let known = Set(schema.attributes.map(\.name))
        let missing = names.filter { !known.contains($0) }
        if !missing.isEmpty { try add(missing, to: table, &access) }
    }
}
