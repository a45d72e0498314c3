/// Says in SQLite's words what a client means by HarperDB's.
///
/// | The client writes | SQLite reads | because |
/// |---|---|---|
/// | `true`, `false` as a value | the blob of that JSON text | so booleans are stored |
/// | `= '1'`, `<> '1'`, `IN ('1')` in a condition | `IN ('1', 1)` and so on | HarperDB converts |
/// | `= 'true'` in a condition | `IN ('true', <blob>)` | the same |
/// | a column as a condition of its own | `ledge_truth(column)` | a blob is never true |
/// | `undefined` as a value | `NULL` | JavaScript |
/// | `CURRENT_DATE()` and its like | without the brackets | SQLite has them as words |
/// | an expression in a list | the expression with its key | keys are HarperDB's |
///
/// Everything else stays as it is; text in quotes is never changed.
struct SQLRewriting {
    /// What expressions are there for.
    private enum Clause { case value, condition }

    /// A pair of brackets, a CASE, or the whole.
    private struct Level {
        var clause: Clause
        /// The values behind IN.
        var isList = false
        /// Where the item of a SELECT's list began.
        var itemStart: Int?
    }

    private let tokens: [SQLToken]
    private var levels: [Level]
    private var output: [SQLToken] = []

    /// - Parameter isCondition: Whether the text is one, such as what stands behind WHERE.
    static func rewritten(_ text: SQLText, isCondition: Bool = false) -> String {
        var rewriting = SQLRewriting(text.tokens, isCondition ? .condition : .value)
        rewriting.run()
        return SQLToken.text(of: rewriting.output)
    }

    private init(_ tokens: [SQLToken], _ clause: Clause) {
        self.tokens = tokens
        levels = [Level(clause: clause)]
    }

    private mutating func run() {
        for index in tokens.indices {
            endItem(before: index)
            enterClause(at: index)
            write(index)
            changeLevel(at: index)
        }
        endItem(before: tokens.count)
    }
}

// MARK: Where we are

extension SQLRewriting {
    private static let conditionWords: Set<String> = ["WHERE", "HAVING", "ON", "WHEN"]
    private static let valueWords: Set<String> = [
        "SELECT", "VALUES", "GROUP", "ORDER", "LIMIT", "OFFSET", "THEN", "ELSE", "FROM", "UNION",
        "EXCEPT", "INTERSECT", "WINDOW",
    ]
    /// What ends a SELECT's list.
    private static let listEnds: Set<String> = [
        "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "WINDOW", "UNION", "EXCEPT",
        "INTERSECT",
    ]

    private var clause: Clause { levels.last?.clause ?? .value }

    private mutating func update(_ change: (inout Level) -> Void) {
        guard !levels.isEmpty else { return }
        change(&levels[levels.count - 1])
    }

    private func token(_ index: Int) -> SQLToken? {
        tokens.indices.contains(index) ? tokens[index] : nil
    }

    private mutating func enterClause(at index: Int) {
        // `IS DISTINCT FROM` is an operator and enters nothing.
        guard !isDistinctFrom(index) else { return }
        if tokens[index].isOneOf(Self.conditionWords) { update { $0.clause = .condition } }
        if tokens[index].isOneOf(Self.valueWords) { update { $0.clause = .value } }
    }

    private func isDistinctFrom(_ index: Int) -> Bool {
        tokens[index].isWord("FROM") && token(index - 1)?.isWord("DISTINCT") == true
    }

    private mutating func changeLevel(at index: Int) {
        let token = tokens[index]
        if token.isMark("(") {
            let isList = self.token(index - 1)?.isWord("IN") == true && clause == .condition
            levels.append(Level(clause: clause, isList: isList))
        } else if token.isWord("CASE") {
            levels.append(Level(clause: clause))
        } else if token.isMark(")") || token.isWord("END"), levels.count > 1 {
            levels.removeLast()
        } else if token.isWord("SELECT") {
            update { $0.itemStart = index + 1 }
        } else if token.isOneOf(["DISTINCT", "ALL"]),
            self.token(index - 1)?.isWord("SELECT") == true
        {
            update { $0.itemStart = index + 1 }
        } else if token.isMark(","), levels.last?.itemStart != nil {
            update { $0.itemStart = index + 1 }
        }
    }

    /// Gives an expression of a SELECT's list its key as an alias.
    private mutating func endItem(before index: Int) {
        guard let start = levels.last?.itemStart, start <= index else { return }
        let token = token(index)
        let endsList =
            token == nil || token?.isMark(")") == true
            || (token?.isOneOf(Self.listEnds) == true && !isDistinctFrom(index))
        guard endsList || token?.isMark(",") == true else { return }
        if let key = SQLSelectItem(tokens: tokens[start..<index]).key {
            append("AS", isSpaced: true)
            append(Names.quoted(key), isSpaced: true)
        }
        if endsList { update { $0.itemStart = nil } }
    }
}

// MARK: What is written

extension SQLRewriting {
    /// Words behind which a condition begins.
    private static let conditionStarts: Set<String> = [
        "WHERE", "HAVING", "ON", "WHEN", "AND", "OR", "NOT",
    ]
    /// Words before which an operand has ended; operators that bind tighter than `=` are not here.
    private static let operandEnds: Set<String> = [
        "AND", "OR", "GROUP", "ORDER", "LIMIT", "HAVING", "WINDOW", "UNION", "EXCEPT", "INTERSECT",
        "THEN", "ELSE", "END", "WHEN", "WHERE", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS",
        "NATURAL",
    ]
    private static let reserved: Set<String> = [
        "NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "END", "CASE",
    ]

