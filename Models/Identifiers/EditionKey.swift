/// By what two editions are taken for one book.
///
/// Titles are compared without regard to case, punctuation and additions in parentheses, such as
/// `(Bantam Classics)` or `(Paperback)`; authors by their letters, so that `J.R.R. TOLKIEN` is
/// `J. R. R. Tolkien`. An addition with a digit stays: `(Book 3)` and `(Vol. 2)` name other books.
package struct EditionKey: Sendable, Hashable {
    private let title: [UInt8]
    private let author: [UInt8]

    /// - Returns: Nil if nothing is left to compare by.
    package init?(title: String, author: String) {
        let whole = Array(title.lowercased().utf8)
        let plain = Self.words(Self.withoutAdditions(whole))
        self.title = plain.isEmpty ? Self.words(whole) : plain
        self.author = Self.words(Array(author.lowercased().utf8)).filter { $0 != Self.space }
        guard !self.title.isEmpty else { return nil }
    }

    /// All bytes at once: hashed one by one they would take as long as all the rest of a key.
    package func hash(into hasher: inout Hasher) {
        title.withUnsafeBytes { hasher.combine(bytes: $0) }
        author.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    private static let space = UInt8(ascii: " ")
    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    /// Letters and digits, with one space between words; bytes beyond ASCII count as letters.
    private static func words(_ text: [UInt8]) -> [UInt8] {
        var words: [UInt8] = []
        words.reserveCapacity(text.count)
        for byte in text {
            let isKept =
                byte >= 0x80 || digits.contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            if isKept {
                words.append(byte)
            } else if let last = words.last, last != space, byte == space {
                words.append(space)
            }
        }
        if words.last == space { words.removeLast() }
        return words
    }

    /// The text without balanced parentheses that hold no digit.
    private static func withoutAdditions(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "(")) else { return text }
        var kept: [UInt8] = []
        /// Where in `kept` each open parenthesis begins.
        var open: [Int] = []
        for byte in text {
            if byte == UInt8(ascii: "(") { open.append(kept.count) }
            kept.append(byte)
            guard byte == UInt8(ascii: ")"), let start = open.popLast() else { continue }
            if !kept[start...].contains(where: digits.contains) { kept.removeSubrange(start...) }
        }
        return kept
    }
}
