import JSON
import Testing

@testable import OperationsAPI

@Suite struct SystemTablesTests {
    private static let protected: JSONValue = [
        "error": .string(
            "The 'system' database, tables and records are used internally by HarperDB and cannot "
                + "be updated or removed.")
    ]

    @Test func `super users have users and roles described`() throws {
        let fixture = try OperationsFixture()

        let all = try fixture.ask(["operation": "describe_schema", "schema": "system"])
        let user = try fixture.ask([
            "operation": "describe_table", "schema": "system", "table": "hdb_user",
        ])

        #expect(all.body.objectValue?.names == ["hdb_info", "hdb_role", "hdb_user"])
        #expect(all.body["hdb_info"]?["schema"] == "system")
        #expect(all.body["hdb_user"] == user.body)
        #expect(user.body["name"] == "hdb_user" && user.body["record_count"] == 1, "\(user)")
        #expect(user.body["hash_attribute"] == "username")
        try fixture.expectError(
            404, "Table 'system.hdb_moon' does not exist",
            ["operation": "describe_table", "schema": "system", "table": "hdb_moon"])
    }

    @Test func `describe_all keeps silent about the database`() throws {
        try OperationsFixture().expectAnswer([:], ["operation": "describe_all"])
    }

    @Test(arguments: ["describe_schema", "describe_table"])
    func `others are told that they may not see it`(operation: String) throws {
        let fixture = try OperationsFixture()

        let refused = try fixture.ask(
            ["operation": .string(operation), "schema": "system", "table": "hdb_user"],
            login: try fixture.loginOfAnotherRole())

        #expect(refused.status == 403)
        #expect(
            refused.body["unauthorized_access"]
                == ["Your role does not have permission to view database metadata for 'system'"])
    }

    @Test func `others are told no more when they name no table`() throws {
        let fixture = try OperationsFixture()

        let refused = try fixture.ask(
            ["operation": "describe_table", "schema": "system"],
            login: try fixture.loginOfAnotherRole())

        #expect(refused.status == 403)
    }

    @Test(arguments: [("search_by_value", "read"), ("insert", "insert")])
    func `others lack a permission for its tables`(operation: String, action: String) throws {
        let fixture = try OperationsFixture()

        let refused = try fixture.ask(
            [
                "operation": .string(operation), "schema": "system", "table": "hdb_user",
                "search_attribute": "username", "search_value": "admin",
                "records": [["username": "admin"]],
            ], login: try fixture.loginOfAnotherRole())

        #expect(refused.status == 403)
        #expect(
            refused.body["unauthorized_access"] == [
                [
                    "schema": "system", "table": "hdb_user",
                    "required_table_permissions": [.string(action)],
                    "required_attribute_permissions": [],
                ]
            ], "\(refused)")
        #expect(refused.body["invalid_schema_items"] == [])
    }

    @Test(arguments: [
        "update", "upsert", "delete", "drop_table", "drop_attribute", "drop_schema", "create_table",
    ])
    func `nobody changes it, whatever the role`(operation: String) throws {
        let fixture = try OperationsFixture()
        let lesser = try fixture.loginOfAnotherRole()

        for login in [OperationsFixture.admin, lesser] {
            let refused = try fixture.ask(
                [
                    "operation": .string(operation), "schema": "system", "table": "hdb_user",
                    "attribute": "password", "records": [["username": "admin"]],
                    "hash_values": ["admin"], "primary_key": "username",
                ], login: login)
            #expect(refused == OperationsFixture.Answer(status: 403, body: Self.protected))
        }
    }
}
