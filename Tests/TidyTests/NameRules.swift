/// Names that say what a thing is.
enum NameRules {
    /// Words that stand for a name not found yet, in any case and number.
    private static let forbidden: Set<String> = [
        "manager", "helper", "util", "utility", "common", "misc", "base", "impl", "data", "info",
        "wrapper", "new", "old", "2", "managers", "helpers", "utils", "utilities", "wrappers",
    ]
    /// Terms of the field that contain such a word.
    private static let terms = ["Argon2", "Base64", "L2"]
    private static let typeKeywords: Set<String> = [
        "struct", "class", "enum", "protocol", "actor", "typealias",
    ]

    /// The forbidden words of a name, as they are written there.
    static func forbiddenWords(in name: String) -> [String] {
        let rest = terms.reduce(name) { $0.replacing($1, with: "") }
        return words(of: rest).filter { forbidden.contains($0.lowercased()) }
    }

    static func types(_ file: RepositoryFile) -> [Finding] {
        guard let tokens = file.swift?.tokens else { return [] }
        return zip(tokens, tokens.dropFirst()).flatMap { keyword, name in
            // `class func` and `import struct Foundation.Data` declare no type.
            let isDeclaration =
                keyword.kind == .word && typeKeywords.contains(keyword.text) && name.kind == .word
                && name.text.first?.isUppercase == true
            return isDeclaration ? findings(name.text, path: file.path, line: name.line) : []
        }
        .filter { finding in
            let isImport = tokens.contains { $0.line == finding.line && $0.isWord("import") }
            return !isImport
        }
    }

    /// What other programs wrote for a test keeps the names that they gave.
    private static let fixtures = "/Fixtures/"

    /// - Parameter paths: Files and folders, from the root.
    static func paths(_ paths: [String]) -> [Finding] {
        paths.filter { !$0.contains(fixtures) }.flatMap { path in
            findings(path.split(separator: "/").last.map(String.init) ?? path, path: path)
        }
    }

    private static func findings(_ name: String, path: String, line: Int? = nil) -> [Finding] {
        forbiddenWords(in: name).map {
            Finding(path: path, line: line, message: "\"\($0)\" in the name \(name) says nothing")
        }
    }

    /// Splits at capitals, digits and everything that is neither: `HTTPInfo2` is HTTP, Info, 2.
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        let characters = Array(name)
        for (index, character) in characters.enumerated() {
            guard character.isLetter || character.isNumber else {
                words.append(word)
                word = ""
                continue
            }
            if let last = word.last {
                let following = index + 1 < characters.count ? characters[index + 1] : " "
                let isAcronymOver =
                    last.isUppercase && character.isUppercase && following.isLowercase
                if last.isNumber != character.isNumber || isAcronymOver
                    || (last.isLowercase && character.isUppercase)
                {
                    words.append(word)
                    word = ""
                }
            }
            word.append(character)
        }
        return (words + [word]).filter { !$0.isEmpty }
    }
}
