import JSON
import SQLite
import Testing

@testable import TableStorage

@Suite struct SQLAttackTests {
    /// What would reach beneath the tables; each stands in a SELECT and in all three writes.
    private static let expressions = [
        "(SELECT sql FROM dev.sqlite_schema LIMIT 1)", "(SELECT count(*) FROM dev.sqlite_master)",
        "(SELECT name FROM dev.\"SQLITE_SCHEMA\" LIMIT 1)", "(SELECT count(*) FROM sqlite_schema)",
        "(SELECT name FROM dev.ledge_tables LIMIT 1)",
        "(SELECT count(*) FROM dev.ledge_attributes)",
        "(SELECT count(*) FROM dev.LEDGE_TABLES)", "(SELECT count(*) FROM ledge_tables)",
        "(SELECT count(*) FROM ledge_tables, (WITH ledge_tables AS (SELECT 1) SELECT 1))",
        "(SELECT 1 FROM (SELECT 1), ledge_tables)",
        "(SELECT count(*) FROM (SELECT 1), [sqlite_schema])",
        "(SELECT file FROM pragma_database_list)",
        "(SELECT count(*) FROM pragma_table_info('dog'))",
        "(SELECT count(*) FROM pragma_function_list)", "(SELECT count(*) FROM dbstat)",
        "(SELECT count(*) FROM sqlite_dbpage)", "(SELECT count(*) FROM sqlite_temp_schema)",
        "(SELECT count(*) FROM temp.sqlite_schema)", "(SELECT count(*) FROM main.sqlite_schema)",
        "(SELECT count(*) FROM fts5vocab)", "(SELECT count(*) FROM bytecode('SELECT 1'))",
        // What an attacker writes, with a path that every machine has; none of them is opened.
        "load_extension('x')", "readfile('/etc/passwd')", "writefile('/tmp/x', 'y')", "edit('x')",
        "randomblob(1000000000)", "zeroblob(1000000000)", "sqlite_compileoption_get(0)",
        "fts3_tokenizer('simple')", "sqlite_log(1, 'x')", "sqlite_version()", "sqlite_source_id()",
        "changes()", "last_insert_rowid()", "total_changes()", "fts5(1)", "subtype(1)",
        "raise(ABORT, 'x')", "?", "?1", ":a", "@a", "$a", "#1",
    ]

    @Test(arguments: expressions)
    func `nothing beneath the tables is reached`(expression: String) throws {
        let fixture = try SQLFixture()
        let before = try fixture.everything()

        for sql in [
            "SELECT \(expression)", "SELECT id FROM dev.dog WHERE \(expression) = 1",
            "SELECT id FROM dev.dog ORDER BY \(expression)",
            "INSERT INTO dev.dog (id, a) VALUES (9, \(expression))",
            "UPDATE dev.dog SET name = \(expression)", "DELETE FROM dev.dog WHERE \(expression)",
        ] {
            let error = fixture.refusal(sql)
            #expect(
                [.invalidSQL, .databaseNotNamed, .databaseNotFound].contains(error?.code),
                "\(sql): \(error?.message ?? "")")
        }

