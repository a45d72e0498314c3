import SQLite

/// How large things are, and when they changed.
extension TableStore {
    /// The bytes of a database's file, without its log; costs two page reads.
    package func sizeBytes(of database: String) throws(TableStorageError) -> Int {
        try self.database(database).read { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            return try statement.step() ? Int(statement.integer(0)) : 0
        }
    }

    /// The bytes of a table's pages with those of its indexes.
    ///
    /// - Returns: Nil if the system's SQLite does not keep account of them.
    /// - Complexity: Every page of the table is visited: 20 milliseconds for 600,000 ratings.
    package func sizeBytes(of table: TableName) throws(TableStorageError) -> Int? {
        let database = try database(table.database)
        let physical = try database.table(table.table).physicalName
        return try database.read { connection throws(SQLiteError) in
            guard try Self.hasPageStatistics(connection) else { return nil }
            let statement = try connection.prepare(
                """
                SELECT coalesce(sum(pgsize), 0) FROM sqlite_schema AS part JOIN dbstat \
                ON dbstat.name = part.name AND aggregate = TRUE WHERE part.tbl_name = ?
                """)
            try statement.bind([.text(physical)])
            return try statement.step() ? Int(statement.integer(0)) : 0
        }
    }

    private static func hasPageStatistics(
        _ connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let statement = try connection.prepare(
            "SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'")
        return try statement.step()
    }

    /// When a record of the table was last written or deleted, in milliseconds since 1970; the
    /// table's beginning if none ever was.
    package func lastWriteTime(of table: TableName) throws(TableStorageError) -> Int64 {
        let database = try database(table.database)
        let schema = try database.table(table.table)
        return database.lastWrites[table.table] ?? schema.createdTime
    }
}
