import CSV
import Foundation
import Integrity
import JSON
import SQLite
import Synchronization
import Telemetry

/// The databases of a node.
///
/// Calls block on the disk; make them from worker threads. Every write that returns is durable.
///
/// Invariants:
/// 1. A database's file is named by a number, never by the database: names may be anything.
/// 2. The directory of databases is itself a table in `system.sqlite`; a database exists when its
///    row is committed there.
/// 3. A dropped database's file is removed after its row; files without a row are removed at start.
package final class TableStore: Sendable {
    private struct State {
        var databases: [String: Database] = [:]
    }

    /// Users, roles, jobs and the directory; hidden from the API.
    package let system: SystemRecords
    let root: String
    private let log: Log
    private let now: @Sendable () -> Date
    private let keys: RecordKeys
    private let state = Mutex(State())
    /// Databases come and go one at a time: who finds one in the directory finds it open too.
    private let changing = Mutex<Void>(())

    /// Opens the store in a directory, making it if it is missing.
    ///
    /// - Throws: `.storageFailed` with the file at fault.
    package init(
        root: String, log: Log, now: @escaping @Sendable () -> Date = { Date() },
        randomBytes: @escaping @Sendable (Int) -> [UInt8] = SecureRandom.bytes
    ) throws(TableStorageError) {
        self.log = log
        self.now = now
        keys = RecordKeys(randomBytes: randomBytes)
        do {
            try FileManager.default.createDirectory(
                atPath: root, withIntermediateDirectories: true)
        } catch {
            throw TableStorageError(
                .storageFailed, "the directory \(root) cannot be made", cause: error)
        }
        // SQLite is told to follow no links below; those above the store are the operator's.
        let root = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
        self.root = root
        system = try SystemRecords(path: "\(root)/system.sqlite")
        var databases: [String: Database] = [:]
        let directory = try system.databases()
        for (name, file) in directory {
            databases[name] = try Database(name: name, path: "\(root)/\(file).sqlite")
        }
        let opened = databases
        state.withLock { $0.databases = opened }
        try prepareCopies()
        try removeStrays(keeping: Set(directory.map(\.file)))
    }

    /// Milliseconds since 1970, as the automatic attributes have them.
    package var milliseconds: Int64 { Int64(now().timeIntervalSince1970 * 1_000) }

    package var databaseNames: [String] { state.withLock { $0.databases.keys.sorted() } }

    /// - Throws: `.databaseNotFound`.
    func database(_ name: String) throws(TableStorageError) -> Database {
        guard let database = state.withLock({ $0.databases[name] }) else {
            throw TableStorageError(.databaseNotFound, "database '\(name)' does not exist")
        }
        return database
    }

    private func removeStrays(keeping files: Set<Int64>) throws(TableStorageError) {
        do {
            for entry in try FileManager.default.contentsOfDirectory(atPath: root) {
                let parts = entry.split(separator: ".")
                guard let number = parts.first.flatMap({ Int64($0) }), !files.contains(number),
                    parts.count > 1, parts[1].hasPrefix("sqlite")
                else { continue }
                try FileManager.default.removeItem(atPath: "\(root)/\(entry)")
                log.warning("removed what a dropped database left behind", ["file": entry])
            }
        } catch {
            throw TableStorageError(
                .storageFailed, "the directory \(root) cannot be tidied", cause: error)
        }
    }
}

// MARK: Databases, tables, attributes

extension TableStore {
    /// - Throws: `.alreadyExists`, `.invalidName`, `.limitExceeded`, `.protected`.
    package func createDatabase(_ name: String) throws(TableStorageError) {
        try Names.check(name, kind: "database")
        try refuseSystem(name)
        try changing.withLock { _ throws(TableStorageError) in
            guard databaseNames.count < TableLimits.databasesMax else {
                throw TableStorageError(
                    .limitExceeded, "a node has at most \(TableLimits.databasesMax) databases")
            }
            let file = try system.addDatabase(name)
            let database = try Database(name: name, path: "\(root)/\(file).sqlite")
            state.withLock { $0.databases[name] = database }
        }
    }

    /// - Throws: `.databaseNotFound`, `.protected`.
    package func dropDatabase(_ name: String) throws(TableStorageError) {
        try refuseSystem(name)
        let database = try changing.withLock { _ throws(TableStorageError) in
            let found = try self.database(name)
            try system.removeDatabase(name)
            state.withLock { $0.databases[name] = nil }
            return found
        }
        database.close()
        // Searches that still run hold the file open and finish; its space returns after them.
        for suffix in ["", "-wal", "-shm"] {
            do {
                try FileManager.default.removeItem(atPath: database.path + suffix)
            } catch {
                log.debug("no such file to remove", ["file": database.path + suffix])
            }
        }
    }

