extension SQLStatement {
    /// Reads the form of a statement and leaves its expressions to SQLite.
    ///
    /// - Throws: `.limitExceeded`, `.invalidSQL`, `.databaseNotNamed`.
    init(_ sql: String) throws(TableStorageError) {
        guard sql.utf8.count <= TableLimits.sqlBytesMax else {
            throw TableStorageError(
                .limitExceeded,
                "the statement has \(sql.utf8.count) bytes, the limit is \(TableLimits.sqlBytesMax)"
            )
        }
        var tokens = try SQLToken.all(in: sql)
        while let last = tokens.last, last.isMark(";") { tokens.removeLast() }
        guard let first = tokens.first else {
            throw SQLParser.refusal(";", "the statement is empty")
        }
        guard !tokens.contains(where: { $0.isMark(";") }) else {
            throw SQLParser.refusal(";", "one statement at a time, and nothing after it")
        }
        if let table = SQLText(tokens).tableWithoutDatabase {
            throw TableStorageError(.databaseNotNamed, "schema not defined for table \(table)")
        }
        var parser = SQLParser(tokens)
        switch first.source.uppercased() {
        case "SELECT", "VALUES": self = .select(SQLText(tokens))
        case "WITH":
            try SQLParser.refuseWriteBehindWith(tokens)
            self = .select(SQLText(tokens))
        case "INSERT": self = .insert(try parser.insert())
        case "UPDATE": self = .update(try parser.update())
        case "DELETE": self = .delete(try parser.delete())
        default:
            throw SQLParser.refusal(
                first.source, "this node runs SELECT, INSERT, UPDATE and DELETE")
        }
    }
}

/// Reads the forms of writes.
struct SQLParser {
    private let tokens: [SQLToken]
    private var index = 1

    /// Words that may not follow a condition: they would make it another statement.
    private static let furtherClauses: Set<String> = [
        "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "WINDOW", "UNION", "EXCEPT", "INTERSECT",
        "FROM", "RETURNING", "WHERE", "SET", "VALUES",
    ]

    /// A parser that stands behind the first word.
    init(_ tokens: [SQLToken]) { self.tokens = tokens }

    static func refusal(_ source: String, _ reason: String) -> TableStorageError {
        TableStorageError(.invalidSQL, "Invalid SQL at: \(source): \(reason)")
    }

    static func refuseWriteBehindWith(_ tokens: [SQLToken]) throws(TableStorageError) {
        var depth = 0
        for token in tokens {
            if token.isMark("(") { depth += 1 }
            if token.isMark(")") { depth -= 1 }
            guard depth == 0, token.isOneOf(["INSERT", "UPDATE", "DELETE"]) else { continue }
            throw refusal(
                token.source, "WITH stands before a SELECT only; put it into a subquery of a write")
        }
    }

    mutating func insert() throws(TableStorageError) -> SQLInsert {
        guard !isAt("OR") else {
            throw Self.refusal("OR", "records whose key exists are skipped, and nothing else")
        }
        try take("INTO")
        let table = try tableName()
        guard isAtMark("(") else {
            throw Self.refusal(
                shown, "an INSERT names its attributes: INSERT INTO dev.dog (id, name) VALUES ...")
        }
        let attributes = try names()
        guard isAt("VALUES") || isAt("SELECT") || isAt("WITH") else {
            throw Self.refusal(shown, "VALUES or a SELECT is expected")
        }
        try refuseExtras()
        let rows = tokens[index...]
        try Self.checkBrackets(rows)
        return SQLInsert(table: table, attributes: attributes, rows: SQLText(rows))
    }

    mutating func update() throws(TableStorageError) -> SQLUpdate {
        guard !isAt("OR") else { throw Self.refusal("OR", "UPDATE has no such form here") }
        let target = try target(before: "SET")
        try take("SET")
        try refuseExtras()
        var changes: [(attribute: String, value: SQLText)] = []
        repeat {
            let name = try name("an attribute")
            guard isAtMark("=") else {
                throw Self.refusal(shown, "SET takes attribute = value, and plain names only")
            }
            index += 1
            changes.append((name, SQLText(try expression(endedBy: ","))))
        } while takeMark(",")
        return SQLUpdate(target: target, changes: changes, condition: try condition())
    }

    mutating func delete() throws(TableStorageError) -> SQLDelete {
        try take("FROM")
        let target = try target(before: "WHERE")
        try refuseExtras()
        return SQLDelete(target: target, condition: try condition())
    }
}

// MARK: Pieces

