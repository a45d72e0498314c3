import Foundation
import HTTPCore
import JSON
import Testing

@testable import OperationsAPI
@testable import TableStorage

@Suite struct LoadOperationsTests {
    private static let url: JSONValue = [
        "operation": "csv_url_load", "schema": "dev", "table": "dog",
        "csv_url": "http://data.example/dogs.csv",
        "passthrough_headers": ["Authorization": "Bearer x"],
    ]

    private static func body(_ changes: JSONObject, of body: JSONValue) -> JSONValue {
        var object = body.objectValue ?? [:]
        for (name, value) in changes.members { object[name] = value }
        return .object(object)
    }

    @Test func `an address is asked with the client's fields and its text loaded`() throws {
        let fixture = try OperationsFixture.withDogs()
        fixture.remote.answer(.ok, ["Content-Type": "Text/CSV; charset=utf-8"], "id\n1\n2\n")

        let job = try fixture.finishedJob(fixture.ask(Self.url))

        #expect(job["message"] == "successfully loaded 2 of 2 records")
        let request = try #require(fixture.remote.requests.first)
        #expect(request.url == "http://data.example/dogs.csv")
        #expect(request.fields["Authorization"] == "Bearer x")
    }

    @Test func `an address that answers with another status or type is not loaded`() throws {
        let fixture = try OperationsFixture.withDogs()
        fixture.remote.answer(.found, ["Location": "http://127.0.0.1/"], "id\n1\n")
        let redirected = try fixture.finishedJob(fixture.ask(Self.url))
        fixture.remote.answer(.ok, ["Content-Type": "text/html"], "id\n1\n")
        let page = try fixture.finishedJob(fixture.ask(Self.url))

        #expect(
            redirected["message"]
                == .string(
                    "CSV Load failed from URL: http://data.example/dogs.csv, status code: 302, "
                        + "message: Found"))
        #expect(
            page["message"]
                == .string(
                    "CSV Load failed from URL: http://data.example/dogs.csv, unsupported content "
                        + "type: text/html"))
        #expect(fixture.remote.requests.count == 2)
        #expect(try fixture.store.recordCount(of: TableName("dev", "dog")) == 0)
    }

    @Test(arguments: [
        "text/csv", "application/octet-stream", "text/plain; charset=utf-8",
        "application/vnd.ms-excel",
    ])
    func `text of any type that servers give it is loaded`(type: String) throws {
        let fixture = try OperationsFixture.withDogs()
        fixture.remote.answer(.ok, ["Content-Type": type], "id\n1\n")

        let job = try fixture.finishedJob(fixture.ask(Self.url))

        #expect(job["message"] == "successfully loaded 1 of 1 records")
    }

    @Test(arguments: [
        "http://127.0.0.1:9925/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/",
        "http://data.example:8080/", "http://data.example.evil/", "https://x@data.example/",
        "http://data.example", "file:///etc/passwd", "data.example/dogs.csv", "",
    ])
    func `a host that the operator did not name is not asked`(url: String) throws {
        let fixture = try OperationsFixture.withDogs()

        let answer = try fixture.ask(Self.body(["csv_url": .string(url)], of: Self.url))

        let isNamed = url == "http://data.example"
        #expect(answer.status == (isNamed ? 200 : 400))
        if isNamed { _ = try fixture.finishedJob(answer) }
        #expect(fixture.remote.requests.count == (isNamed ? 1 : 0))
    }

    @Test(
        arguments: [
            ["Host": "x"], ["content-length": "1"], ["X": 1], "X: 1",
            .object(JSONObject((0...32).map { ("X\($0)", "1") })),
        ] as [JSONValue])
    func `fields that are the node's own or none are refused`(fields: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()

        let answer = try fixture.ask(Self.body(["passthrough_headers": fields], of: Self.url))

        #expect(answer.status == 400)
        #expect(fixture.remote.requests.isEmpty)
    }

    private static let object: JSONValue = [
        "operation": "import_from_s3", "schema": "dev", "table": "dog",
        "s3": [
            "aws_access_key_id": "id", "aws_secret_access_key": "secret", "bucket": "kennel",
            "key": "dogs.json", "region": "us-east-1",
        ],
    ]

    @Test func `an object's records are loaded by what its name says that it is`() throws {
        let fixture = try OperationsFixture.withDogs()
        fixture.remote.answer(.ok, [:], #"[{"id": 1, "name": "Penny"}, {"id": 2}]"#)

        let job = try fixture.finishedJob(fixture.ask(Self.object))

        #expect(job["message"] == "successfully loaded 2 of 2 records")
        let request = try #require(fixture.remote.requests.first)
        #expect(request.url == "https://kennel.s3.us-east-1.amazonaws.com/dogs.json")
        #expect(request.fields["x-amz-date"] == "20130524T000000Z")
        #expect(request.fields["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 ") == true)
    }

    @Test func `an object store's refusal is the job's message`() throws {
        let fixture = try OperationsFixture.withDogs()
        fixture.remote.answer(
            .notFound, [:],
            "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>")

        let job = try fixture.finishedJob(fixture.ask(Self.object))

        #expect(job["status"] == "ERROR")
        #expect(job["message"] == "The specified key does not exist.")
    }

    @Test(
        arguments: [
            ([:], "S3 object missing"),
            (["aws_access_key_id": "i", "bucket": "b"], "aws_secret_access_key missing"),
            (
                [
                    "aws_access_key_id": "i", "aws_secret_access_key": "s", "bucket": "kennel",
                    "key": "dogs.xlsx",
                ],
                "S3 key must include one of the following valid file extensions - '.csv', '.json'"
            ),
            (
                [
                    "aws_access_key_id": "i", "aws_secret_access_key": "s", "bucket": "kennel",
                    "key": "dogs.csv", "endpoint": "http://127.0.0.1:9000",
                ],
                "The host 127.0.0.1:9000 is not among those that may be asked; the setting "
                    + "ledge.loadHosts names them."
            ),
        ] as [(JSONValue, String)])
    func `an object that cannot be is refused before a job starts`(
        s3: JSONValue, error: String
    ) throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.expectError(400, error, Self.body(["s3": s3], of: Self.object))
    }

    @Test func `what a role may not write is an object in the job's message`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny", "age": 3]])
        try fixture.addRole("loader", reading: ["name"], inserting: ["name"])

        let job = try fixture.finishedJob(
            fixture.ask(
                [
                    "operation": "csv_data_load", "schema": "dev", "table": "dog",
                    "data": "id,name,age\n2,Rose,4\n",
                ], login: OperationsFixture.basic("loader", "secret")))

        #expect(job["status"] == "ERROR")
        #expect(
            job["message"]?.objectValue?.names
                == ["error", "unauthorized_access", "invalid_schema_items"])
        #expect(
            job["message"]?["invalid_schema_items"]
                == ["Attribute 'age' does not exist on 'dev.dog'"])
        #expect(try fixture.store.recordCount(of: TableName("dev", "dog")) == 1)
    }
}

extension OperationsFixture {
    /// A user with a role of the same name that may do this with attributes of `dev.dog`.
    func addRole(_ name: String, reading: [String], inserting: [String]) throws {
        let attributes = Set(reading + inserting).sorted().map { attribute -> JSONValue in
            [
                "attribute_name": .string(attribute),
                "read": .bool(reading.contains(attribute)),
                "insert": .bool(inserting.contains(attribute)), "update": false,
            ]
        }
        let role = try ask([
            "operation": "add_role", "role": .string(name),
            "permission": [
                "super_user": false,
                "dev": [
                    "tables": [
                        "dog": [
                            "read": .bool(!reading.isEmpty), "insert": .bool(!inserting.isEmpty),
                            "update": false, "delete": false,
                            "attribute_permissions": .array(attributes),
                        ]
                    ]
                ],
            ],
        ])
        #expect(role.status == 200, "\(role)")
        let user = try ask([
            "operation": "add_user", "role": .string(name), "username": .string(name),
            "password": "secret", "active": true,
        ])
        #expect(user.status == 200, "\(user)")
    }
}
