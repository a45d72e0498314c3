import CSV
import Foundation
import Identifiers

/// Reads who rated, read or played what, in every form of ``DatasetForm/all`` or in one's own.
///
/// Cleaning follows HarperDB's notebook: items of one title and author become the first of them;
/// how titles are compared says ``EditionKey``. Bad rows are counted with their reason and never
/// end the reading.
package struct DatasetReader {
    package struct Options: Sendable {
        /// Whether items of one title and author become one item.
        package var mergesEditions: Bool
        /// Whether items without a title are left out: nobody can judge or buy them.
        package var requiresTitles: Bool
        /// Whether a second row of a pair stays a row, as the split of rating models counts them.
        package var keepsRepeats = false
        /// Whether an ISBN stays as it was written, as the evaluation protocol takes it.
        package var keepsKeys = false

        package init(mergesEditions: Bool = true, requiresTitles: Bool = true) {
            self.mergesEditions = mergesEditions
            self.requiresTitles = requiresTitles
        }
    }

    private let form: DatasetForm
    private let keepsRepeats: Bool
    private var items: DatasetItems
    private var dataset: Dataset
    private var readers = KeyTable()

    /// Reads the data set in a directory, whichever form its files have.
    ///
    /// - Parameter forms: What to look for; the first whose files and columns are there is taken.
    /// - Throws: `.fileNotFound` with the names that would do, `.missingColumn`, `.empty`.
    package static func read(
        directory: String, forms: [DatasetForm] = DatasetForm.all, options: Options = Options()
    ) throws(DatasetError) -> Dataset {
        let folder = try DatasetFolder(directory)
        let (form, ratings) = try folder.find(forms)
        let described = try folder.table(form.items)
        // Where nothing could tell a title, its lack says nothing about an item.
        var options = options
        let hasTitles = described != nil || !form.ratedTitle.isEmpty
        options.requiresTitles = options.requiresTitles && hasTitles

        let name = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
        var reader = DatasetReader(name: name, form, options)
        if let described { try reader.items.describe(described, &reader.dataset.report) }
        try reader.readRatings(ratings)
        reader.dataset.unratedItems = reader.items.addUnratedEditions()
        reader.finish()
        guard reader.dataset.rowCount > 0 else {
            let lines = ["\(ratings.path) has no usable row"] + reader.dataset.report.lines
            throw DatasetError(.empty, lines.joined(separator: "; "))
        }
        return reader.dataset
    }

    private init(name: String, _ form: DatasetForm, _ options: Options) {
        self.form = form
        keepsRepeats = options.keepsRepeats
        items = DatasetItems(form, options)
        dataset = Dataset(name: name, form: form.name)
    }

    private mutating func readRatings(_ ratings: DatasetTable) throws(DatasetError) {
        var table = ratings
        let reader = try table.column(form.reader)
        let item = try table.column(form.item)
        let rating = form.rating.isEmpty ? nil : try table.column(form.rating)
        let title = table.optionalColumn(form.ratedTitle)
        let author = table.optionalColumn(form.ratedAuthor)
        var rowOfPair = PairTable()
        while let row = table.next() {
            dataset.report.ratingRowsRead += 1
            if case .malformed(let error) = row {
                dataset.report.count(.malformedRow, example: "\(table.path), \(error.message)")
                continue
            }
            guard !table.reader.isEmpty(reader), !table.reader.isEmpty(item) else {
                dataset.report.count(
                    .missingField, example: "\(table.path), line \(table.reader.line)")
                continue
            }
            guard let value = value(of: rating, in: table.reader) else {
                dataset.report.count(
                    .ratingOutOfRange, example: "\(table.path), line \(table.reader.line)")
                continue
            }
            let index = items.item(
                in: table.reader, key: item, title: title, author: author, &dataset.report)
            guard let index else { continue }
            let number = table.reader.withBytes(of: reader) { readers.number(of: $0) }
            append(ReaderIndex(rawValue: number), index, value, &rowOfPair)
        }
    }

    private func value(of rating: Int?, in fields: borrowing CSVReader) -> Float? {
        guard let rating else { return 1 }
        guard let number = fields.number(rating).map({ Float($0) }), form.scale.contains(number)
        else { return nil }
        return number
    }

    private mutating func append(
        _ reader: ReaderIndex, _ item: ItemIndex, _ rating: Float, _ rowOfPair: inout PairTable
    ) {
        if !keepsRepeats, let row = rowOfPair.row(of: reader, item, orNote: dataset.rowCount) {
            if form.repeats == .sum {
                dataset.rowRatings[row] += rating
            } else {
                dataset.report.count(
                    .repeatedPair,
                    example: "\(readers.key(reader.place)), \(items.key(of: item))")
                dataset.rowRatings[row] = rating
            }
            return
        }
        dataset.rowReaders.append(reader)
        dataset.rowItems.append(item)
        dataset.rowRatings.append(rating)
    }

    private mutating func finish() {
        dataset.readers = readers.keys
        dataset.items = items.items
        dataset.aliases = items.aliases
        dataset.report.ratingRowsKept = dataset.rowCount
    }
}
