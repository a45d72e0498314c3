import CSV
import Foundation
import Identifiers

/// Reads books and their ratings in every form in which Book-Crossing is handed on.
///
/// | Files | Form |
/// |---|---|
/// | `ratings.csv`, `books.csv`, also `.gz` | commas, UTF-8; the sample has this form too |
/// | `Ratings.csv`, `Books.csv` | Kaggle's: commas, UTF-8 |
/// | `BX-Book-Ratings.csv`, `BX-Books.csv` | the first: semicolons, backslashes, ISO 8859-1 |
///
/// Cleaning follows HarperDB's notebook: ISBNs of one title and author become the first of them;
/// how titles are compared says ``EditionKey``.
/// Bad rows are counted with their reason and never end the reading.
package struct BookCrossingReader {
    package struct Options: Sendable {
        /// Whether ISBNs of one title and author become one item.
        package var mergesEditions = true
        /// Whether items without a title are left out: nobody can judge or buy them.
        package var requiresTitles = true

        package init() {}
    }

    private static let fileNames = [
        (ratings: "ratings.csv.gz", books: "books.csv.gz"),
        (ratings: "ratings.csv", books: "books.csv"),
        (ratings: "Ratings.csv", books: "Books.csv"),
        (ratings: "BX-Book-Ratings.csv", books: "BX-Books.csv"),
    ]
    private static let ratingMax = 10
    private static let tenLength = 10
    /// Room for the pairs of the largest copy that is about, so that the table seldom grows.
    private static let pairsExpected = 1_000_000

    private let options: Options
    private var dataset: Dataset
    /// ISBNs as they are written, so that each spelling is parsed once.
    private var spellings = KeyTable()
    /// The item of each spelling; nil if the item is left out.
    private var itemOfSpelling: [ItemIndex?] = []
    private var readers = KeyTable()
    private var itemOfKey: [String: ItemIndex] = [:]
    private var itemOfEdition: [EditionKey: ItemIndex] = [:]
    private var descriptions: [String: Dataset.Item] = [:]

    private init(name: String, options: Options) {
        self.options = options
        dataset = Dataset(name: name)
    }

    /// Reads the data set in a directory, whichever form its files have.
    ///
    /// - Throws: `.fileNotFound` with the names that would do, `.missingColumn`, `.empty`.
    package static func read(
        directory: String, options: Options = Options()
    ) throws(DatasetError) -> Dataset {
        let files = FileManager.default
        guard
            let found = fileNames.first(where: {
                files.fileExists(atPath: "\(directory)/\($0.ratings)")
            })
        else {
            let names = fileNames.map(\.ratings).joined(separator: ", ")
            throw DatasetError(
                .fileNotFound, "\(directory) holds no ratings; one of \(names) is expected there")
        }
        let name = URL(fileURLWithPath: directory).lastPathComponent
        var reader = BookCrossingReader(name: name, options: options)
        let books = "\(directory)/\(found.books)"
        if files.fileExists(atPath: books) { try reader.readBooks(books) }
        try reader.readRatings("\(directory)/\(found.ratings)")
        reader.addUnratedEditions()
        guard reader.dataset.rowCount > 0 else {
            throw DatasetError(
                .empty,
                "\(directory)/\(found.ratings) has no usable rating; "
                    + reader.dataset.report.lines.joined(separator: "; "))
        }
        return reader.dataset
    }
}

// MARK: Books

extension BookCrossingReader {
    private mutating func readBooks(_ path: String) throws(DatasetError) {
        var table = try DatasetTable(path)
        let isbn = try table.column(["isbn"])
        let title = try table.column(["title", "Book-Title"])
        let author = try table.column(["author", "Book-Author", "authors"])
        let year = table.optionalColumn(["year", "Year-Of-Publication"])
        let publisher = table.optionalColumn(["publisher"])
        while let row = table.next() {
            dataset.report.itemRowsRead += 1
            if case .malformed(let error) = row {
                dataset.report.count(.malformedRow, example: "\(path), \(error.message)")
                continue
            }
            let reader = table.reader
            let item = Dataset.Item(
                key: key(of: reader.text(isbn)), title: Self.cleaned(reader.text(title)),
                author: Self.cleaned(reader.text(author)),
                year: year.flatMap { reader.integer($0) }.flatMap { $0 > 0 ? $0 : nil },
                publisher: publisher.map { Self.cleaned(reader.text($0)) } ?? "")
            guard !item.key.isEmpty, !item.title.isEmpty else {
                dataset.report.count(.missingField, example: "\(path), line \(reader.line)")
                continue
            }
            if descriptions[item.key] != nil {
                dataset.report.count(.duplicateItem, example: item.key)
            } else {
                descriptions[item.key] = item
            }
        }
    }

    /// Without white space at the ends, and with the few entities that the dumps contain resolved.
    private static func cleaned(_ text: String) -> String {
        // Most texts need nothing, and the search for it in bytes costs almost nothing.
        let ends = [text.utf8.first, text.utf8.last]
        let isPlain = ends.allSatisfy { ($0 ?? 0) > UInt8(ascii: " ") && ($0 ?? 0) < 0x80 }
        let trimmed = isPlain ? text : text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.utf8.contains(UInt8(ascii: "&")) else { return trimmed }
        return entities.reduce(trimmed) { $0.replacing($1.entity, with: $1.character) }
    }

