import Foundation
import Identifiers
import Kernels

/// A split of rated rows with the names of its readers and items, as files keep it.
///
/// | File | Columns, separated by tabs |
/// |---|---|
/// | `rating.train.tsv`, `rating.test.tsv` | reader, item, rating |
/// | `rating.readers.tsv`, `rating.items.tsv` | index, id |
///
/// The first two are those of `prepare.py` of the evaluation protocol, which writes no others.
package struct RatingSplitFiles: Sendable {
    package typealias Names = (readers: [String], items: [String])

    package let split: RatingSplit
    /// Ids by index; nil if the files hold none: then the indices are a bundle's own.
    package let names: Names?

    private static let training = "rating.train.tsv"
    private static let test = "rating.test.tsv"
    private static let readers = "rating.readers.tsv"
    private static let items = "rating.items.tsv"

    package init(_ split: RatingSplit, of interactions: Interactions) {
        self.split = split
        names = (interactions.readers, interactions.items)
    }

    /// - Throws: `.badSplit` with the file and line at fault.
    package init(directory: String) throws(TrainingError) {
        let known = try Self.examples("\(directory)/\(Self.training)")
        let test = try Self.examples("\(directory)/\(Self.test)")
        let readerCount = 1 + Int(max(known.readers.max() ?? -1, test.readers.max() ?? -1))
        let itemCount = 1 + Int(max(known.items.max() ?? -1, test.items.max() ?? -1))
        guard FileManager.default.fileExists(atPath: "\(directory)/\(Self.readers)") else {
            names = nil
            split = RatingSplit(
                known: known, test: test, readerCount: readerCount, itemCount: itemCount)
            return
        }
        let names = (
            readers: try SplitFiles.names("\(directory)/\(Self.readers)"),
            items: try SplitFiles.names("\(directory)/\(Self.items)")
        )
        guard names.readers.count >= readerCount, names.items.count >= itemCount else {
            throw TrainingError(
                .badSplit,
                "the split's rows name \(readerCount) readers and \(itemCount) items, its lists "
                    + "\(names.readers.count) and \(names.items.count)")
        }
        self.names = names
        split = RatingSplit(
            known: known, test: test, readerCount: names.readers.count,
            itemCount: names.items.count)
    }

    private static func examples(_ path: String) throws(TrainingError) -> RatedExamples {
        let rows = try SplitFiles.rows(of: path, columns: 3)
        var (readers, items, ratings): ([Int32], [Int32], [Float]) = ([], [], [])
        for (place, row) in rows.enumerated() {
            guard let reader = Int32(row[0]), let item = Int32(row[1]), let rating = Float(row[2]),
                (0..<indexLimit).contains(reader), (0..<indexLimit).contains(item), rating.isFinite
            else {
                throw TrainingError(
                    .badSplit,
                    "\(path), line \(place + 1): reader and item must be whole numbers below "
                        + "\(indexLimit), the rating a number")
            }
            readers.append(reader)
            items.append(item)
            ratings.append(rating)
        }
        return RatedExamples(readers: readers, items: items, ratings: ratings)
    }

    /// What is counted for each reader and item is kept in memory.
    private static let indexLimit: Int32 = 100_000_000

    /// The files by name; the first two byte for byte as the reference writes them.
    package func files() -> [(name: String, text: String)] {
        var files = [
            (Self.training, Self.text(split.known)), (Self.test, Self.text(split.test)),
        ]
        if let names {
            files += [
                (Self.readers, SplitFiles.text(names.readers)),
                (Self.items, SplitFiles.text(names.items)),
            ]
        }
        return files
    }

    private static func text(_ examples: RatedExamples) -> String {
        var text = ""
        for row in 0..<examples.count {
            let rating = ReaderSplit.text(examples.ratings[row])
            text += "\(examples.readers[row])\t\(examples.items[row])\t\(rating)\n"
        }
        return text
    }
}
