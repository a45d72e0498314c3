import Foundation
import SQLite

/// One database: one SQLite file in WAL mode, one writer with group commit, many readers.
///
/// | Table of ours | Columns |
/// |---|---|
/// | `ledge_tables` | name, physical name, id, key, created, updated |
/// | `ledge_attributes` | table, position, name, column |
///
/// The schema is kept in memory too; the writer changes both in one transaction.
final class Database: Sendable {
    let name: String
    let path: String
    let queue: WriteQueue<DatabaseSchema>
    private let readers: SQLitePool

    private static let setUp = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = OFF;
        CREATE TABLE IF NOT EXISTS ledge_tables(
            name TEXT PRIMARY KEY, physical TEXT NOT NULL, id TEXT NOT NULL,
            primary_key TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL)
            WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS ledge_attributes(
            table_name TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
            column_name TEXT NOT NULL, PRIMARY KEY (table_name, position)) WITHOUT ROWID;
        """

    init(name: String, path: String) throws(TableStorageError) {
        self.name = name
        self.path = path
        do throws(SQLiteError) {
            let writer = try SQLiteConnection(path: path, mode: .readWrite)
            try writer.execute(Self.setUp)
            // So that a client's statement finds its tables as it names them.
            if !Names.isTakenBySQLite(name) { try writer.nameMain(name) }
            queue = WriteQueue(connection: writer, schema: try Self.loadSchema(writer))
            readers = SQLitePool(path: path, mode: .readOnly)
        } catch {
            throw TableStorageError(writing: error)
        }
    }

    /// Runs a read; never waits for a writer.
    func read<Answer>(
        _ body: (SQLiteConnection) throws(SQLiteError) -> Answer
    ) throws(TableStorageError) -> Answer {
        do throws(SQLiteError) {
            return try readers.read(body)
        } catch {
            throw TableStorageError(writing: error)
        }
    }

    /// - Throws: `.tableNotFound`.
    func table(_ table: String) throws(TableStorageError) -> TableSchema {
        try Self.table(table, of: queue.schema, in: name)
    }

    static func table(
        _ table: String, of schema: DatabaseSchema, in database: String
    ) throws(TableStorageError) -> TableSchema {
        guard let found = schema.tables[table] else {
            throw TableStorageError(
                .tableNotFound, "Table '\(TableName(database, table))' does not exist")
        }
        return found
    }

    /// Closes what is idle before the file goes.
    func close() { readers.closeIdle() }

    private static func loadSchema(
        _ connection: SQLiteConnection
    ) throws(SQLiteError) -> DatabaseSchema {
        var schema = DatabaseSchema()
        let tables = try connection.prepare(
            "SELECT name, physical, id, primary_key, created, updated FROM ledge_tables")
        while try tables.step() {
            schema.tables[tables.text(0)] = TableSchema(
                name: tables.text(0), physicalName: tables.text(1), id: tables.text(2),
                primaryKey: tables.text(3), attributes: [], createdTime: tables.integer(4),
                updatedTime: tables.integer(5))
        }
        let attributes = try connection.prepare(
            """
            SELECT table_name, name, column_name FROM ledge_attributes
            ORDER BY table_name, position
            """)
        while try attributes.step() {
            schema.tables[attributes.text(0)]?.attributes.append(
                AttributeSchema(name: attributes.text(1), column: attributes.text(2)))
        }
        return schema
    }
}
