import Foundation
import JSON
import SQLite

/// A client's SELECT, run by SQLite itself over the databases that it names.
///
/// The query gets a connection of its own: an empty database in memory, to which the named
/// databases are attached read-only. An authorizer allows selecting and reading their tables and
/// calling harmless functions, nothing else; time and rows have limits.
///
/// SQLite's dialect holds, with names in backticks or brackets too. As in HarperDB a table is
/// named with its database, `COUNT(*)` keeps its capitals, and clashing columns get a number.
struct SQLQuery {
    private let sql: String

    /// Functions that reach outside the query, or exist to find holes in SQLite.
    private static let forbiddenFunctions: Set<String> = [
        "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer",
        "sqlite_compileoption_get",
        "sqlite_compileoption_used", "randomblob", "zeroblob", "sqlite_log",
    ]
    /// Tables that SQLite makes out of a function's arguments.
    private static let inventedTables: Set<String> = ["json_each", "json_tree"]
    /// How many steps of the virtual machine pass between two looks at the clock.
    private static let stepsPerLook: Int32 = 10_000

    /// - Throws: `.limitExceeded`, `.invalidSQL`.
    init(_ sql: String) throws(TableStorageError) {
        guard sql.utf8.count <= TableLimits.sqlBytesMax else {
            throw TableStorageError(
                .limitExceeded,
                "the statement has \(sql.utf8.count) bytes, the limit is \(TableLimits.sqlBytesMax)"
            )
        }
        let verb = sql.trimmingCharacters(in: .whitespacesAndNewlines).prefix { $0.isLetter }
        guard ["select", "with", "values"].contains(verb.lowercased()) else {
            throw TableStorageError(
                .invalidSQL,
                "Invalid SQL at: \(verb.isEmpty ? sql.prefix(20) : verb). "
                    + "This node runs SELECT only; write with insert, update, upsert and delete")
        }
        self.sql = sql
    }

    /// - Parameter databases: Names and files of all databases of the node.
    func run(databases: [String: String]) throws(TableStorageError) -> [JSONObject] {
        let named = SQLNames.databases(in: sql, among: databases.keys)
        guard named.count <= TableLimits.sqlDatabasesMax else {
            throw TableStorageError(
                .limitExceeded,
                "a query joins at most \(TableLimits.sqlDatabasesMax) databases, not \(named.count)"
            )
        }
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(path: "", mode: .inMemory)
            for name in named {
                try connection.prepareOnce("ATTACH ? AS \(Names.quoted(name))").run([
                    .text(SQLiteConnection.uri(databases[name] ?? "") + "?mode=ro")
                ])
            }
            connection.limit(valueBytes: TableLimits.sqlValueBytesMax)
            connection.authorize { Self.isAllowed($0) }
            return try rows(of: connection)
        } catch {
            throw translate(error, known: databases.keys)
        }
    }

    private static func isAllowed(_ action: SQLiteAction) -> Bool {
        switch action.kind {
        case .select, .recursive: return true
        case .function: return !forbiddenFunctions.contains((action.second ?? "").lowercased())
        case .read:
            let table = (action.first ?? "").lowercased()
            // Nothing of ours lies in the query's own database: what is read there are tables
            // that SQLite invents, some of which tell about the files.
            guard action.database != "main", action.database != "temp" else {
                return inventedTables.contains(table)
            }
            return !Names.reservedPrefixes.contains { table.hasPrefix($0) }
        case .transaction, .other: return false
        }
    }

    private func rows(of connection: SQLiteConnection) throws(SQLiteError) -> [JSONObject] {
        let deadline = ContinuousClock.now + TableLimits.sqlTime
        connection.onProgress(every: Self.stepsPerLook) { ContinuousClock.now > deadline }
        let statement = try connection.prepareOnce(sql)
        guard !statement.hasTail, statement.isReadOnly else {
            throw SQLiteError(
                code: .misuse, extendedCode: 0,
                message: "one SELECT at a time, and nothing after it")
        }
        let names = Self.columnNames(statement)
        var rows: [JSONObject] = []
        var bytes = 0
        while try statement.step() {
            for column in names.indices { bytes += statement.byteCount(column) }
            guard rows.count < TableLimits.sqlRowsMax, bytes <= TableLimits.sqlAnswerBytesMax
            else {
                throw SQLiteError(
                    code: .tooBig, extendedCode: 0,
                    message: "more than \(TableLimits.sqlRowsMax) rows or "
                        + "\(TableLimits.sqlAnswerBytesMax) bytes; use LIMIT")
            }
            rows.append(Database.record(names, statement))
        }
        return rows
    }

    /// Clashing names get a number, functions their capitals, as HarperDB answers.
    private static func columnNames(_ statement: SQLiteStatement) -> [String] {
        var taken: Set<String> = []
        return (0..<statement.columnCount).map { column in
            let plain = capitalised(statement.columnName(column))
            var name = plain
            var number = 1
            while !taken.insert(name).inserted {
                name = "\(plain)\(number)"
                number += 1
            }
            return name
        }
    }

    private static let shownFunctions: Set<String> = ["count", "min", "max", "avg", "sum", "round"]

    private static func capitalised(_ name: String) -> String {
        guard let open = name.firstIndex(of: "("), name.hasSuffix(")") else { return name }
        let function = name[..<open].lowercased()
        guard shownFunctions.contains(function) else { return name }
        return function.uppercased() + name[open...].filter { !$0.isWhitespace }
    }

    private func translate(
        _ error: SQLiteError, known: some Collection<String>
    ) -> TableStorageError {
        let missing = "no such table: "
        if error.message.hasPrefix(missing) {
            let table = String(error.message.dropFirst(missing.count))
            guard let dot = table.firstIndex(of: ".") else {
                return TableStorageError(
                    .invalidSQL, "schema not defined for table \(table)", cause: error)
            }
            let database = String(table[..<dot])
            return known.contains(database)
                ? TableStorageError(.tableNotFound, "Table '\(table)' does not exist", cause: error)
                : TableStorageError(
                    .databaseNotFound, "database '\(database)' does not exist", cause: error)
        }
        switch error.code {
        case .interrupted:
            return TableStorageError(
                .queryTooLong,
                "the query took longer than \(TableLimits.sqlTime), the limit", cause: error)
        case .tooBig: return TableStorageError(.queryTooLong, error.message, cause: error)
        default:
            return TableStorageError(.invalidSQL, "Invalid SQL at: \(error.message)", cause: error)
        }
    }
}

