import SQLite

/// Stands between SQLite and a client's statement: says what may be read, and keeps what may not.
///
/// A list of what is allowed, for SQLite has tables and functions that nobody lists: tables of the
/// databases named by the statement, as far as the asker may read them, and harmless functions. A
/// forbidden attribute reads as NULL wherever it stands. If the statement names it, the statement
/// is refused; if it came with a star, its column is left out of the answer.
///
/// Belongs to the thread that runs the statement.
final class SQLGuard {
    /// A table that the statement may reach.
    struct Table {
        let name: TableName
        let schema: TableSchema
    }

    private(set) var denial = SQLDenial()
    /// Columns that read as NULL without being named by the statement, in small letters.
    private(set) var hiddenColumns: Set<String> = []

    private let access: SQLAccess
    /// By database, then by SQLite's name of the table, both in small letters as SQLite compares.
    private let tables: [String: [String: Table]]
    /// The database in which SQLite looks for a table without one, in small letters.
    private let mainDatabase: String
    private let names: Set<String>
    private let commonTables: Set<String>

    /// Tables that SQLite makes out of a function's arguments.
    private static let inventedTables: Set<String> = ["json_each", "json_tree"]

    /// - Parameters:
    ///   - schemas: The databases that can be reached, by name.
    ///   - keys: Columns that the statement reads though the client did not write them.
    init(
        _ texts: [SQLText], access: SQLAccess, schemas: [String: DatabaseSchema],
        mainDatabase: String, keys: [String] = []
    ) throws(TableStorageError) {
        self.access = access
        self.mainDatabase = mainDatabase.lowercased()
        var tables: [String: [String: Table]] = [:]
        for (database, schema) in schemas {
            for table in schema.tables.values {
                tables[database.lowercased(), default: [:]][table.physicalName.lowercased()] =
                    Table(name: TableName(database, table.name), schema: table)
            }
        }
        self.tables = tables
        let written = texts.flatMap(\.tokens).filter(\.isName).map { $0.value.lowercased() }
        names = Set(written + keys.map { $0.lowercased() })
        commonTables = texts.reduce(into: []) { $0.formUnion($1.commonTables) }
        for text in texts { try check(text) }
    }

    /// What SQLite never asks about, or too late.
    private func check(_ text: SQLText) throws(TableStorageError) {
        for (before, behind) in text.pairs {
            guard let table = table(before.lowercased(), behind.lowercased()) else { continue }
            try refuseShadowed(table, in: text)
        }
        guard !access.isEverything else { return }
        // SQLite compares the columns of these joins without asking whether they may be read.
        if let join = text.tokens.first(where: { $0.isOneOf(["NATURAL", "USING"]) }) {
            throw SQLParser.refusal(
                join.source, "a role with restrictions joins with ON, not with \(join.source)")
        }
    }

    /// SQLite ignores the case of names: of two that differ in it only, SQL reaches one, and
    /// answering with that one under the other's name would be wrong.
    private func refuseShadowed(_ table: Table, in text: SQLText) throws(TableStorageError) {
        let shadowed = Set(table.schema.attributes.filter { $0.name != $0.column }.map(\.name))
        guard let token = text.tokens.first(where: { $0.isName && shadowed.contains($0.value) })
        else { return }
        throw SQLParser.refusal(
            token.value,
            "the attribute's name is reserved or differs from another's in case only; "
                + "search it with search_by_conditions")
    }

    /// The table that SQLite calls so.
    func table(_ database: String, _ table: String) -> Table? {
        tables[database.lowercased()]?[table.lowercased()]
    }

    func decide(_ action: SQLiteAction) -> SQLiteDecision {
        switch action.kind {
        case .select, .recursive: .allow
        case .function: SQLFunctions.isAllowed(action.second ?? "") ? .allow : .deny
        case .read: read(action)
        case .transaction, .other: .deny
        }
    }

    private func read(_ action: SQLiteAction) -> SQLiteDecision {
        let (name, column) = ((action.first ?? "").lowercased(), action.second ?? "")
        if let table = table(action.database ?? mainDatabase, name) {
            return read(column, of: table)
        }
        if Self.inventedTables.contains(name),
            [nil, "main", mainDatabase].contains(action.database?.lowercased())
        {
            return .allow
        }
        // Only the rows of what a WITH defines are asked about so; columns are not asked about.
        let isReserved = Names.reservedPrefixes.contains { name.hasPrefix($0) }
        let isCommonTable =
            action.database == nil && column.isEmpty && commonTables.contains(name)
        return isCommonTable && !isReserved ? .allow : .deny
    }

    private func read(_ column: String, of table: Table) -> SQLiteDecision {
        guard access.allowsTable(.read, table.name) else {
            denial.add(.read, table.name)
            return .ignore
        }
        guard !column.isEmpty else { return .allow }
        let attribute = table.schema.attribute(ofColumn: column) ?? column
        guard !access.allowsAttribute(.read, table.name, attribute) else { return .allow }
        if names.contains(attribute.lowercased()) || names.contains(column.lowercased()) {
            denial.add(.read, table.name, attribute: attribute)
        } else {
            hiddenColumns.insert(column.lowercased())
        }
        return .ignore
    }

    /// What a failure of SQLite means to the asker.
    func translate(
        _ error: SQLiteError, in text: [SQLText], limit: Duration
    ) -> TableStorageError {
        switch error.code {
        case .interrupted:
            return TableStorageError(
                .queryTooLong, "the statement took longer than \(limit), the limit", cause: error)
        case .tooBig: return TableStorageError(.queryTooLong, error.message, cause: error)
        case .full, .inputOutput, .corrupt: return TableStorageError(writing: error)
        default: break
        }
        let missing = "no such table: "
        guard error.message.hasPrefix(missing) else {
            return TableStorageError(.invalidSQL, "Invalid SQL at: \(error.message)", cause: error)
        }
        let shown = error.message.dropFirst(missing.count)
        let pair = text.lazy.flatMap(\.pairs).first { "\($0.before).\($0.behind)" == shown }
        guard let pair else {
            return TableStorageError(
                .databaseNotNamed, "schema not defined for table \(shown)", cause: error)
        }
        return missingTable(TableName(pair.before, pair.behind), cause: error)
    }

    /// To a role with restrictions a table that is not there looks like one that it may not see.
    private func missingTable(_ table: TableName, cause: SQLiteError) -> TableStorageError {
        if !access.isEverything {
            denial.add(.read, table)
            do throws(TableStorageError) { try denial.check() } catch { return error }
        }
        return tables[table.database.lowercased()] == nil
            ? TableStorageError(
                .databaseNotFound, "database '\(table.database)' does not exist", cause: cause)
            : TableStorageError(.tableNotFound, "Table '\(table)' does not exist", cause: cause)
    }
}
