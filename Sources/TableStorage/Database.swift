import Foundation
import SQLite

/// One database: one SQLite file in WAL mode, one writer with group commit, many readers.
///
/// The schema is kept in memory too; the writer changes both in one transaction. What else is in
/// the file says ``DatabaseLayout``.
final class Database: Sendable {
    let name: String
    let path: String
    let queue: WriteQueue<DatabaseSchema>
    private let readers: SQLitePool

    /// When a record of each table was last written.
    let lastWrites: LastWrites

    init(name: String, path: String) throws(TableStorageError) {
        self.name = name
        self.path = path
        let writer = try storing { () throws(SQLiteError) in
            let writer = try SQLiteConnection(path: path, mode: .readWrite)
            // So that a client's statement finds its tables as it names them.
            if !Names.isTakenBySQLite(name) { try writer.nameMain(name) }
            return writer
        }
        try DatabaseLayout.bring(writer, of: name)
        (queue, lastWrites) = try storing { () throws(SQLiteError) in
            (
                WriteQueue(connection: writer, schema: try DatabaseLayout.schema(writer)),
                LastWrites(try DatabaseLayout.lastWrites(writer))
            )
        }
        readers = SQLitePool(path: path, mode: .readOnly)
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
}
