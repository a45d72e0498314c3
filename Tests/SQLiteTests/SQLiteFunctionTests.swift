import TestSupport
import Testing

@testable import SQLite

@Suite struct SQLiteFunctionTests {
    private static func first(
        _ sql: String, _ connection: SQLiteConnection
    ) throws -> SQLiteValue {
        let statement = try connection.prepareOnce(sql)
        _ = try statement.step()
        return statement.column(0)
    }

    @Test(
        arguments: [
            .null, .integer(.min), .real(-0.5), .text(""), .text("a\u{0}ü"), .blob([0, 255]),
        ] as [SQLiteValue])
    func `a function gets and gives values of every storage class`(value: SQLiteValue) throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.define("same", arguments: 1) { $0[0] }

        let statement = try connection.prepareOnce("SELECT same(?)")
        try statement.bind([value])
        _ = try statement.step()

        #expect(statement.column(0) == value)
    }

    @Test func `a function takes the place of one that SQLite has`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.define("current_timestamp", arguments: 0) { _ in .integer(5) }

        #expect(try Self.first("SELECT CURRENT_TIMESTAMP", connection) == .integer(5))
    }

    @Test func `what a function throws ends the statement`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.define("fail", arguments: 0) { _ throws(SQLiteError) in
            throw SQLiteError(code: .interrupted, extendedCode: 0, message: "too long")
        }

        let error = #expect(throws: SQLiteError.self) {
            try Self.first("SELECT fail()", connection)
        }

        #expect(error?.code == .interrupted)
        #expect(error?.message == "too long")
    }

    @Test func `a column that is ignored reads as null and has no origin`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.execute("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)")
        connection.authorize { $0.second == "b" ? .ignore : .allow }

        let statement = try connection.prepareOnce("SELECT a, b FROM t AS x")
        _ = try statement.step()

        #expect([statement.column(0), statement.column(1)] == [.integer(1), .null])
        #expect(
            statement.origin(0) == SQLiteOrigin(database: "main", table: "t", column: "a"))
        #expect(statement.origin(1) == nil)
    }

    @Test func `a main database with a name is called by it`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        try connection.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")

        try connection.nameMain("my \"own\"")

        #expect(try Self.first("SELECT a FROM \"my \"\"own\"\"\".t", connection) == .integer(1))
        #expect(throws: SQLiteError.self) { try connection.nameMain("another") }
    }

    @Test func `an attached file is read and not written, and goes when it is let go`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a?b.sqlite")
        let writer = try SQLiteConnection(path: path, mode: .readWrite)
        try writer.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        let connection = try SQLiteConnection(path: "", mode: .inMemory)

        try connection.attach(readOnly: path, as: "other")
        try connection.attach(readOnly: path, as: "other")

        #expect(try Self.first("SELECT a FROM other.t", connection) == .integer(1))
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("INSERT INTO other.t VALUES (2)")
        }
        #expect(error?.code == .readOnly)
        connection.detachAll()
        #expect(throws: SQLiteError.self) { try Self.first("SELECT a FROM other.t", connection) }
    }
}
