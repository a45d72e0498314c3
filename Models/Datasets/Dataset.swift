import Identifiers

/// Who rated what, with the items' particulars: what training starts from.
///
/// Rows are columns of equal length; row i says that `readers[rowReaders[i]]` gave
/// `items[rowItems[i]]` the rating `rowRatings[i]`. A reader's pair with an item occurs once,
/// unless the reading was asked to keep repeats.
package struct Dataset: Sendable {
    package struct Item: Sendable, Hashable {
        /// The item's own id: for a book its ISBN of ten characters where it has one.
        package var key: String
        package var title: String
        package var author: String
        package var year: Int?
        package var publisher: String
        /// The address of a picture, or empty.
        package var image: String

        package init(
            key: String, title: String = "", author: String = "", year: Int? = nil,
            publisher: String = "", image: String = ""
        ) {
            self.key = key
            self.title = title
            self.author = author
            self.year = year
            self.publisher = publisher
            self.image = image
        }
    }

    package var name: String
    /// What the form in which it is handed on is called.
    package var form: String
    /// The readers' own ids, in the order of their first row.
    package var readers: [String] = []
    /// The items in the order of their first row.
    package var items: [Item] = []
    /// Keys of other editions, and the item that stands for them.
    package var aliases: [(key: String, item: ItemIndex)] = []
    /// Items that are described, that nobody rated and that are no edition of another.
    package var unratedItems: [Item] = []
    package var rowReaders: [ReaderIndex] = []
    package var rowItems: [ItemIndex] = []
    /// In the data set's own scale: stars, points, or how often a song was played. 0 means that no
    /// rating was given, only that the reader had the item.
    package var rowRatings: [Float] = []
    package var report = DatasetReport()

    package var rowCount: Int { rowRatings.count }
}

/// What was read, what was refused and why, with an example of each reason.
package struct DatasetReport: Sendable {
    /// A reason to refuse or change a row.
    package enum Reason: String, Sendable, CaseIterable {
        case malformedRow = "row is not delimited text"
        case missingField = "a field is missing"
        case ratingOutOfRange = "rating is no number, or outside the scale"
        case repeatedPair = "reader rated the item before; the last rating stays"
        case invalidISBN = "ISBN has a wrong check digit; kept as it is"
        case restoredZeros = "ISBN got lost leading zeros back"
        case mergedEdition = "edition of a title already seen"
        case untitledItem = "item has no title"
        case duplicateItem = "item is described before"
    }

    /// Rows of the ratings file, and how many of them became rows of the data set.
    package var ratingRowsRead = 0
    package var ratingRowsKept = 0
    /// Rows of the items file.
    package var itemRowsRead = 0
    package private(set) var counts: [Reason: Int] = [:]
    package private(set) var examples: [Reason: String] = [:]

    package init() {}

    mutating func count(_ reason: Reason, example: @autoclosure () -> String) {
        counts[reason, default: 0] += 1
        if examples[reason] == nil { examples[reason] = example() }
    }

    /// One line for each reason that occurred, in the order of the reasons.
    package var lines: [String] {
        Reason.allCases.compactMap { reason in
            counts[reason].map {
                "\($0) x \(reason.rawValue), for instance \(examples[reason] ?? "")"
            }
        }
    }
}
