import JSON
import Testing

@testable import OperationsAPI

/// Every operation with every mistake that a request can hold, made from the table itself: a new
/// operation is attacked without anybody thinking of it.
@Suite struct HostileRequestTests {
    @Test(arguments: [
        "", "{", "nonsense", "[]", "1", "null", "\"x\"", "{\"operation\":1,}", "\u{FEFF}{}",
        "{\"operation\":\"insert\",\"operation\":\"insert\"}",
        String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000),
    ])
    func `what is no JSON object is refused`(body: String) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask(bytes: Array(body.utf8), login: OperationsFixture.admin)

        #expect(answer == OperationsFixture.Answer(status: 400, body: ["error": "Invalid JSON."]))
    }

    @Test(arguments: [[:], ["operation": nil], ["operation": 1], ["operation": ""]] as [JSONValue])
    func `an operation is demanded`(body: JSONValue) throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "Request body must include an 'operation' property.", body)
    }

    @Test func `an unknown operation is named`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "Operation 'drop_everything' not found", ["operation": "drop_everything"])
    }

    @Test func `missing fields are named together`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "'table' is required. 'records' is required", ["operation": "insert"])
    }

    @Test func `no operation bears the loss of a field it requires`() throws {
        let fixture = try OperationsFixture.withDogs()
        let before = try fixture.everything()

        for operation in fixture.api.table.operations {
            for field in operation.required {
                for name in operation.names {
                    var body = Self.sound(name)
                    for spelling in field.names { body[spelling] = nil }

                    let answer = try fixture.ask(.object(body))

                    #expect(answer.status == 400, "\(name) without \(field): \(answer)")
                    #expect(
                        answer.error?.contains("'\(field.names[0])' is required") == true,
                        "\(name) without \(field): \(answer)")
                }
            }
        }

        #expect(try fixture.everything() == before)
    }

    /// Answers of 500 that HarperDB's own suites demand.
    private static let pinned = [
        "'hash_values' must be an array", "'get_attributes' must be an array",
        "If role is specified, it cannot be empty.",
        "nothing to update, must supply active, role or password to update",
    ]

    @Test(arguments: hostileValues.indices)
    func `no value in any field makes an operation fail`(index: Int) throws {
        let value = hostileValues[index]
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"]])

        for operation in fixture.api.table.operations {
            let name = operation.names[0]
            for field in operation.fields {
                var body = Self.sound(name)
                for spelling in field.names { body[spelling] = nil }
                body[field.names[0]] = value

                let answer = try fixture.ask(.object(body))

                let isPinned = answer.status == 500 && Self.pinned.contains(answer.error ?? "")
                #expect(
                    answer.status < 500 || isPinned,
                    "\(name) with \(field): \(String(answer.description.prefix(300)))")
            }
        }

        // Whatever came of it: the table that was there is whole, and the administrator too.
        let dog = try fixture.ask([
            "operation": "search_by_id", "schema": "dev", "table": "dog", "ids": [1],
            "get_attributes": ["id", "name"],
        ])
        #expect(dog.body == [["id": 1, "name": "Penny"]])
    }

    @Test(arguments: [nil, 1, true, 1.5, "x", ["a": 1]] as [JSONValue])
    func `records that are no list of objects write nothing`(records: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()
        let before = try fixture.everything()

        for operation in ["insert", "update", "upsert"] {
            for value in [records, [["id": 1], records]] where value["a"] == nil {
                guard records["a"] == nil else { continue }
                let answer = try fixture.ask([
                    "operation": .string(operation), "schema": "dev", "table": "dog",
                    "records": value,
                ])
                #expect(answer.status == 400, "\(answer)")
            }
        }

        #expect(try fixture.everything() == before)
    }

    @Test(
        arguments: [true, [1], ["a": 1], .string(String(repeating: "k", count: 4_097))]
            as [JSONValue])
    func `a key of another kind, or too long, writes nothing`(key: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()
        let before = try fixture.everything()

        for operation in ["insert", "update", "upsert"] {
            let answer = try fixture.ask([
                "operation": .string(operation), "schema": "dev", "table": "dog",
                "records": [["id": 1, "name": "x"], ["id": key, "colour": "red"]],
            ])
            #expect(answer.status == 400, "\(answer)")
        }

        #expect(try fixture.everything() == before)
    }

    @Test func `conditions deeper than the limit are refused`() throws {
        let fixture = try OperationsFixture.withDogs()
        var (accepted, refused): (JSONValue, JSONValue) = ([], [])
        for _ in 0..<16 { accepted = [["conditions": accepted]] }
        for _ in 0..<17 { refused = [["conditions": refused]] }
        let body: JSONObject = [
            "operation": "search_by_conditions", "schema": "dev", "table": "dog",
        ]
        var (shallow, deep) = (body, body)
        shallow["conditions"] = accepted
        deep["conditions"] = refused

        #expect(try fixture.ask(.object(shallow)).status == 200)
        #expect(try fixture.ask(.object(deep)).status == 400)
    }

    /// A request that the operation would accept, but for names that are taken or not there.
    static func sound(_ operation: String) -> JSONObject {
        var body: JSONObject = [
            "operation": .string(operation), "schema": "dev", "table": "dog",
            "hash_attribute": "id", "attribute": "id", "search_value": "nobody",
            "hash_values": [], "records": [], "conditions": [], "sql": "SELECT 1", "data": "",
            "file_path": "/missing.csv", "id": "nobody", "username": "nobody", "password": "p",
            "role": "nobody", "active": true, "csv_url": "http://data.example/missing.csv",
            "path": ".", "format": "json", "date": "2000-01-01", "timestamp": 0,
            "from_date": "2000-01-01", "to_date": "2000-01-02",
            "search_operation": [
                "operation": "search_by_hash", "schema": "dev", "table": "dog", "ids": [],
            ],
            "s3": [
                "aws_access_key_id": "id", "aws_secret_access_key": "secret",
                "bucket": "kennel", "key": "missing.csv",
            ],
            "project": "kennel", "type": "routes", "file": "bark.js", "function_content": "",
            "payload": "", "node_name": "elsewhere", "name": "elsewhere", "host": "a.example",
            "hostname": "a.example", "url": "ws://a.example:9932", "port": 9932,
            "subscriptions": [], "connections": [], "routes": [],
        ]
        // What makes, changes or drops shall not find the table that the test looks at.
        if operation.hasPrefix("drop") || operation.hasPrefix("create") {
            body["schema"] = "elsewhere"
        }
        return body
    }
}

/// Values that no field expects, or that mean something to a machine beneath.
private let hostileValues: [JSONValue] = [
    nil, true, 0, -1, 1.5, 9_223_372_036_854_775_807, 1e300, "", "\u{0}", "*", "%",
    "'; DROP TABLE dog; --", "\"; DROP TABLE dog; --", "x\"\u{301}; DROP TABLE dog; --",
    "../../etc/passwd", "ledge_tables", "sqlite_schema", "system", "__createdtime__",
    .string(String(repeating: "x", count: 200_000)), .string(String(repeating: "é", count: 200)),
    [], [nil], [[]], [["a": ["b": 1]]], ["*"], [:], ["conditions": []], ["attribute": 1],
    deeplyNested,
]

/// As deep as a request may be.
private let deeplyNested: JSONValue = (0..<100).reduce(1) { inner, _ in [["x": inner]] }
