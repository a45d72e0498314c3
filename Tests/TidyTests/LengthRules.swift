/// Files, functions and lines that one can take in.
enum LengthRules {
    static let fileLinesMax = 500
    static let functionLinesMax = 60
    static let lineCharactersMax = 100

    static func longFiles(_ file: RepositoryFile) -> [Finding] {
        guard file.swift != nil, file.lines.count > fileLinesMax else { return [] }
        return [
            Finding(
                path: file.path,
                message: "\(file.lines.count) lines, the limit is \(fileLinesMax)")
        ]
    }

    static func longLines(_ file: RepositoryFile) -> [Finding] {
        guard file.swift != nil else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            // Counting bytes first spares the count of characters for nearly all lines.
            guard line.utf8.count > lineCharactersMax, line.count > lineCharactersMax else {
                return nil
            }
            return Finding(
                path: file.path, line: index + 1,
                message: "\(line.count) characters, the limit is \(lineCharactersMax)")
        }
    }

    /// From the line of the keyword to the line of the closing brace.
    static func longFunctions(_ file: RepositoryFile) -> [Finding] {
        FunctionBody.all(in: file).compactMap { body in
            guard body.lineCount > functionLinesMax else { return nil }
            return Finding(
                path: file.path, line: body.firstLine,
                message: "\(body.name) has \(body.lineCount) lines, "
                    + "the limit is \(functionLinesMax)")
        }
    }
}

/// A function, initialiser, subscript or computed property with its extent.
struct FunctionBody: Equatable {
    let name: String
    let firstLine: Int
    let lastLine: Int
    var lineCount: Int { lastLine - firstLine + 1 }

    private static let keywords: Set<String> = ["func", "init", "deinit", "subscript", "var"]
    /// Words that begin the next declaration: what came before had no body, as in a protocol.
    private static let declarations: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "class", "enum",
        "actor", "extension", "protocol", "typealias", "associatedtype", "static", "package",
        "private", "fileprivate", "internal", "public", "mutating", "override", "final",
    ]

    static func all(in file: RepositoryFile) -> [FunctionBody] {
        guard let swift = file.swift else { return [] }
        return swift.tokens.indices.compactMap { index in
            let token = swift.tokens[index]
            guard token.kind == .word, keywords.contains(token.text),
                index == 0 || !swift.tokens[index - 1].isMark("."),
                let open = openingBrace(after: index, in: swift.tokens),
                let close = swift.closing(open)
            else { return nil }
            return FunctionBody(
                name: name(at: index, in: swift.tokens), firstLine: token.line,
                lastLine: swift.tokens[close].line)
        }
    }

    private static func name(at keyword: Int, in tokens: [SwiftText.Token]) -> String {
        let isNamed = ["func", "var"].contains(tokens[keyword].text)
        guard isNamed, keyword + 1 < tokens.count else { return tokens[keyword].text }
        return tokens[keyword + 1].text
    }

    /// The brace that opens the body of the declaration at `keyword`.
    private static func openingBrace(after keyword: Int, in tokens: [SwiftText.Token]) -> Int? {
        let isVariable = tokens[keyword].isWord("var")
        var depth = 0
        for index in (keyword + 1)..<max(keyword + 1, tokens.count) {
            let token = tokens[index]
            if token.isMark("(") || token.isMark("[") { depth += 1 }
            if token.isMark(")") || token.isMark("]") { depth -= 1 }
            if depth < 0 { return nil }
            if depth > 0 { continue }
            if token.isMark("{") { return index }
            if token.isMark("}") { return nil }
            if token.kind == .word, declarations.contains(token.text) { return nil }
            // A variable's value, or the line after a stored property, is no body of its own.
            if isVariable, token.isMark("=") || token.line > tokens[index - 1].line { return nil }
        }
        return nil
    }
}
