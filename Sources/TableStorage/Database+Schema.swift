import Foundation
import SQLite

/// A table that is to be made; its names are checked.
struct TableDefinition: Sendable {
    let name: String
    let primaryKey: String
    /// Beside the key and the two times.
    let attributes: [String]
    let options: TableOptions
    let id: String
}

extension Database {
    typealias Access = WriteQueue<DatabaseSchema>.Access

    /// Makes an empty table with its key, the two time attributes and further ones.
    func createTable(_ definition: TableDefinition, now: Int64) throws(TableStorageError) {
        let (database, table, primaryKey) = (name, definition.name, definition.primaryKey)
        try queue.perform { access throws(TableStorageError) in
            guard access.schema.tables[table] == nil else {
                throw TableStorageError(
                    .alreadyExists, "Table '\(table)' already exists in '\(database)'")
            }
            guard access.schema.tables.count < TableLimits.tablesMax else {
                throw TableStorageError(
                    .limitExceeded, "a database has at most \(TableLimits.tablesMax) tables")
            }
            let physical = Names.physical(
                table, taken: access.schema.tables.values.map(\.physicalName))
            var columns: [String] = []
            for name in [primaryKey, Names.createdTime, Names.updatedTime] {
                columns.append(Names.physical(name, taken: columns))
            }
            let attributes = zip([primaryKey, Names.createdTime, Names.updatedTime], columns)
                .map { AttributeSchema(name: $0, column: $1) }
            let schema = TableSchema(
                name: table, physicalName: physical, id: definition.id, primaryKey: primaryKey,
                attributes: attributes, createdTime: now, updatedTime: now,
                options: definition.options)
            try Self.run(access.connection) { connection throws(SQLiteError) in
                let quoted = columns.map(Names.quoted)
                try connection.execute(
                    """
                    CREATE TABLE \(Names.quoted(physical)) (\(quoted[0]) NOT NULL PRIMARY KEY, \
                    \(quoted[1]), \(quoted[2])) WITHOUT ROWID
                    """)
                try Self.record(schema, connection)
            }
            access.schema.tables[table] = schema
            if definition.options.expirationSeconds != nil {
                // The sweep looks for old records by it.
                try Self.createIndex(on: Names.updatedTime, of: table, &access)
            }
            try Self.add(definition.attributes, to: table, &access)
        }
        lastWrites.begin(now, table)
    }

