import JSON
import Testing

@testable import TableStorage

@Suite struct SearchTests {
    private static func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.insert(
            ["id": 1, "v": "abc"], ["id": 2, "v": "ab*c"], ["id": 3, "v": "*"],
            ["id": 4, "v": "%"],
            ["id": 5, "v": "ABC"], ["id": 6, "v": 5], ["id": 7, "v": nil], ["id": 8, "v": true],
            ["id": 9, "v": "xabcx"], ["id": 10, "v": "a\u{0}bc"])
        return fixture
    }

    @Test(
        arguments: [
            ("abc", [1]), ("ab*", [2, 1]), ("*bc", [10, 1]), ("*abc*", [1, 9]), ("ab*c", [2]),
            ("***bc", [10, 1]), ("%bc%", [10, 1, 9]), (true, [8]), ("true", []), (5, [6]),
            ("*\u{0}bc", [10]), ("' OR 1=1 --", []), ("*'*", []),
        ] as [(JSONValue, [JSONValue])])
    func `stars at the ends are wild and nothing else is`(
        value: JSONValue, keys: [JSONValue]
    ) throws {
        #expect(
            try Self.fixture().keys(.wildcard(attribute: "v", value: value)) == keys)
    }

    @Test(arguments: ["*", "**", "%", "*%"])
    func `stars alone find every record`(value: String) throws {
        let condition = SearchCondition.wildcard(attribute: "v", value: .string(value))

        #expect(try Self.fixture().keys(condition).count == 10)
    }

    @Test func `an empty group of all finds everything and one of any nothing`() throws {
        let fixture = try Self.fixture()

        #expect(try fixture.keys(.every([])).count == 10)
        #expect(try fixture.keys(.any([])).isEmpty)
    }

    @Test func `conditions are counted and measured`() throws {
        let fixture = try Self.fixture()
        let one = SearchCondition.compare(attribute: "v", .notEqual, "abc")
        let most = SearchCondition.every(
            Array(repeating: one, count: TableLimits.conditionsMax - 1))
        let more = SearchCondition.any(Array(repeating: one, count: TableLimits.conditionsMax))
        let deep = (0...TableLimits.conditionDepthMax).reduce(one) { inner, _ in .every([inner]) }

        #expect(try fixture.keys(most).count == 9)
        for condition in [more, deep] {
            let error = #expect(throws: TableStorageError.self) { try fixture.keys(condition) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test(arguments: [nil, true, [1], ["a": 1]] as [JSONValue])
    func `a range is bounded by numbers or text`(bound: JSONValue) throws {
        let fixture = try Self.fixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.keys(.compare(attribute: "v", .lessThan, bound))
        }

        #expect(error?.code == .invalidSearch)
    }

    @Test(arguments: [[], [1], [1, 2, 3], 1, nil] as [JSONValue])
    func `between takes two bounds`(bounds: JSONValue) throws {
        let fixture = try Self.fixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.keys(.compare(attribute: "v", .between, bounds))
        }

        #expect(error?.code == .invalidSearch)
    }
}

