/// One of the things that a SELECT lists: its tokens, and the key that answers give it.
struct SQLSelectItem {
    let tokens: ArraySlice<SQLToken>

    /// Functions that HarperDB's answers write in capitals, whatever the client wrote.
    private static let capitals: Set<String> = ["COUNT", "MIN", "MAX", "AVG", "SUM", "ROUND"]
    private static let capitalWords: Set<String> = ["DISTINCT", "TRUE", "FALSE"]
    /// Words behind which a name is an operand and no alias.
    private static let operators: Set<String> = [
        "IS", "NOT", "AND", "OR", "LIKE", "GLOB", "REGEXP", "MATCH", "IN", "BETWEEN", "ESCAPE",
        "COLLATE", "OVER", "FROM", "CASE", "WHEN", "THEN", "ELSE", "DISTINCT", "ALL",
    ]
    /// Words that end an operand and are no alias.
    private static let operands: Set<String> = [
        "NULL", "ISNULL", "NOTNULL", "TRUE", "FALSE", "END", "CURRENT_TIMESTAMP", "CURRENT_DATE",
        "CURRENT_TIME",
    ]

    /// Everything of every table.
    var isStar: Bool { tokens.count == 1 && tokens.first?.isMark("*") == true }

    /// The name of a column, if the item is one, with or without its table and an alias.
    var column: String? {
        let names = withoutAlias
        guard !names.isEmpty, names.count % 2 == 1 else { return nil }
        for (offset, token) in names.enumerated() {
            guard offset % 2 == 0 ? token.isName : token.isMark(".") else { return nil }
        }
        return names.last.flatMap { $0.isOneOf(Self.operands) ? nil : $0.value }
    }

    /// The key that an expression gets; nil for what has one without us.
    var key: String? {
        guard 1...TableLimits.sqlKeyTokensMax ~= tokens.count, tokens.last?.isMark("*") != true,
            column == nil, withoutAlias.count == tokens.count
        else { return nil }
        return Self.shown(tokens)
    }

    private var withoutAlias: ArraySlice<SQLToken> {
        var depth = 0
        for (index, token) in zip(tokens.indices, tokens) {
            if token.isMark("(") { depth += 1 }
            if token.isMark(")") { depth -= 1 }
            if depth == 0, token.isWord("AS") { return tokens[..<index] }
        }
        guard tokens.count > 1, let last = tokens.last else { return tokens }
        let before = tokens[tokens.endIndex - 2]
        let isOperand =
            before.isMark(")") || (before.kind != .mark && !before.isOneOf(Self.operators))
        let mayBeAlias = last.kind == .text || (last.isName && !last.isOneOf(Self.operands))
        return isOperand && mayBeAlias ? tokens.dropLast() : tokens
    }

    /// The text of an expression, written as HarperDB writes it.
    private static func shown(_ tokens: ArraySlice<SQLToken>) -> String {
        var text = ""
        for (index, token) in zip(tokens.indices, tokens) {
            let next = index + 1 < tokens.endIndex ? tokens[index + 1] : nil
            if let before = index > tokens.startIndex ? tokens[index - 1] : nil, token.isSpaced,
                !isTight(before), !isTight(token)
            {
                text += " "
            }
            let isCapital =
                token.isOneOf(capitalWords)
                || (token.isOneOf(capitals) && next?.isMark("(") == true)
            text += isCapital ? token.source.uppercased() : token.source
        }
        return text
    }

    private static func isTight(_ token: SQLToken) -> Bool {
        token.isMark("(") || token.isMark(")") || token.isMark(",")
    }
}
