import SQLite

/// What stands in for an item that the model has not learned.
extension Catalogue {
    /// The group of each item among editions of one title, and its series or 0: see `TitleGroups`.
    ///
    /// - Complexity: O(items), one scan of the table.
    package func titleGroups() throws(BundleError) -> (editions: [Int32], series: [Int32]) {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT edition, series FROM items ORDER BY item")
            var groups: (editions: [Int32], series: [Int32]) = ([], [])
            while try statement.step() {
                groups.editions.append(Int32(truncatingIfNeeded: statement.integer(0)))
                groups.series.append(Int32(truncatingIfNeeded: statement.integer(1)))
            }
            return groups
        }
    }

    /// The description of the first of these keys that is known and not learned.
    package func unlearnedItem(ofFirst keys: [String]) throws(BundleError) -> CatalogueItem? {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT key, title, author FROM unlearned_items WHERE key = ?")
            for key in keys {
                try statement.rebind([.text(key)])
                if try statement.step() {
                    return CatalogueItem(
                        key: statement.text(0), title: statement.text(1),
                        author: statement.text(2))
                }
            }
            return nil
        }
    }

    /// Items of the same author, in the order of their indices; none for an empty name.
    package func items(byAuthor author: String, limit: Int) throws(BundleError) -> [Int] {
        let name = author.lowercased()
        guard name.unicodeScalars.count >= Self.trigramLength else { return [] }
        return try indices(
            """
            SELECT item FROM items
            WHERE item IN (SELECT rowid FROM item_search WHERE item_search MATCH ?1)
            AND lower(author) = ?2 ORDER BY item LIMIT ?3
            """, [.text(Self.phrase(name)), .text(name), .integer(Int64(limit))])
    }

    /// Items whose titles share the rarest long words with the given one, best first.
    package func items(likeTitle title: String, limit: Int) throws(BundleError) -> [Int] {
        let words = Set(title.lowercased().split { !$0.isLetter }.map(String.init))
            .filter { $0.count >= Self.tellingLength }
            .sorted { ($1.count, $0) < ($0.count, $1) }.prefix(Self.tellingWords)
        guard !words.isEmpty else { return [] }
        return try indices(
            """
            SELECT rowid FROM item_search WHERE item_search MATCH ?1
            ORDER BY bm25(item_search), rowid LIMIT ?2
            """,
            [
                .text(words.map(Self.phrase).joined(separator: " OR ")), .integer(Int64(limit)),
            ])
    }

    /// Shorter words are in every other title.
    private static let tellingLength = 5
    private static let tellingWords = 4

    private func indices(
        _ sql: String, _ values: [SQLiteValue]
    ) throws(BundleError) -> [Int] {
        try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(sql)
            try statement.rebind(values)
            var found: [Int] = []
            while try statement.step() { found.append(Int(statement.integer(0))) }
            return found
        }
    }
}