    private mutating func append(_ source: String, isSpaced: Bool = false) {
        output.append(
            SQLToken(kind: .mark, source: source, value: source, isSpaced: isSpaced))
    }

    private mutating func write(_ index: Int) {
        let token = tokens[index]
        if isClockBracket(index) { return }
        if let alternative = alternative(to: index) {
            append("(", isSpaced: true)
            output.append(token)
            append(", \(alternative))")
        } else if let alternative = listAlternative(to: index) {
            output.append(token)
            append(", \(alternative)")
        } else if isOperator(index), self.alternative(to: index + 1) != nil {
            append(["=", "=="].contains(token.source) ? "IN" : "NOT IN", isSpaced: true)
        } else if isJSONBoolean(index) {
            append(Self.blob(token.source.lowercased()), isSpaced: token.isSpaced)
        } else if token.isWord("UNDEFINED"), isAlone(index) {
            append("NULL", isSpaced: token.isSpaced)
        } else {
            writeColumn(index)
        }
    }

    private static let clocks: Set<String> = [
        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
    ]

    /// Whether a bracket is one of the two behind a word that SQLite wants without them.
    private func isClockBracket(_ index: Int) -> Bool {
        let open = tokens[index].isMark("(") ? index : index - 1
        return token(open)?.isMark("(") == true && token(open + 1)?.isMark(")") == true
            && token(open - 1)?.isOneOf(Self.clocks) == true
            && token(open - 2)?.isMark(".") != true
    }

    /// A column that is a condition by itself gets its truth asked for.
    private mutating func writeColumn(_ index: Int) {
        let token = tokens[index]
        let begins = beginsConditionColumn(index)
        if begins { append("\(SQLFunctions.truth)(", isSpaced: token.isSpaced) }
        output.append(token)
        if endsConditionColumn(index) { append(")") }
    }

    private static func blob(_ json: String) -> String {
        "x'" + json.utf8.map { String($0, radix: 16) }.joined() + "'"
    }

    private func isOperator(_ index: Int) -> Bool {
        guard let token = token(index), token.kind == .mark else { return false }
        return ["=", "==", "<>", "!="].contains(token.source)
    }

    /// Whether an operand ends before this place.
    private func endsOperand(_ index: Int) -> Bool {
        guard let token = token(index) else { return true }
        return token.isMark(")") || token.isMark(",") || token.isOneOf(Self.operandEnds)
    }

    /// The other value that a text behind `=` or `<>` stands for.
    private func alternative(to index: Int) -> String? {
        guard clause == .condition, isOperator(index - 1), endsOperand(index + 1),
            let token = token(index), token.kind == .text
        else { return nil }
        return Self.converted(token.value)
    }

    private func listAlternative(to index: Int) -> String? {
        guard levels.last?.isList == true, tokens[index].kind == .text,
            let before = token(index - 1),
            before.isMark("(") || before.isMark(","), let next = token(index + 1),
            next.isMark(",") || next.isMark(")")
        else { return nil }
        return Self.converted(tokens[index].value)
    }

    private static func converted(_ text: String) -> String? {
        if text == "true" || text == "false" { return blob(text) }
        guard let whole = Int64(text), String(whole) == text else { return nil }
        return text
    }

    /// Whether a word is not part of a longer name, a call or an alias.
    private func isAlone(_ index: Int) -> Bool {
        let (before, next) = (token(index - 1), token(index + 1))
        return before?.isMark(".") != true && before?.isWord("AS") != true
            && next?.isMark(".") != true && next?.isMark("(") != true
    }

    private func isJSONBoolean(_ index: Int) -> Bool {
        guard tokens[index].isOneOf(["TRUE", "FALSE"]), isAlone(index) else { return false }
        return !isWholeCondition(index..<(index + 1))
    }

    /// Whether these tokens are asked for their truth: a word that does so stands before them and
    /// their operand ends behind them, brackets around them aside.
    private func isWholeCondition(_ range: Range<Int>) -> Bool {
        var (before, behind) = (range.lowerBound - 1, range.upperBound)
        while token(before)?.isMark("(") == true {
            before -= 1
            if token(behind)?.isMark(")") == true { behind += 1 }
        }
        guard endsOperand(behind) else { return false }
        guard let word = token(before) else { return levels.first?.clause == .condition }
        guard word.isOneOf(Self.conditionStarts) else { return false }
        return !(word.isWord("NOT") && token(before - 1)?.isWord("IS") == true)
    }

    private func beginsConditionColumn(_ index: Int) -> Bool {
        guard clause == .condition, tokens[index].isName, !tokens[index].isOneOf(Self.reserved),
            token(index - 1)?.isMark(".") != true
        else { return false }
        var end = index + 1
        while token(end)?.isMark(".") == true { end += 2 }
        return isWholeCondition(index..<end)
    }

    private func endsConditionColumn(_ index: Int) -> Bool {
        guard tokens[index].isName, token(index + 1)?.isMark(".") != true else { return false }
        var start = index
        while token(start - 1)?.isMark(".") == true { start -= 2 }
        return token(start) != nil && beginsConditionColumn(start)
    }
}
