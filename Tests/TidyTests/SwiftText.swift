/// The words of a Swift file, told apart from its comments and strings.
///
/// Not a parser: it knows where text begins and ends (all forms of strings with interpolation,
/// nested comments, raw identifiers) and nothing of the grammar, which is what the rules need.
/// Regular expression literals are not known; the house writes none.
struct SwiftText {
    struct Token: Equatable {
        enum Kind {
            /// A keyword, an identifier or a number.
            case word
            /// One character of anything else.
            case mark
            /// The text of a string literal up to its end or to an interpolation.
            case string
            /// What stands between backticks.
            case rawIdentifier
        }

        let kind: Kind
        let text: String
        /// Counted from 1.
        let line: Int

        func isWord(_ word: String) -> Bool { kind == .word && text == word }
        func isMark(_ mark: String) -> Bool { kind == .mark && text == mark }
    }

    /// One line of a comment, with its slashes or stars.
    struct Comment: Equatable {
        let text: String
        let line: Int
    }

    let tokens: [Token]
    let comments: [Comment]

    init(_ text: String) {
        var scanner = SwiftScanner(bytes: Array(text.utf8))
        scanner.scan()
        tokens = scanner.tokens
        comments = scanner.comments
    }

    /// The index of the mark that closes the one at `start`; nil where the file ends first.
    func closing(_ start: Int) -> Int? {
        let pairs = ["(": ")", "[": "]", "{": "}"]
        guard let close = pairs[tokens[start].text] else { return nil }
        var depth = 0
        for index in start..<tokens.count where tokens[index].kind == .mark {
            if tokens[index].text == tokens[start].text { depth += 1 }
            if tokens[index].text == close { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}

private struct SwiftScanner {
    /// Where the scanner stands; an interpolation is code inside a string inside code.
    private enum Place {
        case code
        case interpolation(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var places: [Place] = [.code]
    private(set) var tokens: [SwiftText.Token] = []
    private(set) var comments: [SwiftText.Comment] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func scan() {
        while position < bytes.count {
            switch places[places.count - 1] {
            case .code, .interpolation: scanCode()
            case .string(let hashes, let isMultiline):
                scanString(hashes: hashes, isMultiline: isMultiline)
            }
        }
    }

    private mutating func scanCode() {
        if starts("//") {
            scanLineComment()
        } else if starts("/*") {
            scanBlockComment()
        } else if let hashes = openingHashes() {
            position += hashes
            let isMultiline = starts("\"\"\"")
            position += isMultiline ? 3 : 1
            places.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else if bytes[position] == UInt8(ascii: "`") {
            scanRawIdentifier()
        } else if Self.isWordByte(bytes[position]) {
            let start = position
            while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
            emit(.word, from: start)
        } else {
            scanMark()
        }
    }

    private mutating func scanMark() {
        let byte = bytes[position]
        let isParenthesis = byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
        if isParenthesis, case .interpolation(let depth) = places[places.count - 1] {
            let next = byte == UInt8(ascii: "(") ? depth + 1 : depth - 1
            places.removeLast()
            if next == 0 {
                position += 1
                return
            }
            places.append(.interpolation(depth: next))
        }
        position += 1
        if byte > UInt8(ascii: " ") { emit(.mark, from: position - 1) }
        if byte == Self.newline { line += 1 }
    }

    private mutating func scanString(hashes: Int, isMultiline: Bool) {
        let start = position
        let startLine = line
        let end = Array(repeating: UInt8(ascii: "\""), count: isMultiline ? 3 : 1)
        let tail = Array(repeating: UInt8(ascii: "#"), count: hashes)
        let escape = [UInt8(ascii: "\\")] + tail
        while position < bytes.count {
            if starts(escape + [UInt8(ascii: "(")]) {
                emit(.string, from: start, line: startLine)
                position += escape.count + 1
                places.append(.interpolation(depth: 1))
                return
            } else if starts(escape) {
                position += escape.count
                if position < bytes.count { advance() }
            } else if starts(end + tail) || (!isMultiline && bytes[position] == Self.newline) {
                // A line's end closes a broken literal, so that one mistake stays on its line.
                emit(.string, from: start, line: startLine)
                if bytes[position] != Self.newline { position += end.count + tail.count }
                places.removeLast()
                return
            } else {
                advance()
            }
        }
    }

    private mutating func scanLineComment() {
        let start = position
        while position < bytes.count, bytes[position] != Self.newline { position += 1 }
        comments.append(.init(text: text(from: start), line: line))
    }

    private mutating func scanBlockComment() {
        var depth = 0
        var start = position
        repeat {
            if starts("/*") {
                depth += 1
                position += 2
            } else if starts("*/") {
                depth -= 1
                position += 2
            } else if bytes[position] == Self.newline {
                comments.append(.init(text: text(from: start), line: line))
                advance()
                start = position
            } else {
                position += 1
            }
        } while depth > 0 && position < bytes.count
        comments.append(.init(text: text(from: start), line: line))
    }

    private mutating func scanRawIdentifier() {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "`"),
            bytes[position] != Self.newline
        {
            position += 1
        }
        emit(.rawIdentifier, from: start)
        if position < bytes.count, bytes[position] != Self.newline { position += 1 }
    }
}

extension SwiftScanner {
    private static let newline = UInt8(ascii: "\n")

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// How many number signs stand before a quote that opens here; nil if none opens.
    private func openingHashes() -> Int? {
        var index = position
        while index < bytes.count, bytes[index] == UInt8(ascii: "#") { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return nil }
        return index - position
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { starts($0) }
    }

    private func starts(_ text: some Collection<UInt8>) -> Bool {
        guard let first = text.first, bytes[position] == first else { return false }
        return bytes[position...].starts(with: text)
    }

    private mutating func advance() {
        if bytes[position] == Self.newline { line += 1 }
        position += 1
    }

    private func text(from start: Int) -> String {
        String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func emit(_ kind: SwiftText.Token.Kind, from start: Int, line: Int? = nil) {
        tokens.append(.init(kind: kind, text: text(from: start), line: line ?? self.line))
    }
}
