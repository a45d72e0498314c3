import SQLite
import TestSupport
import Testing

@Suite struct SQLiteConnectionTests {
    private let connection: SQLiteConnection

    init() throws { connection = try SQLiteConnection(path: "", mode: .inMemory) }

    @Test func `values of all five classes come back as they went in`() throws {
        let values: [SQLiteValue] = [
            .null, .integer(.min), .real(0.1), .text(""), .text("é\0x"), .blob([]),
            .blob([0, 255]),
        ]

        for value in values {
            let statement = try connection.prepare("SELECT ?")
            try statement.bind([value])
            #expect(try statement.step())
            #expect(statement.column(0) == value)
        }
    }

    @Test func `a transaction that throws leaves nothing behind`() throws {
        struct Stop: Error {}
        try connection.execute("CREATE TABLE t(x)")

        #expect(throws: (any Error).self) {
            try connection.transaction(
                { () throws(any Error) in
                    try connection.execute("INSERT INTO t VALUES (1)")
                    throw Stop()
                }, mapping: { $0 })
        }

        let count = try connection.prepare("SELECT count(*) FROM t")
        _ = try count.step()
        #expect(count.integer(0) == 0)
    }

    @Test func `an authorizer denies what it does not allow`() throws {
        try connection.execute("CREATE TABLE t(x)")
        connection.authorize { $0.kind == .select || $0.kind == .read && $0.first == "t" }

        #expect(throws: Never.self) { _ = try connection.prepareOnce("SELECT x FROM t") }
        let error = #expect(throws: SQLiteError.self) {
            _ = try connection.prepareOnce("DELETE FROM t")
        }
        #expect(error?.code == .notAuthorized)
    }

    @Test func `a progress handler ends a query that runs too long`() throws {
        connection.onProgress(every: 100) { true }
        let endless = try connection.prepareOnce(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n")

        let error = #expect(throws: SQLiteError.self) { _ = try endless.step() }

        #expect(error?.code == .interrupted)
    }

    @Test func `a second statement in a text is noticed`() throws {
        #expect(try connection.prepareOnce("SELECT 1; SELECT 2").hasTail)
        #expect(try !connection.prepareOnce("SELECT 1; \n").hasTail)
        #expect(throws: SQLiteError.self) { _ = try connection.prepareOnce("  ") }
    }

    @Test func `a pooled reader sees what was written since its last read`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a b?mode=memory#.sqlite")
        let writer = try SQLiteConnection(path: path, mode: .readWrite)
        try writer.execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)")
        let pool = SQLitePool(path: path, mode: .readOnly)
        func count() throws -> Int64 {
            try pool.read { connection throws(SQLiteError) in
                // Left at its first row on purpose.
                let rows = try connection.prepare("SELECT x FROM t")
                _ = try rows.step()
                let count = try connection.prepare("SELECT count(*) FROM t")
                _ = try count.step()
                return count.integer(0)
            }
        }

        #expect(try count() == 2)
        try writer.execute("INSERT INTO t VALUES (3)")
        #expect(try count() == 3)
    }
}
