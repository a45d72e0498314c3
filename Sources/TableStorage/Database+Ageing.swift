import SQLite

/// What goes because of its age.
extension TableStore {
    /// Deletes what has expired, batch by batch, and takes back its place.
    ///
    /// Nobody sees expired records in any case, so it does not matter how often this runs; a node
    /// calls it about once a minute, on a thread that may block. Expiry is not an operation of
    /// anybody and stands in no audit log.
    ///
    /// - Returns: How many records were deleted.
    @discardableResult
    package func sweepExpired() throws(TableStorageError) -> Int {
        var count = 0
        for name in databaseNames {
            let database: Database
            do throws(TableStorageError) {
                database = try self.database(name)
            } catch {
                // Dropped meanwhile, and its records with it.
                continue
            }
            count += try database.sweep(now: milliseconds)
        }
        return count
    }

    /// Deletes the records that were made before a moment, batch by batch.
    ///
    /// - Returns: How many there were.
    package func deleteRecords(
        of table: TableName, createdBefore time: Int64, by user: String = "",
        isCancelled: () -> Bool = { false }
    ) throws(TableStorageError) -> Int {
        try refuseSystem(table.database)
        let database = try database(table.database)
        var count = 0
        var last: SQLiteValue?
        repeat {
            let batch = try database.deleteBatch(
                of: table.table, createdBefore: time, after: last, context(user))
            count += batch.count
            last = batch.last
        } while last != nil && !isCancelled()
        return count
    }
}

extension Database {
    /// Deletes what has expired; where nothing has, nobody waits for the writer.
    ///
    /// A client's SQL reads tables as they are, so this runs before it.
    ///
    /// - Returns: How many records were deleted.
    @discardableResult
    func sweep(now: Int64) throws(TableStorageError) -> Int {
        var count = 0
        for schema in queue.schema.tables.values {
            guard let live = schema.liveCondition(now: now), try hasExpired(schema, live) else {
                continue
            }
            count += try sweep(schema, live)
        }
        return count
    }

    private func hasExpired(
        _ schema: TableSchema, _ live: LiveCondition
    ) throws(TableStorageError) -> Bool {
        try read { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                """
                SELECT 1 FROM \(Names.quoted(schema.physicalName)) \
                WHERE \(live.opposite) LIMIT 1
                """)
            try statement.bind(live.parameter, at: 0)
            return try statement.step()
        }
    }

    private func sweep(
        _ schema: TableSchema, _ live: LiveCondition
    ) throws(TableStorageError) -> Int {
        let (table, key) = (Names.quoted(schema.physicalName), Names.quoted(schema.keyColumn))
        let sql = """
            DELETE FROM \(table) WHERE \(key) IN (SELECT \(key) FROM \(table) \
            WHERE \(live.opposite) LIMIT \(TableLimits.deletionBatchCount))
            """
        let (id, name, parameter) = (schema.id, schema.name, live.parameter)
        return try inBatches { access throws(TableStorageError) in
            // A table that was dropped meanwhile has nothing left to sweep.
            guard access.schema.tables[name]?.id == id else { return 0 }
            return try Self.run(access.connection) { connection throws(SQLiteError) in
                try connection.prepare(sql).run([parameter])
                return connection.changes
            }
        }
    }

    /// Deletes the next records behind a key; the keys are walked through once, since there may
    /// be no index on the time.
    ///
    /// - Returns: How many were deleted, and the last key if there may be more.
    fileprivate func deleteBatch(
        of table: String, createdBefore time: Int64, after start: SQLiteValue?,
        _ context: WriteContext
    ) throws(TableStorageError) -> (count: Int, last: SQLiteValue?) {
        let database = name
        let batch = try queue.perform(isBulk: true) { access throws(TableStorageError) in
            let schema = try Self.table(table, of: access.schema, in: database)
            let keys = try Self.run(access.connection) { connection throws(SQLiteError) in
                try Self.keys(of: schema, createdBefore: time, after: start, connection)
            }
            var writer = try RecordWriter(
                schema: schema, connection: access.connection, operation: "delete",
                now: context.now)
            for key in keys { try writer.delete(stored: key) }
            try writer.finish(by: context.user)
            return (keys.count, keys.count < TableLimits.deletionBatchCount ? nil : keys.last)
        }
        if batch.0 > 0 { lastWrites.note(context.now, table) }
        return batch
    }

    private static func keys(
        of schema: TableSchema, createdBefore time: Int64, after start: SQLiteValue?,
        _ connection: SQLiteConnection
    ) throws(SQLiteError) -> [SQLiteValue] {
        let key = Names.quoted(schema.keyColumn)
        let created = Names.quoted(schema.column(Names.createdTime) ?? Names.createdTime)
        let statement = try connection.prepare(
            """
            SELECT \(key) FROM \(Names.quoted(schema.physicalName)) \
            WHERE \(created) < ?\(start == nil ? "" : " AND \(key) > ?") \
            ORDER BY \(key) LIMIT \(TableLimits.deletionBatchCount)
            """)
        try statement.bind([.integer(time)] + [start].compactMap(\.self))
        var keys: [SQLiteValue] = []
        while try statement.step() { keys.append(statement.column(0)) }
        return keys
    }
}
