import Foundation
import JSON
import Testing

@Suite struct SearchOperationsTests {
    private let fixture: APIFixture

    init() throws {
        fixture = try APIFixture()
        try fixture.makeDogs([
            ["id": 1, "name": "Penny", "age": 7, "city": "Denver, CO"],
            ["id": 2, "name": "Harper", "age": 5, "city": "Denver, NC"],
            ["id": 3, "name": "Alby", "age": 1, "city": "Portland"], ["id": 4, "name": "*Star"],
            ["id": "5", "name": "", "age": "5"],
        ])
    }

    /// The keys of what a search finds.
    private func keys(_ members: JSONObject) throws -> JSONValue {
        var body: JSONObject = [
            "schema": "dev", "table": "dog", "get_attributes": ["id"],
        ]
        for member in members.members { body[member.name] = member.value }
        let answer = try fixture.ask(.object(body))
        return .array((answer.value.arrayValue ?? [answer.value]).map { $0["id"] ?? $0 })
    }

    private func byValue(_ attribute: JSONValue, _ value: JSONValue) throws -> JSONValue {
        try keys([
            "operation": "search_by_value", "search_attribute": attribute, "search_value": value,
        ])
    }

    @Test func `keys are found in the order of the request and by their type`() throws {
        let found = try keys([
            "operation": "search_by_id", "ids": [3, "5", 99, 1, "2"],
        ])

        #expect(found == [3, "5", 1, 2])
    }

    @Test func `keys and attributes must be lists, which is the suites' 500`() throws {
        let keys = try fixture.ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": 1,
            "get_attributes": ["*"],
        ])
        let attributes = try fixture.ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [1],
            "get_attributes": "id",
        ])

        #expect(keys.status == 500)
        #expect(keys.error == "'hash_values' must be an array")
        #expect(attributes.status == 500)
        #expect(attributes.error == "'get_attributes' must be an array")
    }

    @Test func `stars at the ends are wildcards, equality is typed and minds the case`() throws {
        #expect(try byValue("name", "Pen*") == [1])
        #expect(try byValue("name", "*er") == [2])
        #expect(try byValue("name", "**ar*") == [4, 2])
        #expect(try byValue("name", "penny") == [])
        #expect(try byValue("name", "") == ["5"])
        #expect(try byValue("age", 5) == [2])
        #expect(try byValue("age", "5") == ["5"])
        #expect(try byValue("id", "*") == [1, 2, 3, 4, "5"])
        #expect(try byValue("name", .null) == [])
    }

    @Test func `conditions nest, and null falls into no range`() throws {
        let less: JSONValue = [
            "search_attribute": "age", "search_type": "less_than", "search_value": 6,
        ]
        #expect(try keys(["operation": "search_by_conditions", "conditions": [less]]) == [3, 2])
        let found = try keys([
            "operation": "search_by_conditions", "operator": "OR",
            "conditions": [
                ["attribute": "city", "comparator": "starts_with", "value": "Portland"],
                [
                    "operator": "and",
                    "conditions": [
                        [
                            "search_attribute": "city", "search_type": "contains",
                            "search_value": "Denver",
                        ],
                        [
                            "search_attribute": "age", "search_type": "between",
                            "search_value": [6, 8],
                        ],
                    ],
                ],
            ],
            "sort": ["attribute": "id", "descending": true],
        ])
        #expect(found == [3, 1])
    }

    @Test func `limit and offset cut the answer`() throws {
        let found = try keys([
            "operation": "search_by_value", "search_attribute": "id", "search_value": "*",
            "limit": 2, "offset": 1, "reverse": true,
        ])

        #expect(found == [4, 3])
    }

    @Test func `an unknown attribute, table or database is not found`() throws {
        let attribute = try fixture.ask([
            "operation": "search_by_value", "schema": "dev", "table": "dog",
            "search_attribute": "owner", "search_value": "x",
        ])
        #expect(attribute.status == 404)
        #expect(attribute.error == "unknown attribute 'owner'")
        let table = try fixture.ask([
            "operation": "search_by_value", "schema": "dev", "table": "cat",
            "search_attribute": "id", "search_value": "x",
        ])
        #expect(table.status == 404)
        #expect(table.error == "Table 'dev.cat' does not exist")
    }

    // MARK: SQL

    private func sql(_ text: String) throws -> APIFixture.Answer {
        try fixture.ask(["operation": "sql", "sql": .string(text)])
    }

    @Test func `SELECT answers as HarperDB names things`() throws {
        #expect(try sql("select count(*) from dev.dog").value == [["COUNT(*)": 5]])
        #expect(try sql("SELECT 2 + 2").value == [["2 + 2": 4]])
        #expect(
            try sql("SELECT name FROM `dev`.[dog] WHERE age BETWEEN 5 AND 7 ORDER BY name").value
                == [["name": "Harper"], ["name": "Penny"]])
        #expect(
            try sql("SELECT a.id, b.id FROM dev.dog a JOIN dev.dog b ON a.id = b.id LIMIT 1").value
                == [["id": 1, "id1": 1]])
        #expect(try sql("SELECT max(age) FROM dev.dog WHERE id < 4").value == [["MAX(age)": 7]])
    }

    @Test(arguments: [
        ("SELECT * FROM dog", 500, "schema not defined for table dog"),
        ("SELECT * FROM dev.cat", 404, "Table 'dev.cat' does not exist"),
        ("SELECT * FROM cats.cat", 404, "database 'cats' does not exist"),
    ])
    func `a table that is not there is named`(text: String, status: Int, error: String) throws {
        let answer = try sql(text)

        #expect(answer.status == status)
        #expect(answer.error == error)
    }

    @Test(arguments: [
        "SELEC 1", "SELECT", "DROP TABLE dev.dog", "ATTACH 'x' AS y", "PRAGMA user_version",
        "SELECT 1; DROP TABLE dev.dog", "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT * FROM dev.sqlite_schema", "SELECT * FROM dev.ledge_tables",
        "WITH x AS (SELECT 1) DELETE FROM dev.dog", "SELECT * FROM pragma_table_info('dog')",
        "VALUES (1); SELECT 2", "SELECT * FROM dev.dog WHERE name = 'unclosed",
    ])
    func `anything but one harmless SELECT is refused and changes nothing`(text: String) throws {
        let answer = try sql(text)

        #expect(answer.status == 400)
        #expect(try sql("SELECT COUNT(*) FROM dev.dog").value == [["COUNT(*)": 5]])
    }

    @Test func `a query that never ends is refused by its length of text or rows`() throws {
        let missing = try fixture.ask(["operation": "sql"])

        #expect(missing.error == "The 'sql' parameter is missing from the request body")
        let long = try sql("SELECT '\(String(repeating: "x", count: 1 << 20))'")
        #expect(long.status == 400)
    }
}