    /// Makes a table with its key, the two time attributes and further ones: all or nothing.
    ///
    /// - Parameter makesDatabase: Whether a missing database is made too; only for a table whose
    ///   names are allowed.
    package func createTable(
        _ table: TableName, primaryKey: String, attributes: [String] = [],
        makesDatabase: Bool = false, options: TableOptions = TableOptions()
    ) throws(TableStorageError) {
        try refuseSystem(table.database)
        try Names.check(table.table, kind: "table")
        try Names.checkKey(primaryKey)
        for attribute in attributes { try Names.checkAttribute(attribute) }
        try options.check()
        if makesDatabase { try createDatabaseIfMissing(table.database) }
        try database(table.database).createTable(
            TableDefinition(
                name: table.table, primaryKey: primaryKey, attributes: attributes,
                options: options, id: Self.makeID()),
            now: milliseconds)
    }

    /// Two requests may find the same database missing; the second to make it finds it made.
    private func createDatabaseIfMissing(_ name: String) throws(TableStorageError) {
        guard !databaseNames.contains(name) else { return }
        do throws(TableStorageError) {
            try createDatabase(name)
        } catch {
            guard error.code == .alreadyExists else { throw error }
        }
    }

    package func dropTable(_ table: TableName) throws(TableStorageError) {
        try refuseSystem(table.database)
        try database(table.database).dropTable(table.table)
    }

    package func createAttribute(
        _ attribute: String, of table: TableName
    ) throws(TableStorageError) {
        try refuseSystem(table.database)
        try database(table.database).createAttribute(attribute, of: table.table)
    }

    package func dropAttribute(_ attribute: String, of table: TableName) throws(TableStorageError) {
        try refuseSystem(table.database)
        try database(table.database).dropAttribute(attribute, of: table.table)
    }

    /// The tables of a database by name.
    package func tables(of database: String) throws(TableStorageError) -> [TableSchema] {
        try self.database(database).queue.schema.tables.values.sorted { $0.name < $1.name }
    }

    package func table(_ table: TableName) throws(TableStorageError) -> TableSchema {
        try database(table.database).table(table.table)
    }

    func refuseSystem(_ database: String) throws(TableStorageError) {
        guard database != TableName.systemDatabase else { throw .systemIsProtected }
    }

    /// An id for a table or a job.
    static func makeID() -> String { UUID().uuidString.lowercased() }
}

// MARK: Records

extension TableStore {
    /// Writes records, all or none; see ``WriteMode`` for those whose key exists.
    ///
    /// - Parameters:
    ///   - user: Who asked, for the audit log of a table that keeps one.
    ///   - isBulk: Whether it is one batch of many, which others must not wait for.
    package func write(
        _ records: [JSONObject], to table: TableName, mode: WriteMode, by user: String = "",
        isBulk: Bool = false
    ) throws(TableStorageError) -> WriteResult {
        try refuseSystem(table.database)
        return try database(table.database).write(
            records, to: table.table, mode: mode, isBulk: isBulk, context(user))
    }

    package func delete(
        keys: [JSONValue], from table: TableName, by user: String = ""
    ) throws(TableStorageError) -> WriteResult {
        try refuseSystem(table.database)
        return try database(table.database).delete(
            keys: keys, from: table.table, context(user))
    }

    /// Writes the next rows of a delimited text, one batch.
    func load(
        _ reader: CSVReader, header: [String], into table: TableName, mode: WriteMode,
        by user: String
    ) throws(TableStorageError) -> LoadedBatch {
        try refuseSystem(table.database)
        return try database(table.database).load(
            reader, header: header, into: table.table, mode: mode, context(user))
    }

    /// The moment of a write, and who writes.
    func context(_ user: String) -> WriteContext {
        let (keys, now) = (keys, milliseconds)
        return WriteContext(user: user, now: now) { keys.next(at: now) }
    }

    /// The records with these keys, in their order; missing ones are left out.
    package func records(
        withKeys keys: [JSONValue], attributes: [String] = ["*"], of table: TableName
    ) throws(TableStorageError) -> [JSONObject] {
        try database(table.database)
            .records(
                withKeys: keys, attributes: attributes, of: table.table, now: milliseconds)
    }

    package func search(_ search: Search) throws(TableStorageError) -> [JSONObject] {
        try database(search.table.database).search(search, now: milliseconds)
    }

    package func recordCount(of table: TableName) throws(TableStorageError) -> Int {
        try database(table.database).recordCount(of: table.table, now: milliseconds)
    }

    /// How many transactions a database has committed: what group commit saves.
    package func commitCount(of database: String) throws(TableStorageError) -> Int {
        try self.database(database).queue.commitCount
    }
}
