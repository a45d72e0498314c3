import CSV
import Foundation
import Identifiers

/// The files of a split as `prepare.py` of the evaluation protocol writes them.
///
/// | File | Columns, separated by tabs |
/// |---|---|
/// | `train.tsv` | reader, item, rating |
/// | `valid.queries.tsv`, `test.queries.tsv` | reader, draw, query items, hidden items |
/// | `items.tsv` | item, id |
package struct SplitFiles: Sendable {
    /// Ids of the vocabulary by item index.
    package let items: [String]
    /// The training pairs, reader by reader.
    package let pairs: [ReaderSplit.Pair]
    /// How many training readers chose each item.
    package let itemCounts: [Int]
    package let validation: [HeldOutQuery]
    package let test: [HeldOutQuery]

    /// - Throws: `.badSplit` with the file and line at fault.
    package init(directory: String) throws(TrainingError) {
        items = try Self.names("\(directory)/items.tsv")
        let count = items.count
        var counts = [Int](repeating: 0, count: count)
        pairs = try Self.rows(of: "\(directory)/train.tsv", columns: 3)
            .map { row throws(TrainingError) in
                guard let reader = Int32(row[0]), reader >= 0, let rating = Float(row[2]),
                    rating.isFinite
                else {
                    throw TrainingError(
                        .badSplit, "train.tsv: reader and rating must be numbers")
                }
                let item = try Self.item(row[1], of: count)
                counts[item.place] += 1
                return ReaderSplit.Pair(
                    reader: ReaderIndex(rawValue: reader), item: item, rating: rating)
            }
        itemCounts = counts
        let inOrder = zip(pairs, pairs.dropFirst()).allSatisfy { left, right in
            right.reader == left.reader || right.reader.place == left.reader.place + 1
        }
        guard inOrder, pairs.first.map({ $0.reader.place == 0 }) ?? true else {
            throw TrainingError(.badSplit, "train.tsv: readers are not 0, 1, 2 in this order")
        }
        validation = try Self.queries("\(directory)/valid.queries.tsv", itemCount: count)
        test = try Self.queries("\(directory)/test.queries.tsv", itemCount: count)
    }

    /// The second column of a list whose first counts 0, 1, 2.
    static func names(_ path: String) throws(TrainingError) -> [String] {
        try rows(of: path, columns: 2).enumerated().map { place, row throws(TrainingError) in
            guard Int(row[0]) == place else {
                throw TrainingError(.badSplit, "\(path), line \(place + 1): ids are not 0, 1, 2")
            }
            return row[1]
        }
    }

    /// A list as such a file.
    static func text(_ names: [String]) -> String {
        names.enumerated().reduce(into: "") { $0 += "\($1.offset)\t\($1.element)\n" }
    }

    /// A split as its files would tell it.
    package init(_ split: ReaderSplit) {
        items = split.items
        pairs = split.pairs
        itemCounts = split.pairs.reduce(into: [Int](repeating: 0, count: split.items.count)) {
            $0[$1.item.place] += 1
        }
        validation = split.validation
        test = split.test
    }

    private static func queries(
        _ path: String, itemCount: Int
    ) throws(TrainingError) -> [HeldOutQuery] {
        try rows(of: path, columns: 4).map { row throws(TrainingError) in
            guard let reader = Int(row[0]), let draw = Int(row[1]) else {
                throw TrainingError(.badSplit, "\(path): reader and draw must be whole numbers")
            }
            return HeldOutQuery(
                reader: reader, draw: draw, items: try list(row[2], of: itemCount),
                hidden: try list(row[3], of: itemCount))
        }
    }

    private static func list(_ text: String, of count: Int) throws(TrainingError) -> [ItemIndex] {
        // A list is never empty: an answer to an empty question, or with nothing to find, has no
        // quality.
        try text.split(separator: ",", omittingEmptySubsequences: false)
            .map { place throws(TrainingError) in try item(String(place), of: count) }
    }

    private static func item(_ text: String, of count: Int) throws(TrainingError) -> ItemIndex {
        guard let place = Int(text), (0..<count).contains(place) else {
            throw TrainingError(.badSplit, "the split names an item \(text) that items.tsv lacks")
        }
        return ItemIndex(place)
    }

    static func rows(of path: String, columns: Int) throws(TrainingError) -> [[String]] {
        guard let file = FileManager.default.contents(atPath: path) else {
            throw TrainingError(
                .badSplit, "\(path) cannot be read; the directory must hold the files of a split")
        }
        // A hidden list of a reader with thousands of books is one long field.
        var reader = CSVReader(
            [UInt8](file), format: .tabs, limits: CSVLimits(fieldBytesMax: 64 << 20))
        var rows: [[String]] = []
        while let row = reader.next() {
            guard row == .row, reader.fieldCount == columns else {
                throw TrainingError(
                    .badSplit, "\(path), line \(reader.line): not \(columns) columns")
            }
            rows.append((0..<columns).map { reader.text($0) })
        }
        return rows
    }
}

extension ReaderSplit {
    /// A split that somebody made before; its readers have numbers for names.
    ///
    /// - Parameter rules: What the split was made by; only the liked minimum still counts.
    package init(_ files: SplitFiles, rules: Rules) {
        self.init(
            items: files.items,
            readers: (0..<(files.pairs.last.map { $0.reader.place + 1 } ?? 0)).map(String.init),
            pairs: files.pairs, validation: files.validation, test: files.test, rules: rules)
    }

    /// The files of this split by name, byte for byte as the reference writes them.
    package func files() -> [(name: String, text: String)] {
        var train = ""
        for pair in pairs {
            train += "\(pair.reader.rawValue)\t\(pair.item.rawValue)\t"
            train += "\(Self.text(pair.rating))\n"
        }
        return [
            ("train.tsv", train), ("items.tsv", SplitFiles.text(items)),
            ("valid.queries.tsv", Self.text(validation)), ("test.queries.tsv", Self.text(test)),
        ]
    }

    /// A number as C's `%g` writes it.
    static func text(_ rating: Float) -> String {
        let wholeMax: Float = 999_999
        return (0...wholeMax).contains(rating) && rating == rating.rounded()
            ? "\(Int(rating))" : String(format: "%g", Double(rating))
    }

    private static func text(_ queries: [HeldOutQuery]) -> String {
        queries.reduce(into: "") { text, query in
            let items = query.items.map { "\($0.rawValue)" }.joined(separator: ",")
            let hidden = query.hidden.map { "\($0.rawValue)" }.joined(separator: ",")
            text += "\(query.reader)\t\(query.draw)\t\(items)\t\(hidden)\n"
        }
    }
}
