/// Words of the language that this house uses in few places or none.
enum WordRules {
    /// A sequence of tokens, and the folders in which it may occur.
    private struct Restriction {
        let tokens: [String]
        let allowedIn: [String]
        let reason: String
    }

    private static let restrictions = [
        Restriction(
            tokens: ["fatalError", "("], allowedIn: ["Tests"],
            reason: "input never ends the process; throw, or use precondition with a message"),
        // In a test it ends the whole run, which is bad manners but no danger to a user.
        Restriction(tokens: ["try", "!"], allowedIn: ["Tests"], reason: "an error has a receiver"),
        Restriction(
            tokens: ["print", "("], allowedIn: ["Sources/ledge", "Tests"],
            reason: "only the command line prints; a library has a log"),
        Restriction(
            tokens: ["debugPrint", "("], allowedIn: [], reason: "left over from debugging"),
        Restriction(
            tokens: ["public"], allowedIn: [], reason: "package access is enough for one package"),
    ]

    static func restrictedWords(_ file: RepositoryFile) -> [Finding] {
        guard let swift = file.swift else { return [] }
        return restrictions.flatMap { restriction -> [Finding] in
            guard !restriction.allowedIn.contains(where: file.isIn) else { return [] }
            return starts(of: restriction.tokens, in: swift).map { index in
                Finding(
                    path: file.path, line: swift.tokens[index].line,
                    message: "\(restriction.tokens.joined()): \(restriction.reason)")
            }
        }
    }

    private static let uncheckedWords = [
        ["@", "unchecked"], ["nonisolated", "(", "unsafe", ")"], ["@", "preconcurrency"],
    ]
    private static let uncheckedFolders = ["Sources/SQLite", "Sources/HTTPTransport"]

    /// Annotations that silence the compiler stand beside C only, each with its reason beneath.
    static func uncheckedConcurrency(_ file: RepositoryFile) -> [Finding] {
        guard let swift = file.swift else { return [] }
        let commentLines = Set(swift.comments.map(\.line))
        return uncheckedWords.flatMap { words in
            starts(of: words, in: swift).compactMap { index in
                let line = swift.tokens[index].line
                let word = words.joined()
                if !uncheckedFolders.contains(where: file.isIn) {
                    return Finding(
                        path: file.path, line: line,
                        message: "\(word) outside \(uncheckedFolders.joined(separator: ", "))")
                }
                return commentLines.contains(line + 1)
                    ? nil
                    : Finding(
                        path: file.path, line: line,
                        message: "\(word) needs a comment directly beneath that says why it holds")
            }
        }
    }

    /// The words that the rule below looks for; none of them stands here as a reminder.
    private static let reminders: Set<String> = ["TODO", "FIXME", "XXX", "HACK"]

    /// A leftover reminder names its issue: a number sign and digits on the same line.
    static func reminders(_ file: RepositoryFile) -> [Finding] {
        let lines =
            file.swift?.comments.map { ($0.line, $0.text) }
            ?? file.lines.enumerated().map { ($0.offset + 1, String($0.element)) }
        return lines.compactMap { line, text in
            // Nearly no line has one; a search for the words is cheaper than splitting them all.
            guard reminders.contains(where: text.contains) else { return nil }
            let words = text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            guard let reminder = words.first(where: reminders.contains),
                text.firstMatch(of: /#[0-9]+/) == nil
            else { return nil }
            return Finding(
                path: file.path, line: line, message: "\(reminder) without the number of an issue")
        }
    }

    /// Where a sequence of tokens begins; `a.print(` and `func print(` are another matter.
    private static func starts(of words: [String], in swift: SwiftText) -> [Int] {
        swift.tokens.indices.filter { index in
            let end = index + words.count
            guard swift.tokens[index].text == words[0], end <= swift.tokens.count else {
                return false
            }
            let found = swift.tokens[index..<end]
            let isSame = zip(found, words).allSatisfy { token, word in
                token.text == word && (token.kind == .word || token.kind == .mark)
            }
            let isMember =
                index > 0
                && (swift.tokens[index - 1].isMark(".") || swift.tokens[index - 1].isWord("func"))
            return isSame && !isMember
        }
    }
}
