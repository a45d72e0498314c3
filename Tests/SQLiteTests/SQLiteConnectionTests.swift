import Foundation
import SQLite
import TestSupport
import Testing

@Suite struct SQLiteConnectionTests {
    private static let everyClass: [SQLiteValue] = [
        .null, .integer(0), .integer(.min), .integer(.max), .real(0.5), .real(-1e300), .text(""),
        .text("a\u{0}b"), .text("é😀"), .blob([]), .blob([0, 255]),
    ]

    @Test(arguments: everyClass)
    func `a value of every storage class comes back as it was bound`(value: SQLiteValue) throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        let statement = try connection.prepare("SELECT ?")

        try statement.bind([value])

        #expect(try statement.step())
        #expect(statement.column(0) == value)
        #expect(try !statement.step())
    }

    @Test func `a statement that was kept starts without its bindings`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        let statement = try connection.prepare("SELECT ?")
        try statement.bind([.integer(1)])
        #expect(try statement.step())

        let again = try connection.prepare("SELECT ?")

        #expect(try again.step())
        #expect(again.column(0) == .null)
    }

    @Test func `kept statements do not keep their connection open`() throws {
        weak var gone: SQLiteConnection?

        func use() throws {
            let connection = try SQLiteConnection(path: "", mode: .inMemory)
            gone = connection
            #expect(try connection.prepare("SELECT 1").step())
            #expect(try connection.prepareOnce("SELECT 1").step())
        }
        try use()

        #expect(gone == nil)
    }

    @Test func `a statement outlives its connection, and tells a failure from a row`() throws {
        func statement(_ sql: String) throws -> SQLiteStatement {
            let connection = try SQLiteConnection(path: "", mode: .inMemory)
            try connection.nameMain("other")
            return try connection.prepare(sql)
        }

        let sound = try statement("SELECT 1")
        let failing = try statement("SELECT abs(-9223372036854775808)")

        #expect(try sound.step())
        let error = #expect(throws: SQLiteError.self) { try failing.step() }
        // SQLite has no words any more once the connection is closed, but the code is right.
        #expect(error?.extendedCode == 1)
    }

    @Test func `a transaction whose body throws leaves nothing`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.execute("CREATE TABLE t(x)")

        #expect(throws: SQLiteError.self) {
            try connection.transaction { () throws(SQLiteError) in
                try connection.execute("INSERT INTO t VALUES (1)")
                try connection.execute("nonsense")
            } mapping: {
                $0
            }
        }
        try connection.transaction { () throws(SQLiteError) in
            try connection.execute("INSERT INTO t VALUES (2)")
        } mapping: {
            $0
        }

        let rows = try connection.prepare("SELECT x FROM t")
        #expect(try rows.step())
        #expect(rows.integer(0) == 2)
        #expect(try !rows.step())
    }

    @Test func `a read-only connection cannot write`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.sqlite")
        try SQLiteConnection(path: path, mode: .readWrite).execute("CREATE TABLE t(x)")

        for mode in [SQLiteConnection.Mode.readOnly, .immutable] {
            let error = #expect(throws: SQLiteError.self) {
                try SQLiteConnection(path: path, mode: mode).execute("INSERT INTO t VALUES (1)")
            }
            #expect(error?.code == .readOnly)
        }
    }

    @Test(arguments: [SQLiteConnection.Mode.readOnly, .immutable])
    func `reading creates no file`(mode: SQLiteConnection.Mode) throws {
        let directory = try TemporaryDirectory()

        let error = #expect(throws: SQLiteError.self) {
            try SQLiteConnection(path: directory.file("a.sqlite"), mode: mode)
        }

        #expect(error?.code == .cannotOpen)
    }

    @Test func `a path is no URI, whatever stands in it`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a?mode=memory#%41 é.sqlite")

        try SQLiteConnection(path: path, mode: .readWrite).execute("CREATE TABLE t(x)")

        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func `a link is not followed`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.sqlite")
        try SQLiteConnection(path: path, mode: .readWrite).execute("CREATE TABLE t(x)")
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("link.sqlite"), withDestinationPath: path)

        #expect(throws: SQLiteError.self) {
            try SQLiteConnection(path: directory.file("link.sqlite"), mode: .readWrite)
        }
    }

    @Test func `a file of another format is told apart`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.sqlite")
        try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: path))

        let error = #expect(throws: SQLiteError.self) {
            let connection = try SQLiteConnection(path: path, mode: .readOnly)
            _ = try connection.prepare("SELECT * FROM sqlite_schema").step()
        }

        #expect(error?.code == .notADatabase)
    }

    @Test(arguments: [("SELECT 1", false), ("SELECT 1 ; \n", false), ("SELECT 1; SELECT 2", true)])
    func `what follows a statement is noticed`(sql: String, hasTail: Bool) throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)

        #expect(try connection.prepareOnce(sql).hasTail == hasTail)
    }

    @Test(arguments: ["", " ", ";", "-- nothing"])
    func `a text without a statement is an error`(sql: String) throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)

        #expect(throws: SQLiteError.self) { try connection.prepareOnce(sql) }
    }

    @Test func `an authorizer forbids what it does not allow`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.execute("CREATE TABLE t(x)")
        connection.authorize { $0.kind == .select ? .allow : .deny }

        let error = #expect(throws: SQLiteError.self) {
            try connection.prepareOnce("SELECT x FROM t")
        }
        #expect(error?.code == .notAuthorized)
        #expect(try connection.prepareOnce("SELECT 1").step())

        connection.authorize(nil)
        #expect(try !connection.prepareOnce("SELECT x FROM t").step())
    }

    @Test func `a progress handler ends a query without end`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        connection.onProgress(every: 100) { true }
        let endless =
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
            + "SELECT count(*) FROM n"

        let error = #expect(throws: SQLiteError.self) { try connection.prepareOnce(endless).step() }

        #expect(error?.code == .interrupted)
        connection.onProgress(every: 100, nil)
        #expect(try connection.prepareOnce("SELECT 1").step())
    }

    @Test func `a value over the limit is too big and one at the limit is not`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        connection.limit(valueBytes: 1_000)

        #expect(try connection.prepareOnce("SELECT zeroblob(1000)").step())
        let error = #expect(throws: SQLiteError.self) {
            try connection.prepareOnce("SELECT zeroblob(1001)").step()
        }

        #expect(error?.code == .tooBig)
    }

    @Test func `a broken constraint is told apart`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.execute("CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES (1)")

        let error = #expect(throws: SQLiteError.self) {
            try connection.prepare("INSERT INTO t VALUES (?)").run([.integer(1)])
        }

        #expect(error?.code == .constraint)
        #expect(error?.message.contains("UNIQUE") == true)
    }
}

@Suite struct SQLitePoolTests {
    @Test func `a reader that left rows unread does not hold the next one back`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.sqlite")
        let writer = try SQLiteConnection(path: path, mode: .readWrite)
        try writer.execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)")
        let pool = SQLitePool(path: path, mode: .readOnly)
        let first = { (connection: SQLiteConnection) throws(SQLiteError) -> Int64 in
            let rows = try connection.prepare("SELECT x FROM t ORDER BY x DESC")
            return try rows.step() ? rows.integer(0) : 0
        }
        #expect(try pool.read(first) == 2)

        try writer.execute("INSERT INTO t VALUES (3)")

        #expect(try pool.read(first) == 3)
    }

    @Test func `a read inside a read has a connection of its own`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.sqlite")
        try SQLiteConnection(path: path, mode: .readWrite).execute("CREATE TABLE t(x)")
        let pool = SQLitePool(path: path, mode: .readOnly)

        let isSame = try pool.read { outer throws(SQLiteError) in
            try pool.read { inner throws(SQLiteError) in outer === inner }
        }

        #expect(!isSame)
    }
}
