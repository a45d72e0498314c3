/// Which titles are editions of one book, and which are volumes of one series.
///
/// Two items are editions of one title if their authors and titles agree but for case, punctuation
/// and additions: `The Hobbit` and `The Hobbit: The Enchanting Prelude`, `Emma` and `Emma (Penguin
/// Classics)`, `Goblet of Fire (Book 4)` and `Goblet of Fire`. Additions with different numbers
/// make different books.
///
/// A series is what a title's addition names with a number, `(Discworld, #5)`, or the first two
/// words that at least three titles of an author share, `Harry Potter and ...`.
package struct TitleGroups: Sendable {
    /// For each item the number of its title; items with one number are editions of one another.
    package private(set) var editions: [Int32] = []
    /// For each item the number of its series, from 1 on, or 0 for none.
    package private(set) var series: [Int32] = []

    /// Titles of an author that begin alike and so make a series.
    private static let volumesMin = 3
    /// Two of these at the beginning of a title say nothing.
    private static let commonWords: Set<String> = [
        "a", "an", "the", "of", "in", "to", "for", "and", "on", "my", "how", "i", "is", "with",
    ]

    package init(_ items: [(title: String, author: String)]) {
        let parsed = items.map { ParsedTitle($0.title, author: $0.author) }
        editions = Self.editions(of: parsed)
        series = Self.series(of: parsed)
    }

    private static func editions(of titles: [ParsedTitle]) -> [Int32] {
        var volumes: [TitleKey: Set<String>] = [:]
        for title in titles where !title.number.isEmpty {
            volumes[title.key, default: []].insert(title.number)
        }
        let whole = Set(titles.map(\.key))
        var numbers: [TitleKey: Int32] = [:]
        return titles.map { title in
            // What stands before a colon is the title if the author has one of just that name.
            var key = title.key
            if let main = title.main, whole.contains(main) { key = main }
            if (volumes[key]?.count ?? 0) > 1 { key.words += " \(title.number)" }
            return numbers.number(of: key)
        }
    }

    private static func series(of titles: [ParsedTitle]) -> [Int32] {
        var beginnings: [TitleKey: Set<String>] = [:]
        for title in titles {
            guard let beginning = title.beginning(without: commonWords) else { continue }
            beginnings[beginning, default: []].insert(title.key.words)
        }
        var numbers: [TitleKey: Int32] = [:]
        return titles.map { title in
            if let named = title.series { return numbers.number(of: named) + 1 }
            guard let beginning = title.beginning(without: commonWords),
                (beginnings[beginning]?.count ?? 0) >= volumesMin
            else { return 0 }
            return numbers.number(of: beginning) + 1
        }
    }
}

/// Words of an author.
private struct TitleKey: Hashable {
    let author: String
    var words: String
}

extension [TitleKey: Int32] {
    /// The key's number; a new one if it was never seen.
    fileprivate mutating func number(of key: TitleKey) -> Int32 {
        if let number = self[key] { return number }
        let number = Int32(count)
        self[key] = number
        return number
    }
}

/// A title taken apart.
private struct ParsedTitle {
    /// The title without additions.
    let key: TitleKey
    /// What stands before a colon, if one is there.
    let main: TitleKey?
    /// The digits in the additions: `4` for `(Book 4)`.
    let number: String
    /// The series that an addition names.
    let series: TitleKey?

    private static let volumeWords: Set<String> = [
        "book", "books", "bk", "vol", "volume", "volumes", "no", "part", "number", "series",
    ]

    init(_ title: String, author: String) {
        let author = Self.words(author).joined()
        let (rest, additions) = Self.additions(of: title)
        let words = Self.words(rest)
        let name = words.isEmpty ? Self.words(title) : words
        key = TitleKey(author: author, words: name.joined(separator: " "))
        number = String(additions.joined().filter(\.isNumber))
        let before = rest.split(separator: ":", maxSplits: 1).first.map { Self.words(String($0)) }
        let hasColon = rest.contains(":") && before?.isEmpty == false
        main =
            hasColon
            ? before.map { TitleKey(author: author, words: $0.joined(separator: " ")) } : nil
        series = additions.lazy.compactMap(Self.seriesName).first.map {
            TitleKey(author: author, words: $0)
        }
    }

    /// The first two words, if they say anything.
    func beginning(without common: Set<String>) -> TitleKey? {
        let words = key.words.split(separator: " ").prefix(2).map(String.init)
        guard words.count == 2, !words.allSatisfy(common.contains) else { return nil }
        guard !words[0].allSatisfy(\.isNumber) else { return nil }
        return TitleKey(author: key.author, words: words.joined(separator: " "))
    }

    /// `discworld` for `Discworld, #5`; nil without a number or a name.
    private static func seriesName(_ addition: String) -> String? {
        guard addition.contains(where: \.isNumber) else { return nil }
        let words = words(addition).filter { word in
            !volumeWords.contains(word) && !word.allSatisfy(\.isNumber)
        }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// The text outside of parentheses and the texts inside.
    private static func additions(of title: String) -> (rest: String, additions: [String]) {
        var rest = ""
        var additions: [String] = []
        var open: [String] = []
        for character in title {
            if character == "(" {
                open.append("")
            } else if character == ")", let addition = open.popLast() {
                additions.append(addition)
            } else if open.isEmpty {
                rest.append(character)
            } else {
                open[open.count - 1].append(character)
            }
        }
        return (rest + open.joined(separator: " "), additions)
    }

    /// Lower-cased words of letters and digits; what stands between letters parts them.
    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }
            .map { $0.filter { $0 != "'" } }.filter { !$0.isEmpty }
    }
}
