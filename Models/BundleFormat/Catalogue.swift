import Integrity
import SQLite
import Synchronization

/// What a model's dense indices stand for: items with titles and keys, readers with ids.
///
/// A prebuilt SQLite file, opened immutable: a node that pulls a bundle answers at once, without
/// import and without building an index.
///
/// | Table | Columns |
/// |---|---|
/// | `items` | `item` (index), `key`, `title`, `author`, `year`, `publisher`, `image`, `search`;
/// | | `edition` and `series` are numbers of ``TitleGroups`` |
/// | `item_keys` | `key`, `item`: every key under which an item is found |
/// | `unlearned_items` | `key`, `title`, `author` of items that the model has no weights for |
/// | `readers` | `reader` (dense index), `key` |
/// | `item_search` | trigrams of `items.search`, for "contains" with three letters or more |
///
/// The file comes from elsewhere, so its schema must be this text to the letter: no view and no
/// trigger can hide in it, and a damaged page gives an error, not a wrong answer.
///
/// Calls block on the file and may come from any thread; each takes a connection of its own.
package final class Catalogue: Sendable {
    package let itemCount: Int
    package let readerCount: Int
    private let connections: SQLitePool

    static let schema = [
        """
        CREATE TABLE items(item INTEGER PRIMARY KEY, key TEXT NOT NULL, title TEXT NOT NULL, \
        author TEXT NOT NULL, year INTEGER, publisher TEXT NOT NULL, image TEXT NOT NULL, \
        search TEXT NOT NULL, edition INTEGER NOT NULL, series INTEGER NOT NULL)
        """,
        "CREATE TABLE item_keys(key TEXT PRIMARY KEY, item INTEGER NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE unlearned_items(key TEXT PRIMARY KEY, title TEXT NOT NULL, \
        author TEXT NOT NULL) WITHOUT ROWID
        """,
        "CREATE TABLE readers(reader INTEGER PRIMARY KEY, key TEXT NOT NULL)",
        """
        CREATE VIRTUAL TABLE item_search USING fts5(search, content='items', \
        content_rowid='item', tokenize='trigram')
        """,
    ]

    /// The digest of the schema's text, which a manifest carries.
    package static let schemaDigest = SHA256Digest.of(
        Array(schema.joined(separator: ";\n").utf8))

    /// - Throws: `.incompatible` for a schema this node does not know; `.inconsistent` unless the
    ///   indices of items and readers run from 0 without a gap and each key leads to an item, or
    ///   if the file is no database.
    init(path: String, schemaDigest: SHA256Digest) throws(BundleError) {
        guard schemaDigest == Self.schemaDigest else {
            throw BundleError(
                .incompatible, "the catalogue has a schema that this node does not know")
        }
        do throws(SQLiteError) {
            connections = SQLitePool(path: path, mode: .immutable)
            (itemCount, readerCount) = try connections.read { connection throws(SQLiteError) in
                guard try Self.hasKnownSchema(connection) else { return (-1, -1) }
                let items = try Self.count("item", of: "items", in: connection)
                guard try Self.keysLead(to: items, in: connection) else { return (-1, -1) }
                return (items, try Self.count("reader", of: "readers", in: connection))
            }
        } catch {
            throw BundleError(.inconsistent, "the catalogue is not readable", cause: error)
        }
        guard itemCount >= 0, readerCount >= 0 else {
            throw BundleError(
                .inconsistent,
                "the catalogue has a foreign schema, gaps in its indices or keys of no item")
        }
    }

    private static func hasKnownSchema(_ connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        // The tables that FTS5 keeps for itself bear its name; their text is FTS5's own.
        let statement = try connection.prepare(
            """
            SELECT sql FROM sqlite_schema
            WHERE sql IS NOT NULL AND name NOT LIKE 'item\\_search\\_%' ESCAPE '\\'
            """)
        var found: Set<String> = []
        while try statement.step() { found.insert(statement.text(0)) }
        return found == Set(schema)
    }

    /// Whether each key is that of an item: a model's rows are found by these numbers.
    private static func keysLead(
        to items: Int, in connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let statement = try connection.prepare(
            "SELECT count(*) FROM item_keys WHERE item NOT BETWEEN 0 AND ?")
        try statement.rebind([.integer(Int64(items) - 1)])
        _ = try statement.step()
        return statement.integer(0) == 0
    }

    /// The number of rows if their indices are 0, 1, 2 ..., else -1.
    private static func count(
        _ index: String, of table: String, in connection: SQLiteConnection
    ) throws(SQLiteError) -> Int {
        let statement = try connection.prepare(
            "SELECT count(*), coalesce(min(\(index)), 0), coalesce(max(\(index)), -1) FROM \(table)"
        )
        _ = try statement.step()
        let count = statement.integer(0)
        let isDense = count == 0 || statement.integer(1) == 0 && statement.integer(2) == count - 1
        return isDense ? Int(count) : -1
    }
}

extension Catalogue {
    private static let itemColumns = "key, title, author, year, publisher, image"

    /// The items at these indices, in their order; an index outside the catalogue is nil.
    package func items(at indices: [Int]) throws(BundleError) -> [CatalogueItem?] {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT \(Self.itemColumns) FROM items WHERE item = ?")
            return try indices.map { index throws(SQLiteError) in
                try statement.rebind([.integer(Int64(index))])
                return try statement.step() ? Self.item(in: statement, from: 0) : nil
            }
        }
    }

    /// The index of the first key that the catalogue knows.
    package func index(ofFirst keys: [String]) throws(BundleError) -> Int? {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare("SELECT item FROM item_keys WHERE key = ?")
            for key in keys {
                try statement.rebind([.text(key)])
                if try statement.step() { return Int(statement.integer(0)) }
            }
            return nil
        }
    }

    /// The readers' own ids at these indices; an index outside is nil.
    package func readers(at indices: Range<Int>) throws(BundleError) -> [String] {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT key FROM readers WHERE reader >= ? AND reader < ? ORDER BY reader")
            try statement.rebind([
                .integer(Int64(indices.lowerBound)), .integer(Int64(indices.upperBound)),
            ])
            var keys: [String] = []
            while try statement.step() { keys.append(statement.text(0)) }
            return keys
        }
    }

    /// The index of the reader with this id, by looking through all of them.
    package func reader(withKey key: String) throws(BundleError) -> Int? {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare("SELECT reader FROM readers WHERE key = ?")
            try statement.rebind([.text(key)])
            return try statement.step() ? Int(statement.integer(0)) : nil
        }
    }

    /// Items whose title and author contain the text, in the order of their indices.
    ///
    /// - Parameter text: Is lower-cased here; the empty text finds every item.
    package func items(
        containing text: String, limit: Int
    ) throws(BundleError) -> [(index: Int, item: CatalogueItem)] {
        let needle = text.lowercased()
        return try reading { connection throws(SQLiteError) in
            // A trigram index knows nothing of shorter texts; those are few rows' work to scan,
            // because the limit stops it early.
            let hasTrigram = needle.unicodeScalars.count >= Self.trigramLength
            let statement = try connection.prepare(
                hasTrigram
                    ? """
                    SELECT item, \(Self.itemColumns) FROM items
                    WHERE item IN (SELECT rowid FROM item_search WHERE item_search MATCH ?2)
                    AND instr(search, ?1) > 0 ORDER BY item LIMIT ?3
                    """
                    : """
                    SELECT item, \(Self.itemColumns) FROM items
                    WHERE instr(search, ?1) > 0 OR ?1 = ?2 ORDER BY item LIMIT ?3
                    """)
            let second = hasTrigram ? Self.phrase(needle) : ""
            try statement.rebind([.text(needle), .text(second), .integer(Int64(limit))])
            var found: [(index: Int, item: CatalogueItem)] = []
            while try statement.step() {
                found.append((Int(statement.integer(0)), Self.item(in: statement, from: 1)))
            }
            return found
        }
    }

    static let trigramLength = 3

    /// The text as one FTS5 string, in which nothing but the quote has a meaning.
    static func phrase(_ text: String) -> String {
        // By bytes: a quote with an accent on it is another character, and still a quote to FTS5.
        let doubled = text.utf8.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
        return "\"" + String(decoding: doubled, as: UTF8.self) + "\""
    }

    private static func item(in statement: SQLiteStatement, from column: Int) -> CatalogueItem {
        var item = CatalogueItem(
            key: statement.text(column), title: statement.text(column + 1),
            author: statement.text(column + 2), publisher: statement.text(column + 4),
            image: statement.text(column + 5))
        if case .integer(let year) = statement.column(column + 3) { item.year = Int(year) }
        return item
    }

    func reading<Result>(
        _ body: (SQLiteConnection) throws(SQLiteError) -> Result
    ) throws(BundleError) -> Result {
        do throws(SQLiteError) {
            return try connections.read(body)
        } catch {
            throw BundleError(.unreadable, "the catalogue cannot be read", cause: error)
        }
    }
}
