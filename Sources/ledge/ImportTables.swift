import BundleFormat
import Datasets
import TensorFlowJS

/// The tables beside a TensorFlow.js model, as HarperDB's recommenders and others name them.
struct ImportTables {
    let items: String
    let ratings: String
    let itemIndex: String?
    let readers: String?

    private static let index = ["index", "item_index", "song_idx", "isbn_idx", "idx", "row"]
    private static let itemKey = ["isbn", "item_id", "book_id", "song_id", "key", "id"]
    private static let title = ["title", "song", "name", "original_title"]
    private static let author = ["author", "authors", "artist"]
    private static let readerKey = ["user_id", "reader_id", "reader", "user"]
    private static let readerIndex = ["user_idx", "reader_index", "user_index", "index", "idx"]
    private static let rating = ["rating", "play_count", "plays", "count"]

    func particulars() throws(DatasetError) -> ImportedModel.Particulars {
        var particulars = ImportedModel.Particulars()
        particulars.items = try itemRows()
        let names = try readerRows()
        for (index, name) in names { particulars.readers[index] = name }
        let itemsByKey = Dictionary(
            particulars.items.map { ($0.item.key, $0.row) }, uniquingKeysWith: { first, _ in first }
        )
        let readersByKey = Dictionary(
            names.map { ($0.name, $0.index) }, uniquingKeysWith: { first, _ in first })
        particulars.ratings = try RecordFile.read(
            ratings,
            columns: [
                .init(["user_idx", "reader_index"] + Self.readerKey),
                .init(["song_idx", "item_index"] + Self.itemKey), .init(Self.rating),
                .init(["user_idx", "reader_index"], isRequired: false),
                .init(["song_idx", "item_index"], isRequired: false),
            ]
        ).rows.map { row in
            // -1 is in no model: such a row is counted as passed over.
            ImportedModel.Rating(
                reader: row[3].isEmpty
                    ? readersByKey[row[0]] ?? Int(row[0]) ?? -1 : Int(row[3]) ?? -1,
                item: row[4].isEmpty ? itemsByKey[row[1]] ?? -1 : Int(row[4]) ?? -1,
                value: Double(row[2]) ?? .nan)
        }
        return particulars
    }

    private func itemRows() throws(DatasetError) -> [(row: Int, item: CatalogueItem)] {
        let indexByKey = try itemIndex.map { path throws(DatasetError) in
            Dictionary(
                try RecordFile.read(path, columns: [.init(Self.itemKey), .init(Self.index)]).rows
                    .compactMap { row in Int(row[1]).map { (row[0], $0) } },
                uniquingKeysWith: { first, _ in first })
        }
        let rows = try RecordFile.read(
            items,
            columns: [
                .init(Self.itemKey, isRequired: indexByKey != nil),
                .init(Self.index, isRequired: indexByKey == nil), .init(Self.title),
                .init(Self.author, isRequired: false), .init(["year"], isRequired: false),
                .init(["publisher"], isRequired: false),
            ]
        ).rows
        return rows.compactMap { row in
            guard let index = indexByKey.map({ $0[row[0]] }) ?? Int(row[1]) else { return nil }
            return (
                index,
                CatalogueItem(
                    key: row[0].isEmpty ? row[1] : row[0], title: row[2], author: row[3],
                    year: Int(row[4]), publisher: row[5])
            )
        }
    }

    private func readerRows() throws(DatasetError) -> [(index: Int, name: String)] {
        guard let readers else { return [] }
        return try RecordFile.read(
            readers, columns: [.init(Self.readerKey), .init(Self.readerIndex)]
        ).rows.compactMap { row in Int(row[1]).map { ($0, row[0]) } }
    }
}
