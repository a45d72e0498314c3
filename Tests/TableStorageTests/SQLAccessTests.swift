import JSON
import Testing

@testable import TableStorage

@Suite struct SQLAccessTests {
    /// Dogs may be read without `age`, updated in `name`, and nothing else is allowed; a third
    /// table may be written and not read.
    private static let restricted = SQLAccess(
        allowsTable: { action, table in
            switch table.description {
            case "dev.dog": action == .read || action == .update || action == .delete
            case "other.owner": action == .read
            case "dev.box": action == .insert || action == .update || action == .delete
            default: false
            }
        },
        allowsAttribute: { action, table, attribute in
            switch (table.description, action) {
            case ("dev.dog", .read): !["age", "owner"].contains(attribute)
            case ("dev.dog", _): attribute == "name"
            case ("other.owner", _): attribute != "name"
            case ("dev.box", .insert): attribute == "id"
            case ("dev.box", _): true
            default: false
            }
        })

    private static func fixture() throws -> SQLFixture {
        let fixture = try SQLFixture()
        for table in ["box", "secret"] {
            try fixture.store.createTable(TableName("dev", table), primaryKey: "id")
            _ = try fixture.store.write(
                [["id": 1]], to: TableName("dev", table), mode: .insert)
        }
        return fixture
    }

    /// What a refusal lists, as `action table [attributes]`.
    private static func missing(_ error: TableStorageError?) -> [String] {
        guard let denial = error?.cause as? SQLDenial else { return [] }
        return denial.missing.map { "\($0.action) \($0.table) \($0.attributes)" }
    }

    @Test func `a star leaves out what may not be read`() throws {
        let fixture = try Self.fixture()

        let rows = try fixture.rows("SELECT * FROM dev.dog WHERE id = 1", access: Self.restricted)

        #expect(rows.contains(#""name":"Penny""#) && rows.hasSuffix(#""good":true}]"#))
        #expect(!rows.contains("age") && !rows.contains("owner"))
    }