@Suite struct SQLQueryTests {
    private static func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.insert(["id": 1, "name": "Penny"])
        return fixture
    }

    @Test(arguments: [
        "SELECT * FROM dev.sqlite_schema", "SELECT * FROM dev.sqlite_master",
        "SELECT name FROM dev.\"SQLITE_SCHEMA\"", "SELECT * FROM dev.ledge_tables",
        "SELECT count(*) FROM dev.ledge_attributes", "SELECT * FROM dev.LEDGE_TABLES",
        "SELECT * FROM pragma_database_list", "SELECT * FROM pragma_table_info('dog')",
        "SELECT * FROM dbstat", "SELECT * FROM sqlite_dbpage", "SELECT * FROM sqlite_temp_schema",
        "SELECT load_extension('x')", "SELECT readfile('/etc/passwd')", "SELECT randomblob(9)",
        "SELECT * FROM dev.dog; ATTACH 'x' AS y", "WITH x AS (SELECT 1) DELETE FROM dev.dog",
        "SELECT (SELECT sql FROM dev.sqlite_schema LIMIT 1)",
        "SELECT id FROM dev.dog UNION SELECT sql FROM dev.sqlite_master",
    ])
    func `a query reads tables and nothing beneath them`(sql: String) throws {
        let fixture = try Self.fixture()

        let error = #expect(throws: TableStorageError.self) { try fixture.store.select(sql) }

        #expect(error?.code == .invalidSQL, "\(error?.message ?? "")")
        #expect(try fixture.store.recordCount(of: StoreFixture.dog) == 1)
    }

    @Test(arguments: [
        "ATTACH 'x' AS y", "DETACH dev", "PRAGMA table_info(dog)", "VACUUM", "BEGIN", "",
        "EXPLAIN SELECT 1", "INSERT INTO dev.dog VALUES (2, 2, 2, 2)", "REINDEX", "ANALYZE",
    ])
    func `another statement than SELECT is refused`(sql: String) throws {
        let fixture = try Self.fixture()

        let error = #expect(throws: TableStorageError.self) { try fixture.store.select(sql) }

        #expect(error?.code == .invalidSQL)
    }

    @Test func `a text that looks like a table names no database`() throws {
        let fixture = try Self.fixture()

        let rows = try fixture.store.select("SELECT 'dev.dog' AS text")

        #expect(rows == [["text": "dev.dog"]])
        #expect(SQLNames.databases(in: "SELECT 'dev.dog'", among: ["dev"]) == [])
        #expect(SQLNames.databases(in: "SELECT * FROM `dev` . dog", among: ["dev"]) == ["dev"])
        #expect(SQLNames.databases(in: "SELECT dev", among: ["dev"]) == [])
        #expect(SQLNames.databases(in: "'unterminated", among: ["dev"]) == [])
        #expect(SQLNames.databases(in: "SELECT * FROM dev.", among: ["dev"]) == ["dev"])
    }

    @Test func `databases are joined`() throws {
        let fixture = try Self.fixture()
        let town = TableName("two words", "town")
        try fixture.store.createTable(town, primaryKey: "id", makesDatabase: true)
        _ = try fixture.store.write([["id": 1, "town": "Oslo"]], to: town, mode: .insert)

        let rows = try fixture.store.select(
            "SELECT d.name, t.town FROM dev.dog d JOIN [two words].town t ON d.id = t.id")

        #expect(rows == [["name": "Penny", "town": "Oslo"]])
    }

    @Test func `a table that another shadows is not answered with the other's records`() throws {
        let fixture = try Self.fixture()
        try fixture.store.createTable(TableName("dev", "DOG"), primaryKey: "id")

        let error = #expect(throws: TableStorageError.self) {
            try fixture.store.select("SELECT * FROM dev.DOG")
        }

        #expect(error?.code == .invalidSQL)
        #expect(try fixture.store.select("SELECT id FROM dev.dog") == [["id": 1]])
    }

    @Test(arguments: [
        "SELECT replace(printf('%.*c', 100000000, 'x'), 'x', 'yy')", "SELECT zeroblob(2000000000)",
        "SELECT hex(printf('%.*c', 100000000, 'x'))",
    ])
    func `a query cannot ask for a mountain of memory`(sql: String) throws {
        let fixture = try Self.fixture()

        #expect(throws: TableStorageError.self) { try fixture.store.select(sql) }
    }

    @Test func `a statement over the limit is refused`() throws {
        let fixture = try Self.fixture()
        let sql = "SELECT 1" + String(repeating: " ", count: TableLimits.sqlBytesMax)

        let error = #expect(throws: TableStorageError.self) { try fixture.store.select(sql) }

        #expect(error?.code == .limitExceeded)
    }
}
