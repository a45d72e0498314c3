import Foundation
import JSON
import OperationsAPI
import Testing

/// Every operation of the table with every member of the wrong kind: a new operation is attacked
/// by itself.
@Suite struct HostileRequestTests {
    private static let members = [
        "schema", "database", "table", "records", "hash_values", "ids", "search_attribute",
        "search_value", "get_attributes", "conditions", "operator", "sort", "limit", "offset",
        "sql", "data", "action", "file_path", "id", "username", "password", "role", "active",
        "primary_key", "hash_attribute", "attribute", "attributes", "reverse",
    ]

    private static var values: [JSONValue] {
        let deep = (0..<50).reduce(JSONValue.null) { value, _ in [value] }
        return [
            .null, true, 0, -1, 1e300, "", " ", [], [:], [[]], [.null], [[:]], deep,
            "'; DROP TABLE dog; --", "\"quoted\"", "dev.dog", "../../etc/passwd", "a\u{0}b",
            "sqlite_master", .string(String(repeating: "x", count: 10_000)),
        ]
    }

    /// The answers that HarperDB's own suites expect to be a 500.
    private static let pinned = [
        "'hash_values' must be an array", "'get_attributes' must be an array",
        "If role is specified, it cannot be empty.", "schema not defined for table",
        "nothing to update, must supply active, role or password to update",
    ]

    @Test func `no operation fails, whatever its members are`() throws {
        let fixture = try APIFixture()
        try fixture.makeDogs([["id": 1, "name": "Rex"]])
        let usual: JSONObject = [
            "schema": "dev", "table": "dog", "records": [["id": 1]], "hash_values": [1],
            "search_attribute": "name", "search_value": "Rex", "conditions": [], "id": "x",
            "username": "u", "password": "p", "role": "super_user", "active": true,
            "attribute": "name", "sql": "SELECT 1", "data": "id\n1\n", "file_path": "/x",
            "primary_key": "id",
        ]
        // Operations that take away what the others are asked about come last.
        let operations = fixture.api.table.operations.sorted { left, _ in
            !left.names[0].hasPrefix("drop")
        }

        for operation in operations {
            for member in Self.members {
                for value in Self.values {
                    var body = usual
                    body["operation"] = .string(operation.names[0])
                    body[member] = value
                    let answer = try fixture.ask(.object(body))
                    let isPinned = Self.pinned.contains { answer.error?.hasPrefix($0) == true }
                    #expect(
                        answer.status < 500 || isPinned,
                        "\(operation.names[0]) \(member) \(value.text.prefix(60))")
                    if answer.status >= 400 { #expect(answer.error?.isEmpty == false) }
                }
            }
        }
    }

    @Test func `each required member is missed by name`() throws {
        let fixture = try APIFixture()

        for name in [
            "insert", "update", "upsert", "delete", "search_by_hash", "search_by_value",
            "search_by_conditions", "create_table", "drop_table", "csv_data_load",
            "csv_file_load", "get_job", "add_user", "drop_user", "describe_table",
        ] {
            let answer = try fixture.ask(["operation": .string(name)])
            #expect(answer.status == 400)
            #expect(answer.error?.contains("is required") == true, "\(name)")
        }
    }

    @Test func `a request nested beyond the limit is refused`() throws {
        let fixture = try APIFixture()
        let open = String(repeating: "[", count: 100_000)

        let answer = try fixture.send(Array("{\"operation\":\"insert\",\"a\":\(open)".utf8))

        #expect(answer.status == 400)
    }
}
