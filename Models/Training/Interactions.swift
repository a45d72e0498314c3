import Identifiers
import Integrity

/// Who chose what: the part of a data set that training looks at, in the order of its rows.
///
/// Row i says that reader `rowReaders[i]` gave item `rowItems[i]` the rating `rowRatings[i]`; a
/// pair occurs once, except where rating models are trained: there a repeated row is a row.
package struct Interactions: Sendable {
    package var readers: [String]
    package var items: [String]
    package var rowReaders: [ReaderIndex]
    package var rowItems: [ItemIndex]
    package var rowRatings: [Float]

    /// - Precondition: the three columns are equally long and point into the two lists.
    package init(
        readers: [String], items: [String], rowReaders: [ReaderIndex], rowItems: [ItemIndex],
        rowRatings: [Float]
    ) {
        precondition(
            rowReaders.count == rowItems.count && rowItems.count == rowRatings.count,
            "columns of one table are equally long")
        self.readers = readers
        self.items = items
        self.rowReaders = rowReaders
        self.rowItems = rowItems
        self.rowRatings = rowRatings
    }

    package var rowCount: Int { rowRatings.count }

    /// A digest of every row: the same data gives the same text, whatever file it came from.
    package var digest: SHA256Digest {
        var hasher = SHA256Hasher()
        for name in readers + items { hasher.update(Array(name.utf8) + [0]) }
        rowReaders.withUnsafeBytes { hasher.update($0) }
        rowItems.withUnsafeBytes { hasher.update($0) }
        rowRatings.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }
}
