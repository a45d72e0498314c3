/// One form in which a data set is handed on: what its files and columns are called.
///
/// A file is recognised by its name, in any case and also with `.gz`, and by its columns: several
/// sets call their file `ratings.csv`.
package struct DatasetForm: Sendable {
    /// What an item's key is.
    package enum Keys: Sendable {
        /// An ISBN, brought into its form of ten characters where it has one.
        case isbn
        /// Any text, taken as it is written.
        case plain
    }

    /// What a second row of the same reader and item does.
    package enum Repeats: Sendable {
        /// Its rating replaces the first: the reader changed it.
        case last
        /// Its count is added: each row is an event of its own.
        case sum
    }

    /// The names of a column, the first that a header has counts.
    package typealias Column = [String]

    package var name: String
    package var keys = Keys.plain
    package var repeats = Repeats.last
    /// Files of ratings or plays, one row for each reader and item.
    package var ratings: DatasetFileForm
    package var reader: Column
    package var item: Column
    /// Empty if a row has no number: then each counts 1.
    package var rating: Column = []
    /// What a rating may be.
    package var scale: ClosedRange<Float>
    /// Names the item in the file of ratings, where no other file does.
    package var ratedTitle: Column = []
    package var ratedAuthor: Column = []
    /// The file that describes the items, and its columns.
    package var items: DatasetFileForm?
    package var itemKey: Column = []
    package var title: Column = []
    package var author: Column = []
    package var year: Column = []
    package var publisher: Column = []
    package var image: Column = []
    /// Further keys under which people know an item.
    package var otherKeys: [Column] = []
}

/// What a file may be called and how it is written.
package struct DatasetFileForm: Sendable, Hashable {
    package var names: [String]
    /// Names of the columns if the file has no header of its own.
    package var columns: [String] = []
    /// What separates fields if it is no single character that the header shows.
    package var separator: String?

    package init(_ names: String..., columns: [String] = [], separator: String? = nil) {
        self.names = names
        self.columns = columns
        self.separator = separator
    }
}

extension DatasetForm {
    /// Every form that is known, in the order in which they are tried.
    package static let all: [DatasetForm] =
        books + movies + songs + artists

    /// Plays are counted, and nobody has counted further.
    private static let plays: ClosedRange<Float> = 1...1_000_000_000

    private static let books: [DatasetForm] = [
        DatasetForm(
            name: "Book-Crossing", keys: .isbn,
            ratings: .init("ratings.csv", "BX-Book-Ratings.csv", "explicit-5core.csv"),
            reader: ["user_id"], item: ["isbn"], rating: ["rating", "Book-Rating"],
            scale: 0...10, items: .init("books.csv", "BX-Books.csv"), itemKey: ["isbn"],
            title: ["title", "Book-Title"], author: ["author", "Book-Author", "authors"],
            year: ["year", "Year-Of-Publication"], publisher: ["publisher"],
            image: ["Image-URL-M", "Image-URL-S"]),
        // The first version of goodbooks-10k calls its own number `id` where it describes books,
        // and uses `book_id` there for that of Goodreads.
        DatasetForm(
            name: "goodbooks-10k", ratings: .init("ratings.csv"), reader: ["user_id"],
            item: ["book_id"], rating: ["rating"], scale: 1...5, items: .init("books.csv"),
            itemKey: ["id", "book_id"], title: ["title"], author: ["authors"],
            year: ["original_publication_year"], image: ["image_url"],
            otherKeys: [["isbn"], ["isbn13"]]),
        DatasetForm(
            name: "Amazon book reviews", ratings: .init("interactions.csv"), reader: ["user_id"],
            item: ["item_id"], scale: 1...1, items: .init("items.csv"), itemKey: ["item_id"],
            title: ["title"], author: ["author"], otherKeys: [["asin"]]),
    ]

