import JSON
import SQLite

/// Runs a client's SELECT, or the reading part of its write, under guard and within limits.
struct SQLReading {
    let connection: SQLiteConnection
    let watch: SQLGuard
    let texts: [SQLText]
    let deadline: SQLDeadline

    /// How many steps of the virtual machine pass between two looks at the clock.
    private static let stepsPerLook: Int32 = 10_000

    /// Calls `row` for each row, with what `begin` made of the prepared statement.
    ///
    /// The connection is as before when this returns: it may be a writer, whose own statements
    /// nobody watches.
    ///
    /// - Throws: `.denied`, `.invalidSQL`, `.tableNotFound`, `.databaseNotFound`,
    ///   `.databaseNotNamed`, `.queryTooLong`.
    func run<Shape>(
        _ sql: String, begin: (SQLiteStatement) -> Shape,
        row: (SQLiteStatement, Shape) throws(SQLiteError) -> Void
    ) throws(TableStorageError) {
        let bytesBefore = connection.limit(valueBytes: TableLimits.sqlValueBytesMax)
        connection.limit(patternBytes: TableLimits.patternBytesMax)
        let (watch, deadline) = (watch, deadline)
        connection.onProgress(every: Self.stepsPerLook) { deadline.isOver }
        connection.authorize { watch.decide($0) }
        defer {
            connection.authorize(nil)
            connection.onProgress(every: 0, nil)
            connection.limit(valueBytes: bytesBefore)
        }
        do throws(SQLiteError) {
            let statement = try connection.prepareOnce(sql)
            guard !statement.hasTail, statement.isReadOnly else {
                throw SQLiteError(
                    code: .misuse, extendedCode: 0,
                    message: "one statement at a time, and nothing after it")
            }
            // Nothing was read yet.
            if watch.denial.missing.isEmpty {
                try read(statement, begin(statement), row)
            }
        } catch {
            try watch.denial.check()
            throw watch.translate(error, in: texts, limit: deadline.limit)
        }
        try watch.denial.check()
    }

    private func read<Shape>(
        _ statement: SQLiteStatement, _ shape: Shape,
        _ row: (SQLiteStatement, Shape) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        var (rows, bytes) = (0, 0)
        let columns = 0..<statement.columnCount
        while try statement.step() {
            rows += 1
            for column in columns { bytes += statement.byteCount(column) }
            guard rows <= TableLimits.sqlRowsMax, bytes <= TableLimits.sqlAnswerBytesMax else {
                throw SQLiteError(
                    code: .tooBig, extendedCode: 0,
                    message: "more than \(TableLimits.sqlRowsMax) rows or "
                        + "\(TableLimits.sqlAnswerBytesMax) bytes; use LIMIT")
            }
            try row(statement, shape)
        }
    }
}

extension SQLiteConnection {
    /// Makes ready for clients' statements, before any guard is set; no statement may be running.
    func prepareForSQL(now: Int64, deadline: SQLDeadline) throws(SQLiteError) {
        try SQLFunctions.define(on: self, now: now, deadline: deadline)
        // SQLite makes these tables when they are first named, which a guard would not let it.
        _ = try prepareOnce("SELECT 1 FROM json_each('[]'), json_tree('[]')")
    }
}
