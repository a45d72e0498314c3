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
    /// Keys as they are compared, and what is known under each.
    private var keys = KeyTable()
    private var entries: [Entry] = []
    private var itemOfEdition: [EditionKey: ItemIndex] = [:]

    private struct Entry {
        var description: Dataset.Item?
        /// Further keys that lead to the item.
        var others: [String] = []
        /// The item, once it was rated.
        var item: ItemIndex?
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
            let number = number(ofKey: key, in: table.reader, &report)
            let name = Self.text(title, in: table.reader)
            guard !keys.isEmpty(number), !name.isEmpty else {
                report.count(.missingField, example: "\(table.path), line \(table.reader.line)")
                continue
            }
            guard entries[number].description == nil else {
                report.count(.duplicateItem, example: keys.key(number))
                continue
            }
            entries[number].description = Dataset.Item(
                key: keys.key(number), title: name, author: Self.text(author, in: table.reader),
                year: Self.year(year, in: table.reader),
                publisher: Self.text(publisher, in: table.reader),
                image: Self.address(Self.text(image, in: table.reader)))
            entries[number].others =
                others
                .compactMap { ISBN(restoringZeros: table.reader.text($0)) }
                .map { $0.ten ?? $0.thirteen }
        }
    }

    /// A field as people would write it; empty without a column.
    private static func text(_ column: Int?, in fields: borrowing CSVReader) -> String {
        guard let column else { return "" }
        // Most texts need nothing, and to find that out in bytes costs almost nothing.
        let isClean = fields.withBytes(of: column) { bytes in
            let ends = UInt8(ascii: " ") + 1..<0x80
            guard let first = bytes.first, let last = bytes.last else { return true }
            return ends.contains(first) && ends.contains(last)
                && !(bytes.contains(UInt8(ascii: "&")) && bytes.contains(UInt8(ascii: ";")))
        }
        return isClean ? fields.text(column) : cleaned(fields.text(column))
    }

    /// Without white space at the ends, and with the few entities that the dumps contain resolved.
    private static func cleaned(_ text: String) -> String {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return entities.reduce(trimmed) { $0.replacing($1.entity, with: $1.character) }
    }

    /// The ampersand comes last, so that nothing is resolved twice.
    private static let entities = [
        (entity: "&lt;", character: "<"), (entity: "&gt;", character: ">"),
        (entity: "&quot;", character: "\""), (entity: "&#39;", character: "'"),
        (entity: "&amp;", character: "&"),
    ]

    /// A year alone, with a fraction as spreadsheets write it, or at the end of a date; 0 is none.
    private static func year(_ column: Int?, in fields: borrowing CSVReader) -> Int? {
        guard let column else { return nil }
        if let year = fields.integer(column) { return year == 0 ? nil : year }
        let text = text(column, in: fields)
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

    /// The number of the key that a field stands for, with an entry of that number.
    private mutating func number(
        ofKey column: Int, in fields: borrowing CSVReader, _ report: inout DatasetReport
    ) -> Int {
        let isPlain = form.keys == .plain || options.keepsKeys
        let number = fields.withBytes(of: column) { written in
            if isPlain || ISBN.isTen(written) { return keys.number(of: written) }
            var key = isbn(String(decoding: written, as: UTF8.self), &report)
            return key.withUTF8 { keys.number(of: $0) }
        }
        if number == entries.count { entries.append(Entry()) }
        return Int(number)
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
            let number = number(ofKey: column, in: fields, &report)
            if entries[number].description == nil, title != nil {
                entries[number].description = Dataset.Item(
                    key: keys.key(number), title: Self.text(title, in: fields),
                    author: Self.text(author, in: fields))
            }
            itemOfSpelling.append(entries[number].item ?? newItem(number, &report))
        }
        if let item = itemOfSpelling[spelling] { return item }
        report.count(.untitledItem, example: spellings.key(spelling))
        return nil
    }

    private mutating func newItem(_ number: Int, _ report: inout DatasetReport) -> ItemIndex? {
        let described = entries[number].description ?? Dataset.Item(key: keys.key(number))
        guard !options.requiresTitles || !described.title.isEmpty else { return nil }
        let edition = Self.edition(described)
        let others = entries[number].others
        if options.mergesEditions, let edition, let first = itemOfEdition[edition] {
            report.count(
                .mergedEdition, example: "\(described.key) is \(items[first.place].key)")
            aliases += ([described.key] + others).map { ($0, first) }
            entries[number].item = first
            return first
        }
        let item = ItemIndex(items.count)
        items.append(described)
        aliases += others.map { ($0, item) }
        entries[number].item = item
        if let edition { itemOfEdition[edition] = item }
        return item
    }

    /// Every edition's key leads to its item, also one that nobody rated.
    ///
    /// - Returns: The described items that nobody rated and that are no edition of another.
    mutating func addUnratedEditions() -> [Dataset.Item] {
        var rest: [Dataset.Item] = []
        let unrated = entries.compactMap { entry in
            entry.item == nil ? entry.description.map { ($0, entry.others) } : nil
        }
        for (description, others) in unrated.sorted(by: { $0.0.key < $1.0.key }) {
            let edition = options.mergesEditions ? Self.edition(description) : nil
            guard let item = edition.flatMap({ itemOfEdition[$0] }) else {
                rest.append(description)
                continue
            }
            aliases += ([description.key] + others).map { ($0, item) }
        }
        return rest
    }

    private static func edition(_ item: Dataset.Item) -> EditionKey? {
        EditionKey(title: item.title, author: item.author)
    }
}
