import JSON
import SQLite

/// What a node keeps about itself: documents by kind and key, and the directory of databases.
package final class SystemRecords: Sendable {
    private let queue: WriteQueue<Void>
    private let readers: SQLitePool

    private static let setUp = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS databases(
            file INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS documents(
            kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (kind, key)) WITHOUT ROWID;
        """

    init(path: String) throws(TableStorageError) {
        do throws(SQLiteError) {
            let writer = try SQLiteConnection(path: path, mode: .readWrite)
            try writer.execute(Self.setUp)
            queue = WriteQueue(connection: writer, schema: ())
            readers = SQLitePool(path: path, mode: .readOnly)
        } catch {
            throw TableStorageError(writing: error)
        }
    }

    /// Writes a document; the key's older one is replaced.
    package func put(
        _ document: JSONObject, kind: String, key: String
    ) throws(TableStorageError) {
        let body = JSONValue.object(document).text
        try queue.perform { access throws(TableStorageError) in
            try Database.run(access.connection) { connection throws(SQLiteError) in
                try connection.prepare("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)")
                    .run([.text(kind), .text(key), .text(body)])
            }
        }
    }

    package func remove(kind: String, key: String) throws(TableStorageError) {
        try queue.perform { access throws(TableStorageError) in
            try Database.run(access.connection) { connection throws(SQLiteError) in
                try connection.prepare("DELETE FROM documents WHERE kind = ? AND key = ?")
                    .run([.text(kind), .text(key)])
            }
        }
    }

    package func get(kind: String, key: String) throws(TableStorageError) -> JSONObject? {
        try bodies("SELECT body FROM documents WHERE kind = ? AND key = ?", [kind, key]).first
    }

    /// All documents of a kind, by key.
    package func all(kind: String) throws(TableStorageError) -> [JSONObject] {
        try bodies("SELECT body FROM documents WHERE kind = ? ORDER BY key", [kind])
    }

    private func bodies(
        _ sql: String, _ parameters: [String]
    ) throws(TableStorageError) -> [JSONObject] {
        let texts: [String]
        do throws(SQLiteError) {
            texts = try readers.read { connection throws(SQLiteError) in
                let statement = try connection.prepare(sql)
                try statement.bind(parameters.map { .text($0) })
                var texts: [String] = []
                while try statement.step() { texts.append(statement.text(0)) }
                return texts
            }
        } catch {
            throw TableStorageError(writing: error)
        }
        return try texts.map { text throws(TableStorageError) in
            do throws(JSONError) {
                return try JSONValue(parsing: text).objectValue ?? [:]
            } catch {
                throw TableStorageError(
                    .storageFailed, "a document of the system is damaged", cause: error)
            }
        }
    }
}

// MARK: The directory of databases

extension SystemRecords {
    func databases() throws(TableStorageError) -> [(name: String, file: Int64)] {
        do throws(SQLiteError) {
            return try readers.read { connection throws(SQLiteError) in
                let statement = try connection.prepare("SELECT name, file FROM databases")
                var found: [(name: String, file: Int64)] = []
                while try statement.step() {
                    found.append((statement.text(0), statement.integer(1)))
                }
                return found
            }
        } catch {
            throw TableStorageError(writing: error)
        }
    }

    /// - Returns: The number of the new database's file.
    func addDatabase(_ name: String) throws(TableStorageError) -> Int64 {
        try queue.perform { access throws(TableStorageError) in
            do throws(SQLiteError) {
                try access.connection.prepare("INSERT INTO databases(name) VALUES (?)")
                    .run([.text(name)])
                return access.connection.lastInsertedRow
            } catch {
                guard error.code == .constraint else { throw TableStorageError(writing: error) }
                throw TableStorageError(.alreadyExists, "database '\(name)' already exists")
            }
        }
    }

    func removeDatabase(_ name: String) throws(TableStorageError) {
        try queue.perform { access throws(TableStorageError) in
            try Database.run(access.connection) { connection throws(SQLiteError) in
                try connection.prepare("DELETE FROM databases WHERE name = ?").run([.text(name)])
            }
        }
    }
}
