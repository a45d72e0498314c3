/// Makes the ratings of the sample: readers with known tastes, from a seed.
///
/// Every reader has a main taste, and some have a second one. A reader goes through 6 to 25 books:
/// most from these tastes, some from anywhere. Books of the reader's tastes get high ratings,
/// others low ones, and a part of all is noted without a rating (0, implicit). Within a taste the
/// first books of the list are read more often than the last, and a reader often goes on with the
/// book that follows the one just read, so that books of one author or series keep together.
///
/// 1. Equal tastes and equal seeds give equal bytes, on every machine: whole numbers only, and a
///    generator of random numbers of its own.
/// 2. No reader rates a book twice.
/// 3. Every rating is in 0...10 and every ISBN comes from the tastes.
package struct SampleGenerator: Sendable {
    /// The seed of the committed file.
    package static let committedSeed: UInt64 = 2026

    private let tastes: [[Int]]
    private let isbns: [String]
    private let everyBook: [Int]
    private let seed: UInt64

    /// - Throws: `.emptyTaste` if there is nothing to read.
    package init(
        tastes: [Taste], seed: UInt64 = SampleGenerator.committedSeed
    ) throws(SampleGeneratorError) {
        if tastes.isEmpty {
            throw SampleGeneratorError(code: .emptyTaste, message: "there are no tastes")
        }
        if let empty = tastes.first(where: { $0.books.isEmpty }) {
            throw SampleGeneratorError(
                code: .emptyTaste, message: "the taste \(empty.id) has no books")
        }
        var isbns: [String] = []
        var positions: [String: Int] = [:]
        self.tastes = tastes.map { taste in
            taste.books.map { isbn in
                if let known = positions[isbn] { return known }
                positions[isbn] = isbns.count
                isbns.append(isbn)
                return isbns.count - 1
            }
        }
        self.isbns = isbns
        everyBook = Array(isbns.indices)
        self.seed = seed
    }

    /// One line of `ratings.csv`.
    package struct Rating: Sendable, Hashable {
        /// 1, 2, 3 ... in the order of generation.
        package let reader: Int
        package let isbn: String
        /// 1...10, larger is better; 0 means read but not rated.
        package let rating: Int
    }

    /// All ratings, reader after reader, each reader's books in the order of reading.
    package func ratings() -> [Rating] {
        var random = SampleRandom(seed: seed)
        return (1...Habits.readerCount).flatMap { ratings(ofReader: $0, using: &random) }
    }

    /// The ratings as the committed file has them: `user_id,isbn,rating`, UTF-8, line feeds.
    package func ratingsCSV() -> [UInt8] {
        var text = "user_id,isbn,rating\n"
        for rating in ratings() {
            text += "\(rating.reader),\(rating.isbn),\(rating.rating)\n"
        }
        return Array(text.utf8)
    }
}

/// How readers choose and judge; chances are of one hundred.
private enum Habits {
    static let readerCount = 1_500
    static let bookCounts = 6...25
    static let secondTasteChance = 50
    /// Books from anywhere: gifts, fashion, airports.
    static let strayChance = 12
    /// Of the books within the tastes of a reader who has two.
    static let secondShareChance = 35
    /// That the next book is the one after the last.
    static let followChance = 35
    static let unratedChance = 15
    static let likedRatings = 7...10
    static let strayRatings = 1...7
    /// Strict readers give one point less than others.
    static let strictChance = 30
}

/// What is known of a reader while the reader chooses books.
private struct SampleReader {
    let mainTaste: Int
    let secondTaste: Int?
    let isStrict: Bool
    var read: Set<Int> = []
    /// Where in which taste the reader found the last book.
    var last: (taste: Int, position: Int)?
}

extension SampleGenerator {
    private func ratings(ofReader id: Int, using random: inout SampleRandom) -> [Rating] {
        var reader = reader(using: &random)
        let bookCount = random.number(in: Habits.bookCounts)
        return (0..<bookCount).compactMap { _ in
            // A reader who has finished every book there is has no more to rate.
            guard let book = nextBook(by: &reader, using: &random) else { return nil }
            reader.read.insert(book)
            let isLiked = tasteIndices(of: reader).contains { tastes[$0].contains(book) }
            return Rating(
                reader: id, isbn: isbns[book],
                rating: rating(isLiked: isLiked, by: reader, using: &random))
        }
    }

    private func nextBook(
        by reader: inout SampleReader, using random: inout SampleRandom
    ) -> Int? {
        if !random.happens(Habits.strayChance), let liked = likedBook(by: &reader, using: &random) {
            return liked
        }
        return unreadBook(in: everyBook, from: random.below(everyBook.count), by: reader)
    }

    private func reader(using random: inout SampleRandom) -> SampleReader {
        let mainTaste = random.below(tastes.count)
        let other = random.below(tastes.count)
        let hasSecond = random.happens(Habits.secondTasteChance) && other != mainTaste
        return SampleReader(
            mainTaste: mainTaste, secondTaste: hasSecond ? other : nil,
            isStrict: random.happens(Habits.strictChance))
    }

    private func tasteIndices(of reader: SampleReader) -> [Int] {
        [reader.mainTaste] + (reader.secondTaste.map { [$0] } ?? [])
    }

    /// The next book from one of the reader's tastes; nil if that taste has been read to its end.
    private func likedBook(
        by reader: inout SampleReader, using random: inout SampleRandom
    ) -> Int? {
        var taste = reader.mainTaste
        if let second = reader.secondTaste, random.happens(Habits.secondShareChance) {
            taste = second
        }
        let books = tastes[taste]
        // The smaller of two draws: the chance falls evenly from the first book to the last.
        var position = min(random.below(books.count), random.below(books.count))
        if random.happens(Habits.followChance), let last = reader.last, last.taste == taste {
            position = (last.position + 1) % books.count
        }
        guard let book = unreadBook(in: books, from: position, by: reader) else { return nil }
        reader.last = (taste, books.firstIndex(of: book) ?? position)
        return book
    }

    /// The first unread book from a position on, going round at the end: at most one turn.
    private func unreadBook(in books: [Int], from start: Int, by reader: SampleReader) -> Int? {
        let turn = books[start...] + books[..<start]
        return turn.first { !reader.read.contains($0) }
    }

    private func rating(
        isLiked: Bool, by reader: SampleReader, using random: inout SampleRandom
    ) -> Int {
        let points = random.number(in: isLiked ? Habits.likedRatings : Habits.strayRatings)
        if random.happens(Habits.unratedChance) { return 0 }
        return max(1, reader.isStrict ? points - 1 : points)
    }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 12).
///
/// The sample keeps a generator of its own, so that no change elsewhere can change committed bytes.
private struct SampleRandom {
    private static let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= Self.goldenGamma
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in 0..<bound. The bias of multiply-and-shift is below 2^-50 for bounds as small as
    /// these, and no one bets on this sample.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// True in `chance` of one hundred cases.
    mutating func happens(_ chance: Int) -> Bool {
        below(100) < chance
    }
}