        #expect(try fixture.everything() == before)
    }

    @Test(arguments: [
        "ATTACH 'x' AS y", "DETACH dev", "PRAGMA table_info(dog)", "VACUUM", "VACUUM INTO 'x'",
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT x", "RELEASE piece", "", " ", ";", ";;", "-- ",
        "/* SELECT 1 */", "EXPLAIN SELECT 1", "EXPLAIN QUERY PLAN DELETE FROM dev.dog", "REINDEX",
        "ANALYZE", "CREATE TABLE dev.t (a)", "DROP TABLE dev.dog", "ALTER TABLE dev.dog ADD b",
        "CREATE TRIGGER dev.t AFTER INSERT ON dog BEGIN SELECT 1; END", "SELEC 1", "nonsense",
        "SELECT 1; DROP TABLE dev.dog", "SELECT * FROM dev.dog; ATTACH 'x' AS y",
        "SELECT 1;;SELECT 2",
        "DELETE FROM dev.dog WHERE id = 99; DELETE FROM dev.dog", "SELECT 'open", "SELECT \"open",
        "SELECT `open", "SELECT [open", "SELECT /* open", "DELETE FROM dev.dog /* WHERE id = 99",
        "SELECT 1\u{0}", "SELECT '\u{0}'", "DELETE FROM dev.dog\u{0} WHERE id = 99", "SELECT \\",
        "\u{FEFF}SELECT 1", "SELECT 1 \u{A0}; DELETE FROM dev.dog", "(SELECT 1)", "SELECT",
        "SELECT id FROM dev.dog UNION SELECT sql FROM dev.sqlite_master",
        "INSERT INTO dev.ledge_tables (name) VALUES ('x')", "DELETE FROM dev.sqlite_schema",
        "UPDATE dev.ledge_attributes SET name = 'x'",
    ])
    func `everything but one plain statement is refused`(sql: String) throws {
        let fixture = try SQLFixture()
        let before = try fixture.everything()

        let error = fixture.refusal(sql)

        #expect([.invalidSQL, .tableNotFound].contains(error?.code), "\(error?.message ?? "")")
        #expect(try fixture.everything() == before)
    }

    @Test(arguments: [
        "SELECT replace(printf('%.*c', 100000000, 'x'), 'x', 'yy')",
        "SELECT hex(printf('%.*c', 100000000, 'x'))",
        "SELECT 'x' LIKE printf('%.*c', 1025, '%')", "SELECT 'x' REGEXP printf('%.*c', 1025, 'x')",
        "SELECT 'x' REGEXP '((x{100}){100}){100}'",
        "SELECT " + String(repeating: "(", count: 5_000) + "1"
            + String(repeating: ")", count: 5_000),
        "SELECT " + String(repeating: "NOT ", count: 5_000) + "1",
        "SELECT " + String(repeating: "-", count: 1) + String(repeating: "(SELECT ", count: 500),
        "SELECT 1 WHERE 1" + String(repeating: " AND (1", count: 20_000),
    ])
    func `a statement cannot ask for a mountain`(sql: String) throws {
        let error = try SQLFixture().refusal(sql)

        #expect(
            [.invalidSQL, .queryTooLong, .limitExceeded].contains(error?.code),
            "\(error?.message ?? "")")
    }

    /// Each makes every token look at its neighbours, which must not become a look at all of them.
    @Test(arguments: ["a(", "NOT (", "(", "a.", "a,", "a AS (", "(SELECT ", "CASE ", "1=", "b ,b("])
    func `a long statement of one piece is refused in time`(piece: String) throws {
        let fixture = try SQLFixture()
        let count = TableLimits.sqlBytesMax / 8 / piece.utf8.count
        let start = ContinuousClock.now

        for head in ["SELECT ", "SELECT 1 FROM dev.dog WHERE ", "DELETE FROM dev.dog WHERE "] {
            _ = fixture.refusal(head + String(repeating: piece, count: count))
        }

        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func `a statement over the limit is refused`() throws {
        let sql = "SELECT 1"
        let most = sql + String(repeating: " ", count: TableLimits.sqlBytesMax - sql.utf8.count)
        let fixture = try SQLFixture()

        #expect(try fixture.rows(most) == #"[{"1":1}]"#)
        #expect(fixture.refusal(most + " ")?.code == .limitExceeded)
    }

    @Test func `a write without end is ended and leaves the way free`() throws {
        let fixture = try SQLFixture()
        let before = try fixture.everything()
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"

        let error = fixture.refusal(
            "UPDATE dev.dog SET a = (\(endless) SELECT count(*) FROM n)")

        #expect(error?.code == .queryTooLong)
        #expect(error?.message.contains("5.0 seconds") == true, "\(error?.message ?? "")")
        #expect(try fixture.everything() == before)
        #expect(try fixture.written("DELETE FROM dev.dog WHERE id = 1") == "delete [1] [] of 1")
    }

    @Test func `an endless pattern is ended too`() throws {
        let connection = try SQLiteConnection(path: "", mode: .inMemory)
        let over = SQLDeadline(in: .zero)
        try connection.prepareForSQL(now: 0, deadline: over)

        let error = #expect(throws: SQLiteError.self) {
            try connection.prepareOnce("SELECT printf('%.*c', 100000, 'x') REGEXP 'y'").step()
        }

        #expect(error?.code == .interrupted)
    }
}
