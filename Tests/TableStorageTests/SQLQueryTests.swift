import JSON
import SQLite
import Testing

@testable import TableStorage

@Suite struct SQLQueryTests {
    @Test(arguments: [
        ("SELECT COUNT(*) FROM dev.dog", #"[{"COUNT(*)":4}]"#),
        ("select count( * ) from dev.dog", #"[{"COUNT(*)":4}]"#),
        ("select count(distinct age) from dev.dog", #"[{"COUNT(DISTINCT age)":2}]"#),
        (
            "select * from (select count(*), max( age ) from dev.dog)",
            #"[{"COUNT(*)":4,"MAX(age)":7}]"#
        ),
        (
            "SELECT min(age), avg(d.age) FROM dev.dog d WHERE id < 3",
            #"[{"MIN(age)":5,"AVG(d.age)":6}]"#
        ),
        ("SELECT count(*) AS `count` FROM dev.dog", #"[{"count":4}]"#),
        ("SELECT count(*) n FROM dev.dog", #"[{"n":4}]"#),
        (
            "SELECT sum(age) FROM dev.dog GROUP BY owner ORDER BY owner",
            #"[{"SUM(age)":null},{"SUM(age)":12},{"SUM(age)":7}]"#
        ),
        (
            "SELECT round(age * 1.5) AS Price FROM dev.dog WHERE id = 1 GROUP BY round(age * 1.5)",
            #"[{"Price":8}]"#
        ),
        ("SELECT 2 + 2", #"[{"2 + 2":4}]"#),
        ("SELECT 'it''s', 1 AS a", #"[{"'it''s'":"it's","a":1}]"#),
        ("VALUES (1)", #"[{"column1":1}]"#),
    ])
    func `an expression is answered under its own text`(sql: String, rows: String) throws {
        #expect(try SQLFixture().rows(sql) == rows)
    }

    @Test(arguments: [
        ("id = 1", "1"), ("id = '1'", "1"), ("id == '1'", "1"), ("id != 1", #"2,3,"x""#),
        ("id <> '1'", #"2,3,"x""#), ("id IN ('1','2')", "1,2"), ("id NOT IN ('1', 2)", #"3,"x""#),
        ("id = 'x'", #""x""#), ("id BETWEEN 1 AND 2", "1,2"), ("age NOT BETWEEN 6 AND 8", "1"),
        ("name LIKE '%a%'", "2,3"), ("name LIKE 'p%' OR (id >= 3 AND age <= 7)", "1,3"),
        ("age IS NULL", #""x""#), ("age IS NOT NULL AND id > 1", "2,3"),
        ("name REGEXP '^[AK].*[yo]$'", "2,3"), ("name NOT REGEXP 'n|t'", "2"),
        ("good = true", #"1,"x""#), ("good = FALSE", "2"), ("good = 'true'", #"1,"x""#),
        ("good = 'false'", "2"), ("good", #"1,"x""#), ("NOT good", "2"), ("NOT (d.good)", "2"),
        ("good AND id = '1'", "1"), ("good IN ('true')", #"1,"x""#), ("TRUE", #"1,2,3,"x""#),
        ("true AND id = 1", "1"), ("id IS NOT 1", #"2,3,"x""#), ("good IS NOT true", "2,3"),
        ("CASE WHEN good THEN 1 ELSE 0 END = 1", #"1,"x""#),
        ("age IN (SELECT max(age) FROM dev.dog)", "2,3"),
        ("EXISTS (SELECT 1 FROM other.owner o WHERE o.id = d.owner AND o.name = 'Ann')", "1,3"),
        ("name = '1' || ''", ""), ("age IS NOT DISTINCT FROM 5", "1"), ("(good) = true", #"1,"x""#),
    ])
    func `a condition finds what it means`(condition: String, keys: String) throws {
        let rows = try SQLFixture().rows(
            "SELECT d.id FROM dev.dog d WHERE \(condition) ORDER BY id")

        #expect(
            rows == "["
                + keys.split(separator: ",").map { #"{"id":\#($0)}"# }.joined(separator: ",") + "]")
    }

    @Test(arguments: [
        ("SELECT name FROM dev.dog WHERE id = 1", #"[{"name":"Penny"}]"#),
        ("SELECT `name` FROM `dev`.`dog` WHERE [id] = 1", #"[{"name":"Penny"}]"#),
        (
            "SELECT d.name AS n FROM dev.dog AS d ORDER BY age DESC, d.name LIMIT 2 OFFSET 1",
            #"[{"n":"Kato"},{"n":"Penny"}]"#
        ),
        ("SELECT name AS n FROM dev.dog ORDER BY n LIMIT 1", #"[{"n":"Alby"}]"#),
        (
            "SELECT d.id, o.id, d.name, o.name FROM dev.dog d "
                + "INNER JOIN other.owner o ON d.owner = o.id WHERE d.id = 1",
            #"[{"id":1,"id1":10,"name":"Penny","name1":"Ann"}]"#
        ),
        (
            "SELECT o.name, d.name FROM dev.dog d "
                + "LEFT JOIN other.owner o ON d.owner = o.id WHERE d.id = 'x'",
            #"[{"name":null,"name1":"Mutt"}]"#
        ),
        (
            "SELECT a.name FROM dev.dog a JOIN dev.dog b ON a.owner = b.owner "
                + "WHERE b.id = 1 ORDER BY 1",
            #"[{"name":"Kato"},{"name":"Penny"}]"#
        ),
        (
            "SELECT * FROM (SELECT a.id, b.id FROM other.owner a, other.owner b) LIMIT 1",
            #"[{"id":10,"id1":10}]"#
        ),
        (
            "WITH old AS (SELECT * FROM dev.dog WHERE age > 6) SELECT count(*) FROM old",
            #"[{"COUNT(*)":2}]"#
        ),
        (
            "SELECT good, NULL, true FROM dev.dog WHERE id < 3 ORDER BY id",
            #"[{"good":true,"NULL":null,"TRUE":true},{"good":false,"NULL":null,"TRUE":true}]"#
        ),
        (
            "SELECT id FROM dev.dog WHERE id = 1 UNION SELECT id FROM other.owner ORDER BY id DESC",
            #"[{"id":11},{"id":10},{"id":1}]"#
        ),
        ("SELECT /* one */ id -- two\n FROM dev.dog WHERE id = 1;", #"[{"id":1}]"#),
        ("SELECT 'dev.dog' AS text", #"[{"text":"dev.dog"}]"#),
        ("SELECT value FROM json_each('[1,2]')", #"[{"value":1},{"value":2}]"#),
    ])
    func `a query answers with objects`(sql: String, rows: String) throws {
        #expect(try SQLFixture().rows(sql) == rows)
    }

    @Test func `random numbers lie between 0 and 1`() throws {
        let sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50),
            r AS MATERIALIZED (SELECT random() AS x FROM n)
            SELECT min(x) >= 0 AND max(x) < 1 AS a, count(DISTINCT x) > 1 AS b FROM r
            """

        #expect(try SQLFixture().rows(sql) == #"[{"a":1,"b":1}]"#)
    }

    @Test func `a column that is named beside a star comes once`() throws {
        let rows = try SQLFixture().rows("SELECT name, *, age AS years FROM dev.dog WHERE id = 1")

        #expect(rows.hasPrefix(#"[{"name":"Penny","id":1,"__createdtime__":"#))
        #expect(rows.hasSuffix(#""owner":10,"good":true,"years":5}]"#))
        #expect(!rows.contains("name1") && !rows.contains(#""age""#))
    }

    @Test func `the time of a query is one number of milliseconds`() throws {
        let fixture = try SQLFixture()

        guard
            case .rows(let rows) = try fixture.store.run(
                sql: "SELECT CURRENT_TIMESTAMP, current_timestamp AS b")
        else { return }

        let now = try #require(rows.first?["CURRENT_TIMESTAMP"]?.integerValue)
        #expect(rows.first?["b"]?.integerValue == now)
        #expect(String(now).count == 13)
    }

    @Test(arguments: [
        (
            "SELECT * FROM dog", TableStorageError.Code.databaseNotNamed,
            "schema not defined for table dog"
        ),
        ("SELECT * FROM cats.dog", .databaseNotFound, "database 'cats' does not exist"),
        ("SELECT * FROM dev.cat", .tableNotFound, "Table 'dev.cat' does not exist"),
        ("SELECT * FROM dev.dog, dog", .databaseNotNamed, "schema not defined for table dog"),
        (
            "SELECT * FROM dev.dog d JOIN dev.dog e ON d.id = abs(1), (dog)", .databaseNotNamed,
            "schema not defined for table dog"
        ),
        ("DELETE FROM dog", .databaseNotNamed, "schema not defined for table dog"),
        ("UPDATE dog SET a = 1", .databaseNotNamed, "schema not defined for table dog"),
        ("INSERT INTO dog (id) VALUES (1)", .databaseNotNamed, "schema not defined for table dog"),
        ("UPDATE cats.dog SET a = 1", .databaseNotFound, "database 'cats' does not exist"),
        ("DELETE FROM dev.cat", .tableNotFound, "Table 'dev.cat' does not exist"),
        (
            "UPDATE dev.dog SET a = (SELECT id FROM other.cat)", .tableNotFound,
            "Table 'other.cat' does not exist"
        ),
        (
            "UPDATE dev.dog SET a = (SELECT id FROM dog)", .databaseNotNamed,
            "schema not defined for table dog"
        ),
        ("INSERT INTO system.hdb_user (id) VALUES (1)", .protected, ""),
        ("SELECT * FROM system.hdb_user", .databaseNotFound, ""),
        ("SELECT absent FROM dev.dog", .invalidSQL, "Invalid SQL at: no such column: absent"),
    ])
    func `what is not there is named`(
        sql: String, code: TableStorageError.Code, message: String
    ) throws {
        let error = try SQLFixture().refusal(sql)

        #expect(error?.code == code)
        #expect(error?.message == message || message.isEmpty)
    }

    @Test func `attributes keep the case of their names`() throws {
        let fixture = try SQLFixture()
        _ = try fixture.written("UPDATE dev.dog SET Name = 0 WHERE id = 1")

        let rows = try fixture.rows("SELECT * FROM dev.dog WHERE id = 1")

        #expect(rows.contains(#""name":"Penny""#) && rows.contains(#""Name":0"#))
        #expect(fixture.refusal("SELECT Name FROM dev.dog")?.code == .invalidSQL)
    }

    @Test func `a table that another shadows is not answered with the other's records`() throws {
        let fixture = try SQLFixture()
        try fixture.store.createTable(TableName("dev", "DOG"), primaryKey: "id")

        for sql in [
            "SELECT * FROM dev.DOG", "DELETE FROM dev.DOG", "UPDATE dev.DOG SET a = 1",
            "INSERT INTO dev.DOG (id) VALUES (1)",
        ] {
            #expect(fixture.refusal(sql)?.code == .invalidSQL, "\(sql)")
        }
        #expect(try fixture.rows("SELECT count(*) FROM dev.dog") == #"[{"COUNT(*)":4}]"#)
    }

    @Test(arguments: ["main", "TEMP"])
    func `a database that has a name of SQLite's own is out of reach`(name: String) throws {
        let fixture = try SQLFixture()
        try fixture.store.createTable(TableName(name, "t"), primaryKey: "id", makesDatabase: true)

        for sql in ["SELECT * FROM \(name).t", "DELETE FROM \(name).t"] {
            #expect(fixture.refusal(sql)?.code == .invalidSQL)
        }
    }
}