/// Which databases a statement names, found without understanding the statement.
enum SQLNames {
    /// The known databases that stand before a point, in the order in which they first do.
    ///
    /// One too many is harmless: it is attached and not used. Text in quotes is passed over.
    static func databases(in sql: String, among known: some Collection<String>) -> [String] {
        let known = Set(known)
        var found: [String] = []
        for (name, _) in pairs(in: sql) where known.contains(name) && !found.contains(name) {
            found.append(name)
        }
        return found
    }

    /// Every name before a point with the one behind it, which may be a table or a column.
    static func pairs(in sql: String) -> [(before: String, behind: String)] {
        var found: [(before: String, behind: String)] = []
        var scanner = Scanner(Array(sql.unicodeScalars))
        var before: String?
        while let word = scanner.nextName() {
            if let before { found.append((before, word)) }
            before = scanner.isAtPoint ? word : nil
        }
        if let before { found.append((before, "")) }
        return found
    }

    private struct Scanner {
        private let text: [Unicode.Scalar]
        private var index = 0

        init(_ text: [Unicode.Scalar]) { self.text = text }

        /// Whether the next thing is a point.
        var isAtPoint: Bool {
            text[index...].first { !$0.properties.isWhitespace } == "."
        }

        mutating func nextName() -> String? {
            while index < text.count {
                switch text[index] {
                case "'": _ = quoted(until: "'")
                case "\"": return quoted(until: "\"")
                case "`": return quoted(until: "`")
                case "[": return quoted(until: "]")
                case let scalar where isNamePart(scalar): return bare()
                default: index += 1
                }
            }
            return nil
        }

        private mutating func quoted(until end: Unicode.Scalar) -> String {
            index += 1
            let start = index
            while index < text.count, text[index] != end { index += 1 }
            defer { index = min(index + 1, text.count) }
            return name(start..<index)
        }

        private mutating func bare() -> String {
            let start = index
            while index < text.count, isNamePart(text[index]) { index += 1 }
            return name(start..<index)
        }

        private func name(_ range: Range<Int>) -> String {
            var name = String.UnicodeScalarView()
            name.append(contentsOf: text[range])
            return String(name)
        }

        private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar == "$" || scalar.properties.isAlphabetic
                || scalar.properties.numericType != nil
        }
    }
}

extension TableStore {
    /// SQLite ignores the case of names: of two tables that differ in it only, SQL reaches one, and
    /// reading that one under the other's name would be a wrong answer.
    private func refuseShadowedTables(
        in sql: String, among known: Set<String>
    ) throws(TableStorageError) {
        for (name, table) in SQLNames.pairs(in: sql) where known.contains(name) {
            guard let schema = try database(name).queue.schema.tables[table],
                schema.physicalName != table
            else { continue }
            throw TableStorageError(
                .invalidSQL,
                "Invalid SQL at: the name of \(TableName(name, table)) is reserved or differs from "
                    + "another table's in case only; search it with search_by_conditions")
        }
    }

    /// Runs a client's SELECT.
    ///
    /// - Throws: `.invalidSQL`, `.tableNotFound`, `.databaseNotFound`, `.queryTooLong`.
    package func select(_ sql: String) throws(TableStorageError) -> [JSONObject] {
        var files: [String: String] = [:]
        for name in databaseNames { files[name] = try database(name).path }
        let query = try SQLQuery(sql)
        try refuseShadowedTables(in: sql, among: Set(files.keys))
        return try query.run(databases: files)
    }
}
