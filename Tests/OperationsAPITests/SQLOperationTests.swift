import JSON
import Testing

@testable import OperationsAPI

@Suite struct SQLOperationTests {
    private static func ask(_ sql: String, _ fixture: OperationsFixture) throws
        -> OperationsFixture.Answer
    {
        try fixture.ask(["operation": "sql", "sql": .string(sql)])
    }

    @Test(
        arguments: [
            ("SELECT COUNT(*) FROM dev.dog", [["COUNT(*)": 2]]),
            ("select count( * ) from dev.dog", [["COUNT(*)": 2]]),
            ("SELECT name FROM dev.dog WHERE id = 1", [["name": "Penny"]]),
            ("SELECT `name` FROM `dev`.`dog` WHERE [id] IN (1)", [["name": "Penny"]]),
            (
                "SELECT d.name AS n FROM dev.dog d ORDER BY d.age DESC",
                [["n": "Alby"], ["n": "Penny"]]
            ),
            ("SELECT 2 + 2", [["2 + 2": 4]]),
            (
                "SELECT a.id, b.id FROM dev.dog a INNER JOIN dev.dog b ON a.id = b.id "
                    + "WHERE a.id = 1",
                [["id": 1, "id1": 1]]
            ),
            ("SELECT name FROM dev.dog WHERE name LIKE 'p%'", [["name": "Penny"]]),
        ] as [(String, JSONValue)])
    func `a SELECT answers with objects`(sql: String, rows: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([
            ["id": 1, "name": "Penny", "age": 5], ["id": 2, "name": "Alby", "age": 7],
        ])

        #expect(try Self.ask(sql, fixture).body == rows)
    }

    @Test(
        arguments: [
            (
                "INSERT INTO dev.dog (id, name) VALUES (1, 'Penny'), (2, 'Alby')",
                "inserted 1 of 2 records", "inserted_hashes"
            ),
            ("UPDATE dev.dog SET name = 'Rex' WHERE id = 9", "updated 0 of 0 records", nil),
            ("UPDATE dev.dog SET name = 'Rex'", "updated 1 of 1 records", "update_hashes"),
            ("DELETE FROM dev.dog", "1 of 1 record successfully deleted", "deleted_hashes"),
        ] as [(String, String, String?)])
    func `a write answers as the operation of its name`(
        sql: String, message: String, keys: String?
    ) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])

        let answer = try Self.ask(sql, fixture)

        #expect(answer.status == 200)
        #expect(answer.message == message)
        if let keys { #expect(answer.body[keys]?.arrayValue?.count == 1) }
    }

    @Test func `a statement is demanded`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "The 'sql' parameter is missing from the request body", ["operation": "sql"])
        try fixture.expectError(
            400, "The 'sql' parameter is missing from the request body",
            ["operation": "sql", "sql": ""])
    }

    @Test func `what does not exist is not found`() throws {
        let fixture = try OperationsFixture.withDogs()

        #expect(
            try Self.ask("SELECT * FROM cats.dog", fixture).description
                == "404 {\"error\":\"database 'cats' does not exist\"}")
        #expect(
            try Self.ask("SELECT * FROM dev.cat", fixture).description
                == "404 {\"error\":\"Table 'dev.cat' does not exist\"}")
    }

    @Test func `a table without its database answers 500, which the suites pin`() throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.expectError(
            500, "schema not defined for table dog",
            ["operation": "sql", "sql": "SELECT * FROM dog"])
    }

    @Test(arguments: [
        "DROP TABLE dev.dog", "PRAGMA user_version", "ATTACH 'x' AS y",
        "SELECT 1; DROP TABLE dev.dog", "SELEC 1", "nonsense", ";", "-- ",
        "WITH x AS (SELECT 1) DELETE FROM dev.dog",
    ])
    func `everything but one statement of four kinds is refused`(sql: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])
        let before = try fixture.everything()

        let answer = try Self.ask(sql, fixture)

        #expect(answer.status == 400)
        #expect(answer.error?.hasPrefix("Invalid SQL at: ") == true, "\(answer)")
        #expect(try fixture.everything() == before)
    }
}