    @Test(arguments: [
        (
            "SELECT o.*, d.id AS dog FROM other.owner o JOIN dev.dog d ON d.id = 1 WHERE o.id = 10",
            #"{"id":10,"dog":1}"#
        ),
        ("SELECT * FROM (SELECT * FROM (SELECT * FROM other.owner)) WHERE id = 10", #"{"id":10}"#),
        ("WITH o AS (SELECT * FROM other.owner) SELECT * FROM o WHERE id = 10", #"{"id":10}"#),
        (
            "SELECT * FROM other.owner WHERE id = 10 UNION SELECT * FROM other.owner WHERE id = 10",
            #"{"id":10}"#
        ),
        ("SELECT * FROM other.owner WHERE id = 10 ORDER BY 4 DESC", #"{"id":10}"#),
    ])
    func `a star keeps nothing back that may be read and nothing else comes out`(
        sql: String, row: String
    ) throws {
        let fixture = try Self.fixture()
        let times = /"__(createdtime|updatedtime)__":[0-9]+,?/

        let rows = try fixture.rows(sql, access: Self.restricted)

        #expect(
            rows.replacing(times, with: "").replacing(",}", with: "}") == "[\(row)]", "\(rows)")
    }

    @Test(arguments: [
        ("SELECT age FROM dev.dog", ["read dev.dog [\"age\"]"]),
        ("SELECT d.AGE, [owner] FROM dev.dog d", ["read dev.dog [\"age\", \"owner\"]"]),
        ("SELECT id FROM dev.dog WHERE age > 5", ["read dev.dog [\"age\"]"]),
        ("SELECT id FROM dev.dog ORDER BY age", ["read dev.dog [\"age\"]"]),
        ("SELECT count(*) FROM dev.dog GROUP BY age", ["read dev.dog [\"age\"]"]),
        ("SELECT count(*) FROM dev.dog HAVING max(age) > 5", ["read dev.dog [\"age\"]"]),
        ("SELECT max(upper(age)) FROM dev.dog", ["read dev.dog [\"age\"]"]),
        ("SELECT \"age\" FROM dev.dog", ["read dev.dog [\"age\"]"]),
        ("SELECT *, age FROM dev.dog", ["read dev.dog [\"age\"]"]),
        (
            "SELECT id FROM dev.dog WHERE id = (SELECT max(age) FROM dev.dog)",
            ["read dev.dog [\"age\"]"]
        ),
        (
            "SELECT d.id FROM dev.dog d JOIN other.owner o ON d.owner = o.id AND o.name = 'Ann'",
            ["read dev.dog [\"owner\"]", "read other.owner [\"name\"]"]
        ),
        ("SELECT row_number() OVER (ORDER BY age) FROM dev.dog", ["read dev.dog [\"age\"]"]),
        ("SELECT * FROM dev.box", ["read dev.box []"]),
        ("SELECT count(*) FROM dev.box", ["read dev.box []"]),
        ("SELECT 1 FROM dev.dog WHERE EXISTS (SELECT 1 FROM dev.SECRET)", ["read dev.secret []"]),
        ("SELECT id FROM dev.dog WHERE id IN dev.secret", ["read dev.secret []"]),
        (
            "SELECT d.age, s.id FROM dev.dog d, dev.secret s",
            ["read dev.dog [\"age\"]", "read dev.secret []"]
        ),
        ("SELECT * FROM dev.absent", ["read dev.absent []"]),
        ("SELECT * FROM nowhere.absent", ["read nowhere.absent []"]),
        ("INSERT INTO dev.dog (id) VALUES (9)", ["insert dev.dog []"]),
        ("INSERT INTO dev.box (id, a, b) VALUES (9, 1, 2)", ["insert dev.box [\"a\", \"b\"]"]),
        ("INSERT INTO dev.box (id) SELECT age FROM dev.dog", ["read dev.dog [\"age\"]"]),
        ("INSERT INTO dev.absent (id) VALUES (9)", ["insert dev.absent []"]),
        ("UPDATE dev.dog SET name = 'x', age = 1", ["update dev.dog [\"age\"]"]),
        ("UPDATE dev.dog SET name = age", ["read dev.dog [\"age\"]"]),
        ("UPDATE dev.dog SET name = 'x' WHERE age = 5", ["read dev.dog [\"age\"]"]),
        ("UPDATE dev.dog SET name = (SELECT count(*) FROM dev.secret)", ["read dev.secret []"]),
        (
            "UPDATE dev.dog SET name = (SELECT count(*) FROM (SELECT 1), secret) WHERE 1 = "
                + "(WITH secret AS (SELECT 1) SELECT 1)", ["read dev.secret []"]
        ),
        ("UPDATE dev.box SET a = 1", ["read dev.box []"]),
        ("UPDATE other.owner SET id = 1", ["update other.owner []"]),
        ("DELETE FROM dev.dog WHERE age = 5", ["read dev.dog [\"age\"]"]),
        ("DELETE FROM other.owner", ["delete other.owner []"]),
        ("DELETE FROM dev.box", ["read dev.box []"]),
    ])
    func `everything that is missing is listed and nothing is done`(
        sql: String, missing: [String]
    ) throws {
        let fixture = try Self.fixture()
        let before = try fixture.everything()

        let error = fixture.refusal(sql, access: Self.restricted)

        #expect(error?.code == .denied, "\(error?.message ?? "")")
        #expect(Self.missing(error) == missing)
        #expect(try fixture.everything() == before)
    }

    @Test(arguments: [
        "SELECT d.id FROM dev.dog d NATURAL JOIN dev.secret s",
        "SELECT d.id FROM dev.dog d JOIN dev.dog e USING (age)",
        "SELECT d.id FROM dev.dog d natural left join dev.secret",
        "UPDATE dev.dog SET name = (SELECT 1 FROM dev.box NATURAL JOIN dev.secret)",
    ])
    func `a join that SQLite does not ask about is refused to a role`(sql: String) throws {
        let fixture = try Self.fixture()

        #expect(fixture.refusal(sql, access: Self.restricted)?.code == .invalidSQL)
    }

    @Test func `who may read no attribute gets no rows`() throws {
        let fixture = try Self.fixture()
        let nothing = SQLAccess(
            allowsTable: { _, _ in true }, allowsAttribute: { _, _, _ in false })

        #expect(try fixture.rows("SELECT * FROM dev.dog", access: nothing) == "[]")
    }

    @Test func `what a role may do it does`() throws {
        let fixture = try Self.fixture()

        #expect(
            try fixture.written(
                "UPDATE dev.dog SET name = upper(name) WHERE id = 1", access: Self.restricted)
                == "update [1] [] of 1")
        #expect(
            try fixture.written("INSERT INTO dev.box (id) VALUES (2)", access: Self.restricted)
                == "insert [2] [] of 1")
        #expect(
            try fixture.written("DELETE FROM dev.dog WHERE good", access: Self.restricted)
                == #"delete [1,"x"] [] of 2"#)
        #expect(
            try fixture.rows("SELECT count(*) FROM dev.dog", access: Self.restricted)
                == #"[{"COUNT(*)":2}]"#)
    }
}
