/// The forms of statement that a client may send; everything else is refused with a sentence.
enum SQLStatement: Sendable {
    case select(SQLText)
    case insert(SQLInsert)
    case update(SQLUpdate)
    case delete(SQLDelete)
}

/// `INSERT INTO database.table (names) VALUES ... | SELECT ...`
struct SQLInsert: Sendable {
    let table: TableName
    let attributes: [String]
    /// The VALUES or SELECT.
    let rows: SQLText
}

/// `UPDATE database.table [AS alias] SET name = expression, ... [WHERE condition]`
struct SQLUpdate: Sendable {
    let target: SQLTarget
    let changes: [(attribute: String, value: SQLText)]
    let condition: SQLText?
}

/// `DELETE FROM database.table [AS alias] [WHERE condition]`
struct SQLDelete: Sendable {
    let target: SQLTarget
    let condition: SQLText?
}

/// The table of a write.
struct SQLTarget: Sendable {
    let table: TableName
    let alias: String?
}

/// A piece of a statement that SQLite will see, as tokens.
struct SQLText: Sendable {
    let tokens: [SQLToken]

    init(_ tokens: some Sequence<SQLToken>) { self.tokens = Array(tokens) }

    /// Names before a point with the one behind it, which may be a table or a column.
    var pairs: [(before: String, behind: String)] {
        tokens.indices.dropFirst(2).compactMap { index in
            guard tokens[index - 1].isMark("."), tokens[index - 2].isName, tokens[index].isName
            else { return nil }
            return (tokens[index - 2].value, tokens[index].value)
        }
    }

    /// The first table that has no database before it and that no WITH defines.
    var tableWithoutDatabase: String? {
        let own = commonTables
        return tableStarts.lazy.map { (tokens[$0], $0 + 1) }.first { token, next in
            // A point makes it a database, a bracket a function.
            let isLonger =
                next < tokens.count && (tokens[next].isMark(".") || tokens[next].isMark("("))
            return !isLonger && !own.contains(token.value.lowercased())
        }?.0.value
    }

    /// Where the names begin that stand in the place of a table.
    private var tableStarts: [Int] {
        var starts: [Int] = []
        /// For each open bracket whether a comma in it leads to another table.
        var lists = [false]
        var isDue = false
        for (index, token) in tokens.enumerated() {
            let isFrom =
                token.isWord("FROM") && !(index > 0 && tokens[index - 1].isWord("DISTINCT"))
            if isFrom || token.isWord("JOIN") || (token.isMark(",") && lists.last == true) {
                lists[lists.count - 1] = true
                isDue = true
            } else if token.isMark("(") {
                lists.append(isDue)
            } else {
                if isDue, token.isName, !token.isOneOf(Self.queryWords) { starts.append(index) }
                isDue = false
                if token.isOneOf(Self.listEnds) { lists[lists.count - 1] = false }
                if token.isMark(")"), lists.count > 1 { lists.removeLast() }
            }
        }
        return starts
    }

    private static let queryWords: Set<String> = ["SELECT", "VALUES", "WITH"]
    private static let listEnds: Set<String> = [
        "SELECT", "VALUES", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION",
        "EXCEPT", "INTERSECT",
    ]

    /// Names that WITH clauses define, in small letters: `name AS (`, `name (columns) AS (`.
    var commonTables: Set<String> {
        var names: Set<String> = []
        for (index, token) in tokens.enumerated() where token.isName {
            var next = index + 1
            if next < tokens.count, tokens[next].isMark("(") {
                next += 1
                while next < tokens.count, tokens[next].isName || tokens[next].isMark(",") {
                    next += 1
                }
                next += 1
            }
            guard next < tokens.count, tokens[next].isWord("AS") else { continue }
            next += 1
            while next < tokens.count, tokens[next].isOneOf(["NOT", "MATERIALIZED"]) { next += 1 }
            if next < tokens.count, tokens[next].isMark("(") {
                names.insert(token.value.lowercased())
            }
        }
        return names
    }
}