    private static func record(
        _ schema: TableSchema, _ connection: SQLiteConnection
    ) throws(SQLiteError) {
        try connection.prepare(
            """
            INSERT INTO ledge_tables(name, physical, id, primary_key, created, updated, audit, \
            expiration, last_written) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        ).run([
            .text(schema.name), .text(schema.physicalName), .text(schema.id),
            .text(schema.primaryKey), .integer(schema.createdTime), .integer(schema.updatedTime),
            .integer(schema.options.audit ? 1 : 0),
            schema.options.expirationSeconds.map { .integer(Int64($0)) } ?? .null,
            .integer(schema.createdTime),
        ])
        for (position, attribute) in schema.attributes.enumerated() {
            try record(attribute, at: position, of: schema.name, connection)
        }
    }

    func dropTable(_ table: String) throws(TableStorageError) {
        let database = name
        try queue.perform { access throws(TableStorageError) in
            let schema = try Self.table(table, of: access.schema, in: database)
            try Self.run(access.connection) { connection throws(SQLiteError) in
                connection.forgetStatements()
                try connection.execute("DROP TABLE \(Names.quoted(schema.physicalName))")
                try connection.prepare("DELETE FROM ledge_tables WHERE name = ?")
                    .run([.text(table)])
                try connection.prepare("DELETE FROM ledge_attributes WHERE table_name = ?")
                    .run([.text(table)])
                try connection.prepare("DELETE FROM ledge_audit WHERE table_id = ?")
                    .run([.text(schema.id)])
            }
            access.schema.tables[table] = nil
        }
    }

    func createAttribute(_ attribute: String, of table: String) throws(TableStorageError) {
        try Names.checkAttribute(attribute)
        let database = name
        try queue.perform { access throws(TableStorageError) in
            let schema = try Self.table(table, of: access.schema, in: database)
            guard schema.column(attribute) == nil else {
                throw TableStorageError(
                    .alreadyExists,
                    "attribute '\(attribute)' already exists in \(TableName(database, table))")
            }
            try Self.add([attribute], to: table, &access)
        }
    }

    func dropAttribute(_ attribute: String, of table: String) throws(TableStorageError) {
        let name = TableName(name, table)
        try queue.perform { access throws(TableStorageError) in
            var schema = try Self.table(table, of: access.schema, in: name.database)
            guard attribute != schema.primaryKey else {
                throw TableStorageError(.protected, "You cannot drop a hash attribute")
            }
            guard attribute != Names.createdTime, attribute != Names.updatedTime else {
                throw TableStorageError(.protected, "You cannot drop the attribute \(attribute)")
            }
            guard let column = schema.column(attribute) else {
                throw TableStorageError(
                    .attributeNotFound, "Attribute '\(attribute)' does not exist on '\(name)'")
            }
            try Self.run(access.connection) { connection throws(SQLiteError) in
                connection.forgetStatements()
                try connection.execute(
                    "DROP INDEX IF EXISTS \(Self.indexName(schema, column))")
                try connection.execute(
                    """
                    ALTER TABLE \(Names.quoted(schema.physicalName)) \
                    DROP COLUMN \(Names.quoted(column))
                    """)
                try connection.prepare(
                    "DELETE FROM ledge_attributes WHERE table_name = ? AND name = ?"
                ).run([.text(table), .text(attribute)])
            }
            schema.attributes.removeAll { $0.name == attribute }
            schema.indexedColumns.remove(column)
            access.schema.tables[table] = schema
        }
    }

    /// Makes an index on an attribute, if there is none yet; searches ask for it.
    func createIndex(on attribute: String, of table: String) throws(TableStorageError) {
        let database = name
        try queue.perform { access throws(TableStorageError) in
            _ = try Self.table(table, of: access.schema, in: database)
            try Self.createIndex(on: attribute, of: table, &access)
        }
    }

    private static func createIndex(
        on attribute: String, of table: String, _ access: inout Access
    ) throws(TableStorageError) {
        guard let schema = access.schema.tables[table], attribute != schema.primaryKey,
            let column = schema.column(attribute)
        else { return }
        try run(access.connection) { connection throws(SQLiteError) in
            try connection.execute(
                """
                CREATE INDEX IF NOT EXISTS \(indexName(schema, column)) \
                ON \(Names.quoted(schema.physicalName)) (\(Names.quoted(column)))
                """)
        }
        access.schema.tables[table]?.indexedColumns.insert(column)
    }

    /// Adds attributes that a record brought along.
    static func add(
        _ attributes: [String], to table: String, _ access: inout Access
    ) throws(TableStorageError) {
        guard var schema = access.schema.tables[table] else { return }
        for attribute in attributes {
            guard schema.attributes.count < TableLimits.attributesMax else {
                throw TableStorageError(
                    .limitExceeded,
                    "a table has at most \(TableLimits.attributesMax) attributes")
            }
            let column = Names.physical(attribute, taken: schema.attributes.map(\.column))
            let added = AttributeSchema(name: attribute, column: column)
            let (physical, position) = (schema.physicalName, schema.attributes.count)
            try run(access.connection) { connection throws(SQLiteError) in
                try connection.execute(
                    "ALTER TABLE \(Names.quoted(physical)) ADD COLUMN \(Names.quoted(column))")
                let last = try connection.prepare(
                    "SELECT coalesce(max(position), 0) FROM ledge_attributes WHERE table_name = ?")
                try last.bind([.text(table)])
                let next = try last.step() ? Int(last.integer(0)) + 1 : position
                last.reset()
                try record(added, at: next, of: table, connection)
            }
            schema.attributes.append(added)
        }
        access.schema.tables[table] = schema
    }

    private static func record(
        _ attribute: AttributeSchema, at position: Int, of table: String,
        _ connection: SQLiteConnection
    ) throws(SQLiteError) {
        try connection.prepare("INSERT INTO ledge_attributes VALUES (?, ?, ?, ?)").run([
            .text(table), .integer(Int64(position)), .text(attribute.name),
            .text(attribute.column),
        ])
    }

    /// The table's id, not its name: a name may be given again.
    private static func indexName(_ schema: TableSchema, _ column: String) -> String {
        Names.quoted("index:\(schema.id):\(column)")
    }

    static func run<Answer>(
        _ connection: SQLiteConnection,
        _ body: (SQLiteConnection) throws(SQLiteError) -> Answer
    ) throws(TableStorageError) -> Answer {
        do throws(SQLiteError) {
            return try body(connection)
        } catch {
            throw TableStorageError(writing: error)
        }
    }
}
