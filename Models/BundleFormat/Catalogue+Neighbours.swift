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
    ///
    /// Names are compared by their letters: `J.R.R. TOLKIEN` is `J R R Tolkien`.
    package func items(byAuthor author: String, limit: Int) throws(BundleError) -> [Int] {
        let name = Self.letters(of: author)
        // The longest word is the rarest, and the trigrams know it whatever stands around it.
        let words = author.lowercased().split { !$0.isLetter }
        guard let word = words.max(by: { $0.count < $1.count }), word.count >= Self.trigramLength
        else { return [] }
        return try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                """
                SELECT item, author FROM items
                WHERE item IN (SELECT rowid FROM item_search WHERE item_search MATCH ?1)
                ORDER BY item
                """)
            try statement.rebind([.text(Self.phrase(String(word)))])
            var found: [Int] = []
            while found.count < limit, try statement.step() {
                if Self.letters(of: statement.text(1)) == name {
                    found.append(Int(statement.integer(0)))
                }
            }
            return found
        }
    }

    private static func letters(of name: String) -> String { name.lowercased().filter(\.isLetter) }

    /// Items whose titles share the rarest long words with the given one, best first.
    package func items(likeTitle title: String, limit: Int) throws(BundleError) -> [Int] {
        let words = Set(title.lowercased().split { !$0.isLetter }.map(String.init))
            .filter { $0.count >= Self.tellingLength }
            .sorted { ($1.count, $0) < ($0.count, $1) }.prefix(Self.tellingWords)
        guard !words.isEmpty else { return [] }
        return try reading { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                """
                SELECT rowid FROM item_search WHERE item_search MATCH ?1
                ORDER BY bm25(item_search), rowid LIMIT ?2
                """)
            try statement.rebind([
                .text(words.map(Self.phrase).joined(separator: " OR ")), .integer(Int64(limit)),
            ])
            var found: [Int] = []
            while try statement.step() { found.append(Int(statement.integer(0))) }
            return found
        }
    }

    /// Shorter words are in every other title.
    private static let tellingLength = 5
    private static let tellingWords = 4
}
