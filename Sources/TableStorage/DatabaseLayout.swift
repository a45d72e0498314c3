import SQLite
import Synchronization

/// The tables of ours in a database's file, and the steps that bring older files to them.
///
/// | Table | Columns |
/// |---|---|
/// | `ledge_tables` | name, physical name, id, key, created, updated |
/// | the same, since 1 | audit, expiration in seconds, last write |
/// | `ledge_attributes` | table, position, name, column |
/// | `ledge_audit`, since 1 | entry, table's id, time, user, operation, keys, records, originals |
///
/// SQLite's `user_version` says how many steps a file has taken. A file that has taken more than
/// this program knows is refused and not touched.
enum DatabaseLayout {
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

    /// Each step is taken once; a step is never changed after a release, only followed by another.
    private static let steps = [
        """
        ALTER TABLE ledge_tables ADD COLUMN audit INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE ledge_tables ADD COLUMN expiration INTEGER;
        ALTER TABLE ledge_tables ADD COLUMN last_written INTEGER NOT NULL DEFAULT 0;
        UPDATE ledge_tables SET last_written = updated;
        CREATE TABLE ledge_audit(
            entry INTEGER PRIMARY KEY, table_id TEXT NOT NULL, time INTEGER NOT NULL,
            user TEXT NOT NULL, operation TEXT NOT NULL, keys TEXT NOT NULL,
            records TEXT NOT NULL, originals TEXT NOT NULL);
        CREATE INDEX ledge_audit_time ON ledge_audit(table_id, time);
        """
    ]

    /// - Throws: `.storageFailed` if the file was made by a later program.
    static func bring(
        _ connection: SQLiteConnection, of database: String
    ) throws(TableStorageError) {
        let version = try storing { () throws(SQLiteError) in
            let statement = try connection.prepareOnce("PRAGMA user_version")
            return try statement.step() ? Int(statement.integer(0)) : 0
        }
        guard (0...steps.count).contains(version) else {
            throw TableStorageError(
                .storageFailed,
                "the file of database '\(database)' has layout \(version), and this program knows "
                    + "layouts up to \(steps.count); it was written by a later one")
        }
        try storing { () throws(SQLiteError) in
            try connection.execute(setUp)
            try connection.transaction { () throws(SQLiteError) in
                for step in steps[version...] { try connection.execute(step) }
                try connection.execute("PRAGMA user_version = \(steps.count)")
            } mapping: {
                $0
            }
        }
    }

    static func schema(_ connection: SQLiteConnection) throws(SQLiteError) -> DatabaseSchema {
        var schema = DatabaseSchema()
        let tables = try connection.prepareOnce(
            """
            SELECT name, physical, id, primary_key, created, updated, audit, expiration
            FROM ledge_tables
            """)
        while try tables.step() {
            var expiration: Int?
            if case .integer(let seconds) = tables.column(7) { expiration = Int(seconds) }
            schema.tables[tables.text(0)] = TableSchema(
                name: tables.text(0), physicalName: tables.text(1), id: tables.text(2),
                primaryKey: tables.text(3), attributes: [], createdTime: tables.integer(4),
                updatedTime: tables.integer(5),
                options: TableOptions(
                    audit: tables.integer(6) != 0, expirationSeconds: expiration))
        }
        let attributes = try connection.prepareOnce(
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

    static func lastWrites(_ connection: SQLiteConnection) throws(SQLiteError) -> [String: Int64] {
        let tables = try connection.prepareOnce("SELECT name, last_written FROM ledge_tables")
        var times: [String: Int64] = [:]
        while try tables.step() { times[tables.text(0)] = tables.integer(1) }
        return times
    }
}

/// When each table was last written, by name; in memory, so that nobody scans for it.
///
/// Each write also stands in `ledge_tables`, in its own transaction, so that a restart finds it.
final class LastWrites: Sendable {
    private let times: Mutex<[String: Int64]>

    init(_ times: [String: Int64]) { self.times = Mutex(times) }

    subscript(table: String) -> Int64? { times.withLock { $0[table] } }

    func note(_ time: Int64, _ table: String) {
        times.withLock { $0[table] = max($0[table] ?? time, time) }
    }

    /// What a table of this name was before is forgotten.
    func begin(_ time: Int64, _ table: String) { times.withLock { $0[table] = time } }
}
