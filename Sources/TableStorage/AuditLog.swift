import JSON
import SQLite

/// What one request did to a table that keeps a log; written in the request's own transaction.
struct AuditEntry: Sendable {
    let operation: String
    /// Milliseconds since 1970.
    let time: Int64
    var user = ""
    var keys: [JSONValue] = []
    /// As they were sent, with their key and the times that they got.
    var records: [JSONValue] = []
    /// As they were before an update or a deletion.
    var originals: [JSONValue] = []

    init(operation: String, time: Int64) {
        self.operation = operation
        self.time = time
    }

    func insert(
        for schema: TableSchema, by user: String, _ connection: SQLiteConnection
    ) throws(SQLiteError) {
        try connection.prepare(
            """
            INSERT INTO ledge_audit(table_id, time, user, operation, keys, records, originals) \
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        ).run([
            .text(schema.id), .integer(time), .text(user), .text(operation),
            .text(JSONValue.array(keys).text), .text(JSONValue.array(records).text),
            .text(JSONValue.array(originals).text),
        ])
    }
}

/// Which entries of a table's log are wanted.
package enum AuditQuery: Sendable {
    case all
    /// Milliseconds since 1970, both included; nil for no bound.
    case timestamps(from: Int64?, to: Int64?)
    case usernames([String])
    case keys([JSONValue])
}

extension TableStore {
    /// A table's log, oldest first, in the shapes of HarperDB's `read_audit_log`: an array, or an
    /// object of arrays by user or by key.
    ///
    /// - Throws: `.invalidSearch` if the table keeps no log; `.limitExceeded` if the answer would
    ///   be too large.
    package func auditLog(
        of table: TableName, matching query: AuditQuery
    ) throws(TableStorageError) -> JSONValue {
        let log = try AuditReader(table, in: try database(table.database))
        switch query {
        case .all:
            return .array(try log.entries().map(\.document))
        case .timestamps(let from, let to):
            return .array(try log.entries(from: from, to: to).map(\.document))
        case .usernames(let names):
            try Self.checkCount(names.count)
            var answer = JSONObject()
            for name in names {
                answer[name] = .array(
                    try log.entries("user = ?", [.text(name)]).map(\.document))
            }
            return .object(answer)
        case .keys(let keys):
            try Self.checkCount(keys.count)
            var answer = JSONObject()
            for key in keys {
                let entries = try log.entries(ofKey: key)
                guard !entries.isEmpty else { continue }
                answer[key.stringValue ?? key.text] = .array(entries)
            }
            return .object(answer)
        }
    }

    /// A table's log in the shape of HarperDB's `read_transaction_log`, oldest first.
    package func transactionLog(
        of table: TableName, from: Int64? = nil, to: Int64? = nil, limit: Int? = nil
    ) throws(TableStorageError) -> [JSONObject] {
        try AuditReader(table, in: try database(table.database))
            .entries(from: from, to: to, limit: limit).map(\.transaction)
    }

    /// Deletes entries older than a moment, batch by batch.
    ///
    /// - Returns: How many there were.
    package func deleteAuditLog(
        of table: TableName, before time: Int64
    ) throws(TableStorageError) -> Int {
        try refuseSystem(table.database)
        return try database(table.database).deleteAuditLog(of: table.table, before: time)
    }

    private static func checkCount(_ count: Int) throws(TableStorageError) {
        guard count <= TableLimits.auditSearchValuesMax else {
            throw TableStorageError(
                .limitExceeded,
                "'search_values' holds \(count) values, the limit is "
                    + "\(TableLimits.auditSearchValuesMax)")
        }
    }
}

extension Database {
    func deleteAuditLog(of table: String, before time: Int64) throws(TableStorageError) -> Int {
        let id = try self.table(table).id
        return try inBatches { access throws(TableStorageError) in
            try Self.run(access.connection) { connection throws(SQLiteError) in
                try connection.prepare(
                    """
                    DELETE FROM ledge_audit WHERE entry IN (SELECT entry FROM ledge_audit \
                    WHERE table_id = ? AND time < ? LIMIT \(TableLimits.deletionBatchCount))
                    """
                ).run([.text(id), .integer(time)])
                return connection.changes
            }
        }
    }

    /// Runs a deletion of at most `deletionBatchCount` rows until it finds no more; others write
    /// in between.
    ///
    /// - Returns: How many rows were deleted.
    func inBatches(
        _ delete: @escaping @Sendable (Access) throws(TableStorageError) -> Int
    ) throws(TableStorageError) -> Int {
        var total = 0
        while true {
            let count = try queue.perform(isBulk: true) { access throws(TableStorageError) in
                try delete(access)
            }
            total += count
            if count < TableLimits.deletionBatchCount { return total }
        }
    }
}

/// Reads the log of one table.
private struct AuditReader {
    private let name: TableName
    private let database: Database
    private let schema: TableSchema

    init(_ name: TableName, in database: Database) throws(TableStorageError) {
        self.name = name
        self.database = database
        schema = try database.table(name.table)
        guard schema.options.audit else {
            throw TableStorageError(
                .invalidSearch,
                "the table '\(name)' keeps no audit log; create_table with 'audit' makes one "
                    + "that does")
        }
    }

    func entries(
        from: Int64?, to: Int64?, limit: Int? = nil
    ) throws(TableStorageError) -> [AuditEntry] {
        try entries(
            "time >= ? AND time <= ?", [.integer(from ?? .min), .integer(to ?? .max)],
            limit: limit)
    }

    /// What the log says of one record: without what the same requests did to others.
    func entries(ofKey key: JSONValue) throws(TableStorageError) -> [JSONValue] {
        let entries = try entries(
            "EXISTS (SELECT 1 FROM json_each(ledge_audit.keys) WHERE value = ?)",
            [KeyLookup.exact(key) ?? .null])
        return entries.map { entry in
            let isOfKey = { (record: JSONValue) in record[schema.primaryKey] == key }
            var document = entry.heading
            document.add("records", entry.records.filter(isOfKey))
            document.add("original_records", entry.originals.filter(isOfKey))
            return .object(document)
        }
    }

    func entries(
        _ condition: String = "1", _ parameters: [SQLiteValue] = [], limit: Int? = nil
    ) throws(TableStorageError) -> [AuditEntry] {
        let most = min(limit ?? .max, TableLimits.auditEntriesMax + 1)
        var entries: [AuditEntry] = []
        var bytes = 0
        try database.read { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                """
                SELECT operation, time, user, keys, records, originals FROM ledge_audit \
                WHERE table_id = ? AND \(condition) ORDER BY time, entry LIMIT ?
                """)
            try statement.bind([.text(schema.id)] + parameters + [.integer(Int64(most))])
            while bytes <= TableLimits.auditAnswerBytesMax, try statement.step() {
                bytes += (3...5).reduce(0) { $0 + statement.byteCount($1) }
                entries.append(AuditEntry(statement))
            }
        }
        guard entries.count <= TableLimits.auditEntriesMax,
            bytes <= TableLimits.auditAnswerBytesMax
        else {
            throw TableStorageError(
                .limitExceeded,
                "this would answer more than \(TableLimits.auditEntriesMax) entries or "
                    + "\(TableLimits.auditAnswerBytesMax) bytes of the log of '\(name)', the "
                    + "limits; ask for a shorter time")
        }
        return entries
    }
}

extension AuditEntry {
    /// From a row of operation, time, user, keys, records and originals.
    fileprivate init(_ statement: SQLiteStatement) {
        self.init(operation: statement.text(0), time: statement.integer(1))
        user = statement.text(2)
        keys = Self.array(statement.text(3))
        records = Self.array(statement.text(4))
        originals = Self.array(statement.text(5))
    }

    /// Only this type writes these texts; one that is no array comes from a damaged file.
    private static func array(_ text: String) -> [JSONValue] {
        (try? JSONValue(parsing: text, limits: JSONLimits(depthMax: .max)))?.arrayValue ?? []
    }

    fileprivate var heading: JSONObject {
        [
            "operation": .string(operation), "user_name": .string(user),
            "timestamp": .integer(time),
        ]
    }

    fileprivate var document: JSONValue {
        var document = heading
        document["hash_values"] = .array(keys)
        document.add("records", records)
        document.add("original_records", originals)
        return .object(document)
    }

    fileprivate var transaction: JSONObject {
        var document: JSONObject = [
            "operation": .string(operation), "user": .string(user), "timestamp": .integer(time),
        ]
        if operation == "delete" { document["hash_values"] = .array(keys) }
        document.add("records", records)
        return document
    }
}

extension JSONObject {
    /// Adds a list unless it is empty.
    fileprivate mutating func add(_ name: String, _ elements: [JSONValue]) {
        if !elements.isEmpty { self[name] = .array(elements) }
    }
}
