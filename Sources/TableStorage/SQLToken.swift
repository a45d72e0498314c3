/// One token of a statement, cut as SQLite's own tokenizer cuts.
///
/// Comments are white space. What SQLite would take for a parameter is refused, because nobody
/// could bind it.
struct SQLToken: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A keyword or a plain name.
        case word
        /// A name in double quotes, backticks or brackets.
        case quotedName
        /// Text in single quotes.
        case text
        case number
        case blob
        /// An operator or a bracket.
        case mark
    }

    let kind: Kind
    /// As it stands in the statement.
    let source: String
    /// Names and texts without their quotes; everything else as it stands.
    let value: String
    /// White space stands before it.
    let isSpaced: Bool
    /// Of a word its capitals, so that a keyword is known however it is written.
    private let capitals: String

    init(kind: Kind, source: String, value: String, isSpaced: Bool) {
        self.kind = kind
        self.source = source
        self.value = value
        self.isSpaced = isSpaced
        capitals = kind == .word ? source.uppercased() : ""
    }

    func isWord(_ word: String) -> Bool { kind == .word && capitals == word }

    func isOneOf(_ words: Set<String>) -> Bool { kind == .word && words.contains(capitals) }

    func isMark(_ mark: String) -> Bool { kind == .mark && source == mark }

    var isName: Bool { kind == .word || kind == .quotedName }

    static func name(_ name: String) -> SQLToken {
        SQLToken(kind: .quotedName, source: Names.quoted(name), value: name, isSpaced: false)
    }

    static let point = SQLToken(kind: .mark, source: ".", value: ".", isSpaced: false)
}

extension SQLToken {
    /// The tokens of a text.
    ///
    /// - Throws: `.invalidSQL` for a quote that is not closed and for bytes that begin no token,
    ///   `.limitExceeded` for brackets that nest too deep.
    static func all(in sql: String) throws(TableStorageError) -> [SQLToken] {
        var scanner = SQLScanner(sql)
        var tokens: [SQLToken] = []
        var depth = 0
        while let token = try scanner.next() {
            if token.isMark("(") { depth += 1 }
            if token.isMark(")") { depth -= 1 }
            guard depth <= TableLimits.sqlDepthMax else {
                throw TableStorageError(
                    .limitExceeded,
                    "brackets of a statement nest at most \(TableLimits.sqlDepthMax) deep")
            }
            tokens.append(token)
        }
        return tokens
    }

    /// The statement that consists of these tokens, with one space where there was any.
    static func text(of tokens: some Sequence<SQLToken>) -> String {
        var text = ""
        for token in tokens {
            if token.isSpaced { text += " " }
            text += token.source
        }
        return text
    }
}

/// Cuts a text into tokens.
private struct SQLScanner {
    private let bytes: [UInt8]
    private var index = 0

    private static let marks: Set<String> = [
        "->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "==", "!=",
    ]
    private static let singleMarks: Set<UInt8> = Set("()+-*/%&|~<>=,.;".utf8)
    private static let excerptBytes = 40

    init(_ sql: String) { bytes = Array(sql.utf8) }

    mutating func next() throws(TableStorageError) -> SQLToken? {
        let isSpaced = try skipSpace()
        guard index < bytes.count else { return nil }
        let start = index
        let (kind, value) = try cut()
        let source = String(decoding: bytes[start..<index], as: UTF8.self)
        return SQLToken(kind: kind, source: source, value: value ?? source, isSpaced: isSpaced)
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        index + offset < bytes.count ? bytes[index + offset] : nil
    }

    /// - Returns: Whether there was white space or a comment.
    private mutating func skipSpace() throws(TableStorageError) -> Bool {
        let start = index
        while let byte = byte() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0C, 0x0D: index += 1
            case UInt8(ascii: "-") where self.byte(1) == UInt8(ascii: "-"):
                while let next = self.byte(), next != 0x0A { index += 1 }
            case UInt8(ascii: "/") where self.byte(1) == UInt8(ascii: "*"): try skipComment()
            default: return index > start
            }
        }
        return index > start
    }

    private mutating func skipComment() throws(TableStorageError) {
        let start = index
        index += 2
        while let byte = byte() {
            if byte == UInt8(ascii: "*"), self.byte(1) == UInt8(ascii: "/") {
                index += 2
                return
            }
            index += 1
        }
        throw failure(at: start, "a comment is not closed")
    }

    private mutating func cut() throws(TableStorageError) -> (SQLToken.Kind, value: String?) {
        let first = bytes[index]
        switch first {
        case UInt8(ascii: "'"): return (.text, try quoted(by: first))
        case UInt8(ascii: "\""), UInt8(ascii: "`"): return (.quotedName, try quoted(by: first))
        case UInt8(ascii: "["): return (.quotedName, try bracketed())
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            guard byte(1) == UInt8(ascii: "'") else { return word() }
            index += 1
            _ = try quoted(by: UInt8(ascii: "'"))
            return (.blob, nil)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        case UInt8(ascii: "."):
            if let next = byte(1), isDigit(next) { return number() }
            index += 1
            return (.mark, nil)
        case _ where isNamePart(first) && first != UInt8(ascii: "$"): return word()
        default: return try mark()
        }
    }

    private mutating func word() -> (SQLToken.Kind, value: String?) {
        while let byte = byte(), isNamePart(byte) { index += 1 }
        return (.word, nil)
    }

    /// Takes what may belong to a number; whether it is a good one is for SQLite to say.
    private mutating func number() -> (SQLToken.Kind, value: String?) {
        while let byte = byte() {
            let isExponent = byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
            index += 1
            if isExponent, let sign = self.byte(),
                sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
            {
                index += 1
            }
            guard let next = self.byte(), isNamePart(next) || next == UInt8(ascii: ".") else {
                break
            }
        }
        return (.number, nil)
    }

    private mutating func mark() throws(TableStorageError) -> (SQLToken.Kind, value: String?) {
        for length in [3, 2] where index + length <= bytes.count {
            let text = String(decoding: bytes[index..<(index + length)], as: UTF8.self)
            if Self.marks.contains(text) {
                index += length
                return (.mark, nil)
            }
        }
        guard Self.singleMarks.contains(bytes[index]) else {
            throw failure(at: index, "no token begins so, and statements take no parameters")
        }
        index += 1
        return (.mark, nil)
    }

    /// A quote inside is written twice.
    private mutating func quoted(by quote: UInt8) throws(TableStorageError) -> String {
        let start = index
        var value: [UInt8] = []
        index += 1
        while let byte = byte(), byte != 0 {
            index += 1
            if byte == quote {
                guard self.byte() == quote else { return String(decoding: value, as: UTF8.self) }
                index += 1
            }
            value.append(byte)
        }
        throw failure(at: start, "a quote is not closed")
    }

    private mutating func bracketed() throws(TableStorageError) -> String {
        let start = index
        while let byte = byte(), byte != 0 {
            index += 1
            guard byte == UInt8(ascii: "]") else { continue }
            return String(decoding: bytes[(start + 1)..<(index - 1)], as: UTF8.self)
        }
        throw failure(at: start, "a bracket is not closed")
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// As SQLite has it: ASCII letters and digits, `_`, `$`, and all bytes beyond ASCII.
    private func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: isDigit(byte)
        }
    }

    private func failure(at start: Int, _ reason: String) -> TableStorageError {
        let end = min(start + Self.excerptBytes, bytes.count)
        let excerpt = String(decoding: bytes[start..<end], as: UTF8.self)
        return TableStorageError(.invalidSQL, "Invalid SQL at: \(excerpt): \(reason)")
    }
}
