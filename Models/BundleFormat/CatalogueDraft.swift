import Foundation
import Identifiers
import JSON
import SQLite

/// One item as people see it.
package struct CatalogueItem: Sendable, Hashable {
    /// The item's own id, such as an ISBN, as answers show it.
    package var key: String
    package var title: String
    package var author: String
    /// Nil if unknown.
    package var year: Int?
    /// Empty if unknown.
    package var publisher: String
    /// The address of a picture, or empty.
    package var image: String

    package init(
        key: String, title: String, author: String, year: Int? = nil, publisher: String = "",
        image: String = ""
    ) {
        self.key = key
        self.title = title
        self.author = author
        self.year = year
        self.publisher = publisher
        self.image = image
    }

    /// What a search looks into: lower-cased title, one space, lower-cased author.
    package var searchText: String { "\(title) \(author)".lowercased() }
}

/// The catalogue before it is written; places in the lists are the model's dense indices.
package struct CatalogueDraft: Sendable {
    package var items: [CatalogueItem]
    /// Further keys under which an item is found, such as the ISBNs of its other editions.
    package var aliases: [(key: String, item: Int)]
    /// The candidate readers' own ids.
    package var readers: [String]
    /// Items that are described and that the model has not learned.
    package var unlearned: [CatalogueItem]

    package init(
        items: [CatalogueItem], aliases: [(key: String, item: Int)] = [], readers: [String] = [],
        unlearned: [CatalogueItem] = []
    ) {
        self.items = items
        self.aliases = aliases
        self.readers = readers
        self.unlearned = unlearned
    }

    /// How large the SQLite file will be.
    ///
    /// - Throws: As writing it does.
    package func measuredBytes() throws(BundleError) -> Int {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("catalogue-\(UUID().uuidString).sqlite")
        defer {
            // What cannot be removed lies in the system's temporary folder and is harmless.
            try? FileManager.default.removeItem(at: file)
        }
        try write(to: file.path)
        return try BlobFile.digest(of: file.path).bytes
    }

    /// Writes the SQLite file; equal drafts give equal bytes with the same version of SQLite.
    ///
    /// - Throws: `.unwritable`; `.inconsistent` if a key stands for two items or an alias for none.
    func write(to path: String) throws(BundleError) {
        do throws(SQLiteError) {
            let database = try SQLiteConnection(path: path, mode: .readWrite)
            try database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")
            for statement in Catalogue.schema { try database.execute(statement) }
            try writeItems(to: database)
            try writeKeys(to: database)
            try writeReaders(to: database)
            try writeUnlearned(to: database)
            try database.execute(
                """
                INSERT INTO item_search(item_search) VALUES ('rebuild');
                INSERT INTO item_search(item_search) VALUES ('optimize');
                COMMIT; VACUUM;
                """)
        } catch {
            throw BundleError(.unwritable, "the catalogue cannot be written", cause: error)
        }
    }

    private func writeItems(to database: SQLiteConnection) throws(SQLiteError) {
        let groups = TitleGroups(items.map { ($0.title, $0.author) })
        let insert = try database.prepare("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for (index, item) in items.enumerated() {
            try insert.run([
                .integer(Int64(index)), .text(item.key), .text(item.title), .text(item.author),
                item.year.map { .integer(Int64($0)) } ?? .null, .text(item.publisher),
                .text(item.image), .text(item.searchText),
                .integer(Int64(groups.editions[index])), .integer(Int64(groups.series[index])),
            ])
        }
    }

    /// The items' own keys first: an alias never takes a key away from the item that owns it.
    private func writeKeys(to database: SQLiteConnection) throws(SQLiteError) {
        let insert = try database.prepare("INSERT OR IGNORE INTO item_keys VALUES (?, ?)")
        for (index, item) in items.enumerated() {
            try insert.run([.text(item.key), .integer(Int64(index))])
        }
        for alias in aliases where items.indices.contains(alias.item) {
            try insert.run([.text(alias.key), .integer(Int64(alias.item))])
        }
    }

    /// A key of an item that was learned is left out: the model knows better.
    private func writeUnlearned(to database: SQLiteConnection) throws(SQLiteError) {
        let insert = try database.prepare(
            """
            INSERT OR IGNORE INTO unlearned_items
            SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM item_keys WHERE key = ?1)
            """)
        for item in unlearned {
            try insert.run([.text(item.key), .text(item.title), .text(item.author)])
        }
    }

    private func writeReaders(to database: SQLiteConnection) throws(SQLiteError) {
        let insert = try database.prepare("INSERT INTO readers VALUES (?, ?)")
        for (index, key) in readers.enumerated() {
            try insert.run([.integer(Int64(index)), .text(key)])
        }
    }
}