    private static let movies: [DatasetForm] = [
        DatasetForm(
            name: "MovieLens", ratings: .init("ratings.csv"), reader: ["user_id"],
            item: ["movie_id"], rating: ["rating"], scale: 0.5...5, items: .init("movies.csv"),
            itemKey: ["movie_id"], title: ["title"], year: ["release_date"]),
        DatasetForm(
            name: "MovieLens 1M",
            ratings: .init(
                "ratings.dat", columns: ["user", "movie", "rating", "time"], separator: "::"),
            reader: ["user"], item: ["movie"], rating: ["rating"], scale: 0.5...5,
            items: .init("movies.dat", columns: ["movie", "title", "genres"], separator: "::"),
            itemKey: ["movie"], title: ["title"]),
        DatasetForm(
            name: "MovieLens 100K",
            ratings: .init(
                "u.data", columns: ["user", "movie", "rating", "time"], separator: "\t"),
            reader: ["user"], item: ["movie"], rating: ["rating"], scale: 0.5...5,
            items: .init("u.item", columns: ["movie", "title", "date"], separator: "|"),
            itemKey: ["movie"], title: ["title"], year: ["date"]),
    ]

    private static let songs: [DatasetForm] = [
        DatasetForm(
            name: "Echo Nest Taste Profile", ratings: .init("plays.csv", "challenge-plays.csv"),
            reader: ["user_id"], item: ["song_id"], rating: ["play_count"], scale: plays,
            items: .init("songs.csv"), itemKey: ["song_id"], title: ["title"],
            author: ["artist"], year: ["year"]),
        DatasetForm(
            name: "Echo Nest Taste Profile",
            ratings: .init(
                "train_triplets.txt", "triplets.txt", "10000.txt",
                "kaggle_visible_evaluation_triplets.txt", columns: ["user", "song", "plays"],
                separator: "\t"),
            reader: ["user"], item: ["song"], rating: ["plays"], scale: plays,
            items: .init(
                "unique_tracks.txt", columns: ["track", "song", "artist", "title"],
                separator: "<SEP>"),
            itemKey: ["song"], title: ["title"], author: ["artist"]),
    ]

    private static let artists: [DatasetForm] = [
        DatasetForm(
            name: "Last.fm", ratings: .init("plays.csv"), reader: ["user_id"],
            item: ["artist_id"], rating: ["play_count"], scale: plays,
            items: .init("artists.csv"), itemKey: ["artist_id"], title: ["name"]),
        DatasetForm(
            name: "Last.fm", ratings: .init("listens.csv"), reader: ["user_id"],
            item: ["artist"], scale: 1...1, ratedTitle: ["artist"]),
        DatasetForm(
            name: "HetRec Last.fm 2K", ratings: .init("user_artists.dat", separator: "\t"),
            reader: ["userID"], item: ["artistID"], rating: ["weight"], scale: plays,
            items: .init("artists.dat", separator: "\t"), itemKey: ["id"], title: ["name"]),
        DatasetForm(
            name: "Last.fm 360K",
            ratings: .init(
                "usersha1-artmbid-artname-plays.tsv",
                columns: ["user", "mbid", "artist", "plays"], separator: "\t"),
            reader: ["user"], item: ["artist"], rating: ["plays"], scale: 0...1_000_000_000,
            ratedTitle: ["artist"]),
        DatasetForm(
            name: "Last.fm 1K", repeats: .sum,
            ratings: .init(
                "userid-timestamp-artid-artname-traid-traname.tsv",
                columns: ["user", "time", "artistId", "artist", "trackId", "track"],
                separator: "\t"),
            reader: ["user"], item: ["artist"], scale: 1...1, ratedTitle: ["artist"]),
    ]

    /// A file of somebody's own with columns for reader, item and, if there is one, rating.
    ///
    /// - Parameters:
    ///   - file: Its name within the directory.
    ///   - columns: Names of columns by their role: `reader`, `item`, and optionally `rating`,
    ///     `title`, `author`.
    package static func own(file: String, columns: [String: String]) throws(DatasetError) -> Self {
        let roles = ["reader", "item", "rating", "title", "author"]
        if let unknown = columns.keys.sorted().first(where: { !roles.contains($0) }) {
            throw DatasetError(
                .missingColumn,
                "a column cannot be \(unknown); roles are \(roles.joined(separator: ", "))")
        }
        guard let reader = columns["reader"], let item = columns["item"] else {
            throw DatasetError(
                .missingColumn, "say which columns are the reader and the item: reader=A,item=B")
        }
        return DatasetForm(
            name: file, ratings: .init(file), reader: [reader], item: [item],
            rating: columns["rating"].map { [$0] } ?? [], scale: 0...1_000_000_000,
            ratedTitle: columns["title"].map { [$0] } ?? [],
            ratedAuthor: columns["author"].map { [$0] } ?? [])
    }
}
