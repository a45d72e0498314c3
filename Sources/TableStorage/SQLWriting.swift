import JSON
import SQLite

/// A client's write, inside the transaction of the database's writer.
///
/// SQLite evaluates what the statement says about values and conditions, reading only; the records
/// are then written as those of the other operations are, with their rules for keys, new attributes
/// and times. Nobody else writes in between, so `SET n = n + 1` loses nothing.
struct SQLWriting: Sendable {
    let database: Database
    /// Other databases that the statement names.
    let others: [Database]
    let access: SQLAccess
    let mode: WriteMode
    let context: WriteContext

    private typealias Access = Database.Access

    func run(_ insert: SQLInsert) throws(TableStorageError) -> SQLAnswer {
        let sql = SQLRewriting.rewritten(insert.rows)
        return try performed(on: insert.table) { access throws(TableStorageError) in
            let schema = try schema(of: insert.table, access)
            let deadline = SQLDeadline(in: TableLimits.sqlWriteTime)
            var records: [JSONObject] = []
            var columnCount = insert.attributes.count
            try reading([insert.rows], keys: [], deadline, access)
                .run(sql, begin: { columnCount = $0.columnCount }) { statement, _ in
                    records.append(Database.record(insert.attributes, statement))
                }
            guard columnCount == insert.attributes.count else {
                throw SQLParser.refusal(
                    "VALUES", "\(columnCount) values for \(insert.attributes.count) attributes")
            }
            let result = try write(records, to: insert.table, schema, deadline, &access)
            return .written(.insert, result, count: records.count)
        }
    }

    func run(_ update: SQLUpdate) throws(TableStorageError) -> SQLAnswer {
        let names = update.changes.map(\.attribute)
        for name in names { try Names.checkAttribute(name) }
        let values = update.changes.map { "(\(SQLRewriting.rewritten($0.value)))" }
        let table = update.target.table
        return try performed(on: table) { access throws(TableStorageError) in
            let schema = try schema(of: table, access)
            guard !names.contains(schema.primaryKey) else {
                throw SQLParser.refusal(
                    schema.primaryKey, "the key of a record cannot be changed; delete and insert")
            }
            let deadline = SQLDeadline(in: TableLimits.sqlWriteTime)
            let texts = update.changes.map(\.value) + [update.condition].compactMap(\.self)
            let columns = [schema.primaryKey] + names
            var records: [JSONObject] = []
            try reading(texts, keys: [schema.keyColumn], deadline, access)
                .run(
                    Self.select(values, from: update.target, schema, where: update.condition),
                    begin: { _ in }
                ) { statement, _ in records.append(Database.record(columns, statement)) }
            let result = try write(records, to: table, schema, deadline, &access)
            return .written(.update, result, count: records.count)
        }
    }

    func run(_ delete: SQLDelete) throws(TableStorageError) -> SQLAnswer {
        let table = delete.target.table
        return try performed(on: table) { access throws(TableStorageError) in
            let schema = try schema(of: table, access)
            let deadline = SQLDeadline(in: TableLimits.sqlWriteTime)
            var keys: [JSONValue] = []
            try reading(
                [delete.condition].compactMap(\.self), keys: [schema.keyColumn], deadline, access
            ).run(
                Self.select([], from: delete.target, schema, where: delete.condition),
                begin: { _ in }
            ) { statement, _ in keys.append(StoredValue.decode(statement.column(0))) }
            var result = WriteResult()
            for batch in Self.batches(of: keys) {
                try check(deadline)
                result.append(try Database.delete(keys: batch, from: table, context, &access))
            }
            return .written(.delete, result, count: keys.count)
        }
    }
}

// MARK: Steps

extension SQLWriting {
    private func performed(
        on table: TableName,
        _ body: @escaping @Sendable (inout Access) throws(TableStorageError) -> SQLAnswer
    ) throws(TableStorageError) -> SQLAnswer {
        // The statement reads tables as they are.
        for database in [database] + others { try database.sweep(now: context.now) }
        let answer = try database.queue.perform(body)
        if case .written(_, let result, _) = answer, !result.written.isEmpty {
            database.lastWrites.note(context.now, table.table)
        }
        return answer
    }

    private func schema(
        of table: TableName, _ access: Access
    ) throws(TableStorageError) -> TableSchema {
        try Database.table(table.table, of: access.schema, in: table.database)
    }

    private func reading(
        _ texts: [SQLText], keys: [String], _ deadline: SQLDeadline, _ access: Access
    ) throws(TableStorageError) -> SQLReading {
        var schemas = [database.name: access.schema]
        for other in others { schemas[other.name] = other.queue.schema }
        let watch = try SQLGuard(
            texts, access: self.access, schemas: schemas, mainDatabase: database.name, keys: keys)
        try Database.run(access.connection) { connection throws(SQLiteError) in
            connection.resetStatements()
            for other in others { try connection.attach(readOnly: other.path, as: other.name) }
            try connection.prepareForSQL(now: context.now, deadline: deadline)
        }
        return SQLReading(
            connection: access.connection, watch: watch, texts: texts, deadline: deadline)
    }

    /// The key and the values of the records that a condition finds.
    private static func select(
        _ values: [String], from target: SQLTarget, _ schema: TableSchema,
        where condition: SQLText?
    ) -> String {
        let columns = [Names.quoted(schema.keyColumn)] + values
        var sql = "SELECT \(columns.joined(separator: ", ")) FROM "
        sql += "\(Names.quoted(target.table.database)).\(Names.quoted(schema.physicalName))"
        if let alias = target.alias { sql += " AS \(Names.quoted(alias))" }
        guard let condition else { return sql }
        return sql + " WHERE (\(SQLRewriting.rewritten(condition, isCondition: true)))"
    }

    private func write(
        _ records: [JSONObject], to table: TableName, _ schema: TableSchema,
        _ deadline: SQLDeadline, _ access: inout Access
    ) throws(TableStorageError) -> WriteResult {
        let prepared = try records.map { record throws(TableStorageError) in
            try PreparedRecord(record, primaryKey: schema.primaryKey)
        }
        var result = WriteResult()
        for batch in Self.batches(of: prepared) {
            try check(deadline)
            result.append(try Database.write(batch, to: table, mode, context, &access))
        }
        return result
    }

    private static func batches<Element>(of all: [Element]) -> [[Element]] {
        let size = TableLimits.sqlWriteBatchRecords
        return stride(from: 0, to: all.count, by: size).map {
            Array(all[$0..<min($0 + size, all.count)])
        }
    }

    private func check(_ deadline: SQLDeadline) throws(TableStorageError) {
        guard deadline.isOver else { return }
        throw TableStorageError(
            .queryTooLong,
            "the statement took longer than \(deadline.limit), the limit; nothing was written")
    }
}