    /// The ampersand comes last, so that nothing is resolved twice.
    private static let entities = [
        (entity: "&lt;", character: "<"), (entity: "&gt;", character: ">"),
        (entity: "&quot;", character: "\""), (entity: "&#39;", character: "'"),
        (entity: "&amp;", character: "&"),
    ]

    /// An ISBN's form of ten characters where it has one; else what was written, in upper case.
    private mutating func key(of written: String) -> String {
        let plain = String(decoding: ISBN.significant(written), as: UTF8.self)
        guard !plain.isEmpty else { return "" }
        if let isbn = ISBN(plain) {
            // Ten characters with the right check digit are already the form that is wanted.
            return plain.utf8.count == Self.tenLength ? plain : isbn.ten ?? isbn.thirteen
        }
        if let isbn = ISBN(restoringZeros: plain) {
            dataset.report.count(.restoredZeros, example: written)
            return isbn.ten ?? isbn.thirteen
        }
        dataset.report.count(.invalidISBN, example: written)
        return plain
    }
}

// MARK: Ratings

extension BookCrossingReader {
    private mutating func readRatings(_ path: String) throws(DatasetError) {
        var table = try DatasetTable(path)
        let user = try table.column(["user_id", "User-ID"])
        let isbn = try table.column(["isbn"])
        let rating = try table.column(["rating", "Book-Rating"])
        var rowOfPair: [UInt64: Int] = Dictionary(minimumCapacity: Self.pairsExpected)
        while let row = table.next() {
            dataset.report.ratingRowsRead += 1
            if case .malformed(let error) = row {
                dataset.report.count(.malformedRow, example: "\(path), \(error.message)")
                continue
            }
            let fields = table.reader
            let hasKeys = [user, isbn].allSatisfy { fields.withBytes(of: $0) { !$0.isEmpty } }
            guard hasKeys else {
                dataset.report.count(.missingField, example: "\(path), line \(fields.line)")
                continue
            }
            guard let value = fields.integer(rating), (0...Self.ratingMax).contains(value) else {
                dataset.report.count(.ratingOutOfRange, example: "\(path), line \(fields.line)")
                continue
            }
            let spelling = fields.withBytes(of: isbn) { spellings.number(of: $0) }
            guard let item = item(spelledAs: Int(spelling)) else { continue }
            let reader = fields.withBytes(of: user) { readers.number(of: $0) }
            append(ReaderIndex(rawValue: reader), item, Float(value), &rowOfPair)
        }
        dataset.readers = readers.keys
        dataset.report.ratingRowsKept = dataset.rowCount
    }

    private mutating func append(
        _ reader: ReaderIndex, _ item: ItemIndex, _ rating: Float,
        _ rowOfPair: inout [UInt64: Int]
    ) {
        let pair =
            UInt64(UInt32(bitPattern: reader.rawValue)) << 32
            | UInt64(UInt32(bitPattern: item.rawValue))
        if let row = rowOfPair[pair] {
            dataset.report.count(
                .repeatedPair,
                example: "\(readers.key(reader.place)), \(dataset.items[item.place].key)")
            dataset.rowRatings[row] = rating
            return
        }
        rowOfPair[pair] = dataset.rowCount
        dataset.rowReaders.append(reader)
        dataset.rowItems.append(item)
        dataset.rowRatings.append(rating)
    }

    /// The item of an ISBN, made at its first rating; nil if the item is left out.
    private mutating func item(spelledAs spelling: Int) -> ItemIndex? {
        if spelling == itemOfSpelling.count {
            let key = key(of: spellings.key(spelling))
            itemOfSpelling.append(itemOfKey[key] ?? newItem(key))
        }
        if let item = itemOfSpelling[spelling] { return item }
        dataset.report.count(.untitledItem, example: spellings.key(spelling))
        return nil
    }

    private mutating func newItem(_ key: String) -> ItemIndex? {
        let description =
            descriptions[key]
            ?? Dataset.Item(key: key, title: "", author: "", year: nil, publisher: "")
        guard !options.requiresTitles || !description.title.isEmpty else { return nil }
        let edition = Self.edition(description)
        if options.mergesEditions, let edition, let first = itemOfEdition[edition] {
            dataset.report.count(
                .mergedEdition, example: "\(key) is \(dataset.items[first.place].key)")
            dataset.aliases.append((key, first))
            itemOfKey[key] = first
            return first
        }
        let item = ItemIndex(dataset.items.count)
        dataset.items.append(description)
        itemOfKey[key] = item
        if let edition { itemOfEdition[edition] = item }
        return item
    }

    /// Every edition's ISBN leads to its book, also one that nobody rated.
    private mutating func addUnratedEditions() {
        guard options.mergesEditions else { return }
        let unrated = descriptions.values.filter { itemOfKey[$0.key] == nil }
        for description in unrated.sorted(by: { $0.key < $1.key }) {
            guard let edition = Self.edition(description), let item = itemOfEdition[edition]
            else { continue }
            dataset.aliases.append((description.key, item))
        }
    }

    private static func edition(_ description: Dataset.Item) -> EditionKey? {
        EditionKey(title: description.title, author: description.author)
    }
}
