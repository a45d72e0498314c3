import Foundation
import SQLite

extension Database {
    typealias Access = WriteQueue<DatabaseSchema>.Access

    /// Makes an empty table with its key, the two time attributes and further ones.
    ///
    /// The caller has checked the names.
    func createTable(
        _ table: String, primaryKey: String, attributes further: [String], id: String, now: Int64
    ) throws(TableStorageError) {
        let database = name
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
            try Self.run(access.connection) { connection throws(SQLiteError) in
                let quoted = columns.map(Names.quoted)
                try connection.execute(
                    """
                    CREATE TABLE \(Names.quoted(physical)) (\(quoted[0]) NOT NULL PRIMARY KEY, \
                    \(quoted[1]), \(quoted[2])) WITHOUT ROWID
                    """)
                try connection.prepare("INSERT INTO ledge_tables VALUES (?, ?, ?, ?, ?, ?)").run([
                    .text(table), .text(physical), .text(id), .text(primaryKey), .integer(now),
                    .integer(now),
                ])
                for (position, attribute) in attributes.enumerated() {
                    try Self.record(attribute, at: position, of: table, connection)
                }
            }
            access.schema.tables[table] = TableSchema(
                name: table, physicalName: physical, id: id, primaryKey: primaryKey,
                attributes: attributes, createdTime: now, updatedTime: now)
            try Self.add(further, to: table, &access)
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
            let schema = try Self.table(table, of: access.schema, in: database)
            guard let column = schema.column(attribute), attribute != schema.primaryKey else {
                return
            }
            try Self.run(access.connection) { connection throws(SQLiteError) in
                try connection.execute(
                    """
                    CREATE INDEX IF NOT EXISTS \(Self.indexName(schema, column)) \
                    ON \(Names.quoted(schema.physicalName)) (\(Names.quoted(column)))
                    """)
            }
            access.schema.tables[table]?.indexedColumns.insert(column)
        }
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
