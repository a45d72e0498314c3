import JSON
import SQLite
import TestSupport
import Testing

@testable import TableStorage

@Suite struct DatabaseLayoutTests {
    /// A database of one table and one record, as the first layout had it.
    private static let oldest = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE ledge_tables(
            name TEXT PRIMARY KEY, physical TEXT NOT NULL, id TEXT NOT NULL,
            primary_key TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL)
            WITHOUT ROWID;
        CREATE TABLE ledge_attributes(
            table_name TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
            column_name TEXT NOT NULL, PRIMARY KEY (table_name, position)) WITHOUT ROWID;
        CREATE TABLE dog (id NOT NULL PRIMARY KEY, __createdtime__, __updatedtime__) WITHOUT ROWID;
        INSERT INTO ledge_tables VALUES ('dog', 'dog', 'an id', 'id', 1, 2);
        INSERT INTO ledge_attributes VALUES ('dog', 0, 'id', 'id'),
            ('dog', 1, '__createdtime__', '__createdtime__'),
            ('dog', 2, '__updatedtime__', '__updatedtime__');
        INSERT INTO dog VALUES (7, 1, 2);
        """

    private static func connection(_ script: String, in directory: TemporaryDirectory) throws
        -> SQLiteConnection
    {
        let connection = try SQLiteConnection(path: directory.file("old.sqlite"), mode: .readWrite)
        try connection.execute(script)
        return connection
    }

    @Test func `a file of the first layout is opened and can be written`() throws {
        let directory = try TemporaryDirectory()
        _ = try Self.connection(Self.oldest, in: directory)

        let database = try Database(name: "dev", path: directory.file("old.sqlite"))

        let table = try database.table("dog")
        #expect(table.options == TableOptions())
        #expect(database.lastWrites["dog"] == 2)
        let context = WriteContext(user: "ann", now: 5) { "made" }
        let result = try database.write(
            [["id": 7, "name": "Penny"], [:]], to: "dog", mode: .upsert, isBulk: false, context)
        #expect(result.written == [7, "made"])
        let found = try database.records(
            withKeys: [7], attributes: ["__createdtime__", "name"], of: "dog", now: 5)
        #expect(found == [["__createdtime__": 1, "name": "Penny"]])
    }

    @Test func `a file is opened as often as one likes`() throws {
        let directory = try TemporaryDirectory()
        _ = try Self.connection(Self.oldest, in: directory)

        for _ in 0..<3 { _ = try Database(name: "dev", path: directory.file("old.sqlite")) }

        let database = try Database(name: "dev", path: directory.file("old.sqlite"))
        #expect(try database.recordCount(of: "dog", now: 5) == 1)
    }

    @Test func `a file of a later program is refused and not touched`() throws {
        let directory = try TemporaryDirectory()
        let connection = try Self.connection("PRAGMA user_version = 99", in: directory)

        let error = #expect(throws: TableStorageError.self) {
            try Database(name: "dev", path: directory.file("old.sqlite"))
        }

        #expect(error?.code == .storageFailed)
        #expect(error?.message.contains("layout 99") == true)
        let tables = try connection.prepareOnce("SELECT count(*) FROM sqlite_schema")
        #expect(try tables.step() && tables.integer(0) == 0)
    }
}
