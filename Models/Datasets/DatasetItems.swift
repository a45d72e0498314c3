import CSV
import Foundation
import Identifiers

/// The items of a data set while it is read: their descriptions, keys and editions.
struct DatasetItems {
    private let form: DatasetForm
    private let options: DatasetReader.Options
    private(set) var items: [Dataset.Item] = []
    private(set) var aliases: [(key: String, item: ItemIndex)] = []
    /// Keys as they are written, so that each spelling is looked at once.
    private var spellings = KeyTable()
    /// The item of each spelling; nil if the item is left out.
    private var itemOfSpelling: [ItemIndex?] = []
    private var itemOfKey: [String: ItemIndex] = [:]
    private var itemOfEdition: [EditionKey: ItemIndex] = [:]
    private var descriptions: [String: Description] = [:]

    private struct Description {
        var item: Dataset.Item
        /// Further keys that lead to it.
        var others: [String] = []
    }

    private static let tenLength = 10

    init(_ form: DatasetForm, _ options: DatasetReader.Options) {
        self.form = form
        self.options = options
    }

    func key(of item: ItemIndex) -> String { items[item.place].key }
}

// MARK: Descriptions

extension DatasetItems {
    /// Reads the file that describes the items.
    ///
    /// - Throws: `.missingColumn`.
    mutating func describe(
        _ file: DatasetTable, _ report: inout DatasetReport
    ) throws(DatasetError) {
        var table = file
        let key = try table.column(form.itemKey)
        let title = try table.column(form.title)
        let author = table.optionalColumn(form.author)
        let year = table.optionalColumn(form.year)
        let publisher = table.optionalColumn(form.publisher)
        let image = table.optionalColumn(form.image)
        let others = form.otherKeys.compactMap(table.optionalColumn)
        while let row = table.next() {
            report.itemRowsRead += 1
            if case .malformed(let error) = row {
                report.count(.malformedRow, example: "\(table.path), \(error.message)")
                continue
            }
            let fields = table.reader
            func text(_ column: Int?) -> String {
                column.map { Self.cleaned(fields.text($0)) } ?? ""
            }
            let item = Dataset.Item(
                key: self.key(of: fields.text(key), &report), title: text(title),
                author: text(author), year: Self.year(text(year)), publisher: text(publisher),
                image: Self.address(text(image)))
            guard !item.key.isEmpty, !item.title.isEmpty else {
                report.count(.missingField, example: "\(table.path), line \(fields.line)")
                continue
            }
            if descriptions[item.key] != nil {
                report.count(.duplicateItem, example: item.key)
            } else {
                descriptions[item.key] = Description(
                    item: item,
                    others: others.compactMap { ISBN(restoringZeros: fields.text($0)) }
                        .map { $0.ten ?? $0.thirteen })
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

    /// A year alone, with a fraction as spreadsheets write it, or at the end of a date; 0 is none.
    private static func year(_ text: String) -> Int? {
        let plain = text.hasSuffix(".0") ? text.dropLast(2) : Substring(text)
        let last = plain.split(separator: "-").last.map(String.init) ?? ""
        let isNegative = plain.hasPrefix("-")
        guard let year = Int(last), year > 0 else { return nil }
        return isNegative ? -year : year
    }

    /// Only addresses of the web: a page would show them.
    private static func address(_ text: String) -> String {
        ["http://", "https://"].contains { text.hasPrefix($0) } ? text : ""
    }

    private func key(of written: String, _ report: inout DatasetReport) -> String {
        switch form.keys {
        case .plain: written
        case .isbn: options.keepsKeys ? written : isbn(written, &report)
        }
    }

    /// An ISBN's form of ten characters where it has one; else what was written, in upper case.
    private func isbn(_ written: String, _ report: inout DatasetReport) -> String {
        let plain = String(decoding: ISBN.significant(written), as: UTF8.self)
        guard !plain.isEmpty else { return "" }
        if let isbn = ISBN(plain) {
            // Ten characters with the right check digit are already the form that is wanted.
            return plain.utf8.count == Self.tenLength ? plain : isbn.ten ?? isbn.thirteen
        }
        if let isbn = ISBN(restoringZeros: plain) {
            report.count(.restoredZeros, example: written)
            return isbn.ten ?? isbn.thirteen
        }
        report.count(.invalidISBN, example: written)
        return plain
    }
}

// MARK: Items

extension DatasetItems {
    /// The item of a row, made at its first rating; nil if the item is left out.
    ///
    /// - Parameters:
    ///   - key, title, author: Columns of the row.
    mutating func item(
        in fields: borrowing CSVReader, key column: Int, title: Int?, author: Int?,
        _ report: inout DatasetReport
    ) -> ItemIndex? {
        let spelling = Int(fields.withBytes(of: column) { spellings.number(of: $0) })
        if spelling == itemOfSpelling.count {
            let key = key(of: spellings.key(spelling), &report)
            if descriptions[key] == nil, let title {
                descriptions[key] = Description(
                    item: Dataset.Item(
                        key: key, title: Self.cleaned(fields.text(title)),
                        author: author.map { Self.cleaned(fields.text($0)) } ?? ""))
            }
            itemOfSpelling.append(itemOfKey[key] ?? newItem(key, &report))
        }
        if let item = itemOfSpelling[spelling] { return item }
        report.count(.untitledItem, example: spellings.key(spelling))
        return nil
    }

    private mutating func newItem(_ key: String, _ report: inout DatasetReport) -> ItemIndex? {
        let description = descriptions[key] ?? Description(item: Dataset.Item(key: key))
        guard !options.requiresTitles || !description.item.title.isEmpty else { return nil }
        let edition = Self.edition(description.item)
        if options.mergesEditions, let edition, let first = itemOfEdition[edition] {
            report.count(.mergedEdition, example: "\(key) is \(items[first.place].key)")
            aliases += ([key] + description.others).map { ($0, first) }
            itemOfKey[key] = first
            return first
        }
        let item = ItemIndex(items.count)
        items.append(description.item)
        aliases += description.others.map { ($0, item) }
        itemOfKey[key] = item
        if let edition { itemOfEdition[edition] = item }
        return item
    }

    /// Every edition's key leads to its item, also one that nobody rated.
    ///
    /// - Returns: The described items that nobody rated and that are no edition of another.
    mutating func addUnratedEditions() -> [Dataset.Item] {
        var others: [Dataset.Item] = []
        let unrated = descriptions.values.filter { itemOfKey[$0.item.key] == nil }
        for description in unrated.sorted(by: { $0.item.key < $1.item.key }) {
            let edition = options.mergesEditions ? Self.edition(description.item) : nil
            guard let item = edition.flatMap({ itemOfEdition[$0] }) else {
                others.append(description.item)
                continue
            }
            aliases += ([description.item.key] + description.others).map { ($0, item) }
        }
        return others
    }

    private static func edition(_ item: Dataset.Item) -> EditionKey? {
        EditionKey(title: item.title, author: item.author)
    }
}
