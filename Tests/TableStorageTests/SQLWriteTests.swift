import JSON
import SQLite
import Synchronization
import Testing

@testable import TableStorage

@Suite struct SQLWriteTests {
    @Test(arguments: [
        ("INSERT INTO dev.dog (id, name) VALUES (4, 'Rex'), (5, '')", "insert [4,5] [] of 2"),
        (
            "INSERT INTO dev.dog (id, name) VALUES (1, 'Rex'), (6, 'Max'), (6, 'Max')",
            "insert [6] [1,6] of 3"
        ),
        ("INSERT INTO dev.dog (id) VALUES ('1')", #"insert ["1"] [] of 1"#),
        (
            "INSERT INTO dev.dog (id, name) SELECT id + 100, name FROM other.owner ORDER BY id",
            "insert [110,111] [] of 2"
        ),
        (
            "INSERT INTO dev.dog (id) WITH n AS (SELECT 7 AS id) SELECT id FROM n",
            "insert [7] [] of 1"
        ),
        ("UPDATE dev.dog SET name = 'Rex' WHERE id = 75", "update [] [] of 0"),
        ("UPDATE dev.dog SET name = 'Rex' WHERE id = '1'", "update [1] [] of 1"),
        ("UPDATE dev.dog AS d SET age = d.age + 1 WHERE d.id IN (1, 2)", "update [1,2] [] of 2"),
        ("UPDATE dev.dog SET age = 0", #"update [1,2,3,"x"] [] of 4"#),
        ("UPDATE dev.dog SET __createdtime__ = 'bad value' WHERE id = 1", "update [1] [] of 1"),
        ("DELETE FROM dev.dog WHERE good = true", #"delete [1,"x"] [] of 2"#),
        (
            "DELETE FROM dev.dog d WHERE EXISTS (SELECT 1 FROM other.owner o WHERE o.id = d.owner)",
            "delete [1,2,3] [] of 3"
        ),
        ("DELETE FROM dev.dog", #"delete [1,2,3,"x"] [] of 4"#),
        ("DELETE FROM dev.dog WHERE id = 99", "delete [] [] of 0"),
    ])
    func `a write answers with keys`(sql: String, answer: String) throws {
        #expect(try SQLFixture().written(sql) == answer)
    }

    @Test(arguments: [
        ("'1'", #""1""#), ("true", "true"), ("FALSE", "false"), ("null", "null"),
        ("undefined", "null"), ("''", #""""#), ("1.5", "1.5"), ("'true'", #""true""#),
        ("age * 2", "10"), ("upper(name)", #""PENNY""#), ("'it''s; -- '", #""it's; -- ""#),
        ("(SELECT name FROM other.owner WHERE id = '10')", #""Ann""#),
        ("CASE WHEN age > 3 THEN 'old' ELSE 'young' END", #""old""#), ("good", "true"),
    ])
    func `a value keeps its type`(expression: String, value: String) throws {
        let fixture = try SQLFixture()

        _ = try fixture.written("UPDATE dev.dog SET v = \(expression) WHERE id = 1")

        #expect(
            try fixture.rows("SELECT v FROM dev.dog WHERE id = 1") == #"[{"v":\#(value)}]"#)
    }

    @Test func `an unknown column of an INSERT becomes an attribute`() throws {
        let fixture = try SQLFixture()

        _ = try fixture.written("INSERT INTO dev.dog (id, `a b`, [group]) VALUES (9, true, '1')")

        #expect(
            try fixture.rows("SELECT `a b`, `group` FROM dev.dog WHERE id = 9")
                == #"[{"a b":true,"group":"1"}]"#)
    }

    @Test func `a record without a key gets one`() throws {
        let fixture = try SQLFixture()

        let answer = try fixture.written("INSERT INTO dev.dog (name) VALUES ('Rex')")

        #expect(answer.count == #"insert ["00000000-0000-0000-0000-000000000000"] [] of 1"#.count)
    }

    @Test func `times are kept and moved on as in every write`() throws {
        let fixture = try SQLFixture()
        _ = try fixture.written(
            "INSERT INTO dev.dog (id, __createdtime__) VALUES (9, 'bad'), (10, 0)")

        let rows = try fixture.rows(
            "SELECT count(*) AS n FROM dev.dog WHERE typeof(__createdtime__) = 'integer'"
                + " AND __createdtime__ > 0 AND __updatedtime__ >= __createdtime__")

        #expect(rows == #"[{"n":6}]"#)
    }

    @Test(arguments: [
        "INSERT INTO dev.dog (id, `a/b`) VALUES (9, 1)",
        "INSERT INTO dev.dog (id, a) VALUES (9, 1), (10, 1, 2)",
        "INSERT INTO dev.dog (id, a) VALUES (9)", "INSERT INTO dev.dog VALUES (9, 'Rex', 1, 1)",
        "INSERT INTO dev.dog (id, id) VALUES (9, 9)",
        "INSERT INTO dev.dog (id, a) VALUES (9, 1), (true, 2)",
        "INSERT OR REPLACE INTO dev.dog (id) VALUES (1)", "REPLACE INTO dev.dog (id) VALUES (1)",
        "INSERT INTO dev.dog (id) VALUES (9) ON CONFLICT DO NOTHING",
        "INSERT INTO dev.dog (id) VALUES (9) RETURNING id", "INSERT INTO dev.dog DEFAULT VALUES",
        "INSERT INTO dev.dog (id) SELECT id FROM other.owner) UNION (SELECT 1",
        "UPDATE dev.dog SET `/a` = 1 WHERE id = 99", "UPDATE dev.dog SET id = 5 WHERE id = 1",
        "UPDATE dev.dog SET age = 1 FROM other.owner", "UPDATE OR IGNORE dev.dog SET age = 1",
        "UPDATE dev.dog SET (age, name) = (1, 2)", "UPDATE dev.dog SET d.age = 1",
        "UPDATE dev.dog SET age = 1 WHERE id = 1 RETURNING *", "UPDATE dev.dog SET age = 1 LIMIT 1",
        "UPDATE dev.dog SET age = 1 WHERE 1 UNION SELECT 1, 2",
        "UPDATE dev.dog SET age = 1) FROM other.owner --", "UPDATE dev.dog SET age = WHERE id = 1",
        "UPDATE dev.dog SET age = 1 WHERE id = 1) OR (1", "UPDATE dev.dog SET",
        "DELETE FROM dev.dog WHERE id = 1 ORDER BY id LIMIT 1", "DELETE FROM dev.dog WHERE",
        "DELETE FROM dev.dog USING other.owner", "DELETE dev.dog",
        "DELETE FROM dev.dog RETURNING id",
        "WITH x AS (SELECT 1) DELETE FROM dev.dog", "WITH x AS (SELECT 1) UPDATE dev.dog SET a = 1",
        "WITH x AS (SELECT 1) INSERT INTO dev.dog (id) SELECT * FROM x",
        "UPDATE dev.dog SET age = absent", "DELETE FROM dev.dog WHERE absent = 1",
    ])
    func `a refused write changes nothing and says why`(sql: String) throws {
        let fixture = try SQLFixture()
        let before = try fixture.everything()

        let error = fixture.refusal(sql)

        #expect([.invalidSQL, .invalidName, .invalidRecord].contains(error?.code))
        #expect(try fixture.everything() == before)
        #expect(try fixture.store.table(StoreFixture.dog).attributes.count == 7)
    }

    @Test func `no step of many threads is lost`() throws {
        let fixture = try SQLFixture()
        let (threads, steps) = (8, 25)
        let failures = Mutex<[String]>([])

        onThreads(threads) { _ in
            for _ in 0..<steps {
                do {
                    _ = try fixture.store.run(sql: "UPDATE dev.dog SET age = age + 1 WHERE id = 1")
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }

        #expect(failures.withLock { $0 } == [])
        #expect(
            try fixture.rows("SELECT age FROM dev.dog WHERE id = 1")
                == #"[{"age":\#(5 + threads * steps)}]"#)
    }

    @Test func `writes across databases at once leave nothing attached`() throws {
        let fixture = try SQLFixture()
        let failures = Mutex<[String]>([])
        for table in [StoreFixture.dog, SQLFixture.owner] {
            try fixture.store.createAttribute("n", of: table)
        }

        onThreads(16) { number in
            let (target, other) =
                number.isMultiple(of: 2) ? ("dev.dog", "other.owner") : ("other.owner", "dev.dog")
            do {
                for _ in 0..<10 {
                    _ = try fixture.store.run(
                        sql: "UPDATE \(target) SET n = coalesce(n, 0) + "
                            + "(SELECT count(*) > 0 FROM \(other))")
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }

        #expect(failures.withLock { $0 } == [])
        #expect(try fixture.rows("SELECT DISTINCT n FROM dev.dog") == #"[{"n":80}]"#)
        #expect(try fixture.rows("SELECT DISTINCT n FROM other.owner") == #"[{"n":80}]"#)
        try fixture.store.dropDatabase("other")
        #expect(try fixture.written("DELETE FROM dev.dog WHERE id = 1") == "delete [1] [] of 1")
    }

    @Test func `the writer obeys nobody's guard after a client's statement`() throws {
        let fixture = try SQLFixture()
        _ = fixture.refusal("UPDATE dev.dog SET age = load_extension('x')")
        _ = fixture.refusal("UPDATE dev.dog SET age = zeroblob(9)")

        try fixture.store.createTable(TableName("dev", "cat"), primaryKey: "id")
        try fixture.store.dropTable(TableName("dev", "cat"))

        #expect(
            try fixture.written("UPDATE dev.dog SET b = 1 WHERE id = 1") == "update [1] [] of 1")
    }
}
