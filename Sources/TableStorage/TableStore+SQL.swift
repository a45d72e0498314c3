import JSON
import SQLite

extension TableStore {
    /// Runs a client's statement: SELECT, INSERT, UPDATE or DELETE.
    ///
    /// SQLite's dialect holds, with names in backticks or brackets too; a table is named with its
    /// database. `SQL.md` beside this file is the page for those who write statements.
    ///
    /// - Parameters:
    ///   - access: What the asker may do; whatever is missing is listed at once.
    ///   - user: Who asked, for the audit log of a table that keeps one.
    /// - Throws: `.denied`, `.invalidSQL`, `.databaseNotNamed`, `.tableNotFound`,
    ///   `.databaseNotFound`, `.queryTooLong`, `.limitExceeded`, and what writing may throw.
    package func run(
        sql: String, access: SQLAccess = .everything, by user: String = ""
    ) throws(TableStorageError) -> SQLAnswer {
        switch try SQLStatement(sql) {
        case .select(let text): return .rows(try select(text, access))
        case .insert(let insert):
            try check(.insert, insert.table, insert.attributes, access)
            for name in insert.attributes { try Names.checkAttribute(name) }
            return try writing(insert.table, [insert.rows], .insert, access, by: user)
                .run(insert)
        case .update(let update):
            let table = update.target.table
            try check(.update, table, update.changes.map(\.attribute), access)
            let texts = update.changes.map(\.value) + [update.condition].compactMap(\.self)
            return try writing(table, texts, .update, access, by: user).run(update)
        case .delete(let delete):
            try check(.delete, delete.target.table, [], access)
            let texts = [delete.condition].compactMap(\.self)
            return try writing(delete.target.table, texts, .update, access, by: user)
                .run(delete)
        }
    }

    /// The rows of a SELECT; any other statement is refused and not run.
    ///
    /// - Throws: As ``run(sql:access:by:)``.
    package func select(
        sql: String, access: SQLAccess = .everything
    ) throws(TableStorageError) -> [JSONObject] {
        guard case .select(let text) = try SQLStatement(sql) else {
            throw TableStorageError(.invalidSQL, "Invalid SQL at: only a SELECT gives rows")
        }
        return try select(text, access)
    }

    /// The rights of a write to its own table; what it reads is watched while it reads.
    private func check(
        _ action: SQLAccess.Action, _ table: TableName, _ attributes: [String],
        _ access: SQLAccess
    ) throws(TableStorageError) {
        var denial = SQLDenial()
        if access.allowsTable(action, table) {
            for attribute in attributes where !access.allowsAttribute(action, table, attribute) {
                denial.add(action, table, attribute: attribute)
            }
        } else {
            denial.add(action, table)
        }
        try denial.check()
    }

    private func writing(
        _ table: TableName, _ texts: [SQLText], _ mode: WriteMode, _ access: SQLAccess,
        by user: String
    ) throws(TableStorageError) -> SQLWriting {
        try refuseSystem(table.database)
        let database = try database(table.database)
        _ = try database.table(table.table)
        let target = SQLText([SQLToken.name(table.database), .point, .name(table.table)])
        let named = try databases(named: [target] + texts)
        return SQLWriting(
            database: database, others: named.filter { $0.name != table.database },
            access: access, mode: mode, context: context(user))
    }

    /// The query gets a connection of its own: an empty database in memory, to which the databases
    /// that it names are attached read-only.
    private func select(
        _ text: SQLText, _ access: SQLAccess
    ) throws(TableStorageError) -> [JSONObject] {
        let named = try databases(named: [text])
        let deadline = SQLDeadline(in: TableLimits.sqlTime)
        let now = milliseconds
        // The query reads tables as they are.
        for database in named { try database.sweep(now: now) }
        let connection: SQLiteConnection
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path: "", mode: .inMemory)
            for database in named {
                try connection.attach(readOnly: database.path, as: database.name)
            }
            try connection.prepareForSQL(now: now, deadline: deadline)
            try connection.beginReading(named.map(\.name))
        } catch {
            throw TableStorageError(writing: error)
        }
        let watch = try SQLGuard(
            [text], access: access,
            schemas: Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0.queue.schema) }),
            mainDatabase: "main")
        let reading = SQLReading(
            connection: connection, watch: watch, texts: [text], deadline: deadline)
        var records: [JSONObject] = []
        try reading.run(
            SQLRewriting.rewritten(text),
            begin: { SQLColumns($0, of: text, watch: watch) }
        ) { statement, columns in
            if let record = columns.record(statement) { records.append(record) }
        }
        return records
    }
}

// MARK: Which databases

extension TableStore {
    /// The databases of the node that a statement names.
    ///
    /// One too many is harmless: it is attached and not used.
    private func databases(named texts: [SQLText]) throws(TableStorageError) -> [Database] {
        let known = Set(databaseNames)
        var found: [Database] = []
        for (name, table) in texts.flatMap(\.pairs) where known.contains(name) {
            let database = try database(name)
            try Self.refuseShadowed(table, of: database)
            if !found.contains(where: { $0.name == name }) { found.append(database) }
        }
        guard found.count <= TableLimits.sqlDatabasesMax else {
            throw TableStorageError(
                .limitExceeded,
                "a statement names at most \(TableLimits.sqlDatabasesMax) databases, "
                    + "not \(found.count)")
        }
        let names = found.map { $0.name.lowercased() }
        let clash = found.first { database in
            let name = database.name.lowercased()
            return Names.isTakenBySQLite(name) || names.count(where: { $0 == name }) > 1
        }
        if let clash {
            throw SQLParser.refusal(
                clash.name,
                "the name is SQLite's own or differs from another database's in case only")
        }
        return found
    }

    /// SQLite ignores the case of names: of two tables that differ in it only, SQL reaches one, and
    /// reading that one under the other's name would be a wrong answer.
    private static func refuseShadowed(
        _ table: String, of database: Database
    ) throws(TableStorageError) {
        guard let schema = database.queue.schema.tables[table], schema.physicalName != table else {
            return
        }
        throw SQLParser.refusal(
            "\(TableName(database.name, table))",
            "the name is reserved or differs from another table's in case only; "
                + "search it with search_by_conditions")
    }
}

extension SQLiteConnection {
    /// Holds the attached databases as they are now: a column that comes or goes between preparing
    /// and reading would shift the columns of the answer.
    fileprivate func beginReading(_ databases: [String]) throws(SQLiteError) {
        try execute("BEGIN")
        for name in databases {
            _ = try prepareOnce("SELECT 1 FROM \(Names.quoted(name)).sqlite_schema").step()
        }
    }
}
