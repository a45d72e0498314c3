import JSON
import Testing

@testable import OperationsAPI

/// The same rights, asked for in SQL.
@Suite struct SQLRoleTests {
    private static func withReader() throws -> (OperationsFixture, login: String) {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny", "secret": "bone"]])
        _ = try fixture.ask([
            "operation": "add_role", "role": "reader",
            "permission": [
                "dev": [
                    "tables": [
                        "dog": [
                            "read": true, "insert": false, "update": true, "delete": false,
                            "attribute_permissions": [
                                [
                                    "attribute_name": "name", "read": true, "insert": false,
                                    "update": true,
                                ]
                            ],
                        ]
                    ]
                ]
            ],
        ])
        _ = try fixture.ask([
            "operation": "add_user", "role": "reader", "username": "rita", "password": "r",
            "active": true,
        ])
        return (fixture, OperationsFixture.basic("rita", "r"))
    }

    private static func sql(_ text: String) -> JSONValue {
        ["operation": "sql", "sql": .string(text)]
    }

    @Test func `a star leaves out what the role may not read`() throws {
        let (fixture, login) = try Self.withReader()

        let found = try fixture.ask(Self.sql("SELECT * FROM dev.dog"), login: login)

        let names = found.body.arrayValue?.first?.objectValue?.names
        #expect(names == ["id", "name"], "\(found)")
    }

    @Test(arguments: [
        "SELECT secret FROM dev.dog", "SELECT id FROM dev.dog WHERE secret LIKE 'b%'",
        "SELECT id FROM dev.dog ORDER BY secret", "SELECT max(secret) FROM dev.dog",
        "UPDATE dev.dog SET secret = 'x'", "UPDATE dev.dog SET name = secret",
    ])
    func `a hidden attribute is reported as missing`(sql: String) throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(Self.sql(sql), login: login)

        #expect(refused.status == 403, "\(refused)")
        #expect(
            refused.body["invalid_schema_items"]
                == ["Attribute 'secret' does not exist on 'dev.dog'"], "\(refused)")
    }

    @Test func `a missing table permission is named`() throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(Self.sql("DELETE FROM dev.dog"), login: login)

        let lacking = refused.body["unauthorized_access"]?.arrayValue?.first
        #expect(lacking?["required_table_permissions"] == ["delete"], "\(refused)")
    }

    @Test func `what is allowed is done`() throws {
        let (fixture, login) = try Self.withReader()

        let changed = try fixture.ask(
            Self.sql("UPDATE dev.dog SET name = 'Rex' WHERE id = 1"), login: login)

        #expect(changed.message == "updated 1 of 1 records", "\(changed)")
    }
}