extension SQLParser {
    private var current: SQLToken? { index < tokens.count ? tokens[index] : nil }
    private var shown: String { current?.source ?? "the end" }

    private func isAt(_ word: String) -> Bool { current?.isWord(word) ?? false }
    private func isAtMark(_ mark: String) -> Bool { current?.isMark(mark) ?? false }

    private mutating func take(_ word: String) throws(TableStorageError) {
        guard isAt(word) else { throw Self.refusal(shown, "\(word) is expected") }
        index += 1
    }

    private mutating func takeMark(_ mark: String) -> Bool {
        guard isAtMark(mark) else { return false }
        index += 1
        return true
    }

    private mutating func name(_ what: String) throws(TableStorageError) -> String {
        guard let token = current, token.isName else {
            throw Self.refusal(shown, "the name of \(what) is expected")
        }
        index += 1
        return token.value
    }

    private mutating func tableName() throws(TableStorageError) -> TableName {
        let first = try name("a table")
        guard takeMark(".") else {
            throw TableStorageError(.databaseNotNamed, "schema not defined for table \(first)")
        }
        return TableName(first, try name("a table"))
    }

    private mutating func target(before word: String) throws(TableStorageError) -> SQLTarget {
        let table = try tableName()
        let isNamed = isAt("AS")
        if isNamed { index += 1 }
        guard isNamed || !(current.map { $0.isWord(word) || !$0.isName } ?? true) else {
            return SQLTarget(table: table, alias: nil)
        }
        return SQLTarget(table: table, alias: try name("an alias"))
    }

    /// Names in brackets.
    private mutating func names() throws(TableStorageError) -> [String] {
        index += 1
        var names = [try name("an attribute")]
        while takeMark(",") { names.append(try name("an attribute")) }
        guard takeMark(")") else { throw Self.refusal(shown, "a closing bracket is expected") }
        guard Set(names).count == names.count else {
            throw Self.refusal(names[0], "an attribute is named twice")
        }
        return names
    }

    private mutating func condition() throws(TableStorageError) -> SQLText? {
        guard let token = current else { return nil }
        guard token.isWord("WHERE") else {
            throw Self.refusal(token.source, "WHERE or the end is expected")
        }
        index += 1
        let condition = SQLText(try expression(endedBy: nil))
        guard current == nil else { throw Self.refusal(shown, "a condition ends the statement") }
        return condition
    }

    /// Everything up to a mark, a clause or the end, outside of brackets.
    private mutating func expression(
        endedBy mark: String?
    ) throws(TableStorageError) -> ArraySlice<SQLToken> {
        let start = index
        var depth = 0
        while let token = current {
            if token.isMark("(") { depth += 1 }
            if token.isMark(")") { depth -= 1 }
            guard depth >= 0 else { throw Self.refusal(")", "no bracket is open") }
            if depth == 0, ends(token, mark) { break }
            index += 1
        }
        guard depth == 0 else { throw Self.refusal("the end", "a bracket is not closed") }
        guard index > start else { throw Self.refusal(shown, "a value is expected") }
        return tokens[start..<index]
    }

    private func ends(_ token: SQLToken, _ mark: String?) -> Bool {
        if let mark, token.isMark(mark) { return true }
        // `IS DISTINCT FROM` is an operator.
        if token.isWord("FROM"), index > 0, tokens[index - 1].isWord("DISTINCT") { return false }
        return token.isOneOf(Self.furtherClauses)
    }

    private static func checkBrackets(_ tokens: ArraySlice<SQLToken>) throws(TableStorageError) {
        var depth = 0
        for token in tokens {
            if token.isMark("(") { depth += 1 }
            if token.isMark(")") { depth -= 1 }
            guard depth >= 0 else { throw refusal(")", "no bracket is open") }
        }
        guard depth == 0 else { throw refusal("the end", "a bracket is not closed") }
    }

    /// What SQLite has and HarperDB has not, outside of brackets in what is left.
    private func refuseExtras() throws(TableStorageError) {
        var depth = 0
        for (place, token) in tokens.enumerated().dropFirst(index) {
            if token.isMark("(") { depth += 1 }
            if token.isMark(")") { depth -= 1 }
            guard depth == 0 else { continue }
            if token.isWord("RETURNING") {
                throw Self.refusal(token.source, "a write answers with its keys; ask with a SELECT")
            }
            if token.isWord("CONFLICT"), tokens[place - 1].isWord("ON") {
                throw Self.refusal("ON CONFLICT", "use the operation upsert")
            }
        }
    }
}
