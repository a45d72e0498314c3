import Foundation
import JSON
import Testing

@testable import OperationsAPI
@testable import TableStorage

@Suite struct ExportOperationsTests {
    private static func request(_ changes: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = [
            "operation": "export_local", "path": "./", "format": "json", "filename": "dogs",
            "search_operation": [
                "operation": "search_by_hash", "schema": "dev", "table": "dog",
                "hash_values": [2, 1], "get_attributes": ["id", "name"],
            ],
        ]
        for (name, value) in changes.members { body[name] = value }
        return .object(body)
    }

    private static func dogs() throws -> OperationsFixture {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"], ["id": 2, "name": "Al\"by"]])
        return fixture
    }

    private static func text(_ name: String, _ fixture: OperationsFixture) throws -> String {
        try String(contentsOfFile: "\(fixture.exportFolder)/\(name)", encoding: .utf8)
    }

    @Test func `a search becomes a JSON file in the first folder`() throws {
        let fixture = try Self.dogs()

        let job = try fixture.finishedJob(fixture.ask(Self.request()))

        #expect(job["type"] == "export_local")
        #expect(
            job["result"] == [
                "message": "Successfully exported JSON locally.",
                "path": .string("\(fixture.exportFolder)/dogs.json"),
            ])
        #expect(
            try JSONValue(parsing: try Self.text("dogs.json", fixture))
                == [["id": 2, "name": "Al\"by"], ["id": 1, "name": "Penny"]])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: fixture.exportFolder)
                == ["dogs.json"])
    }

    @Test func `a SELECT becomes a CSV file with a name of the node's own`() throws {
        let fixture = try Self.dogs()

        let job = try fixture.finishedJob(
            fixture.ask(
                Self.request([
                    "format": "csv", "filename": .null, "path": .string(fixture.exportFolder),
                    "search_operation": [
                        "operation": "sql", "sql": "SELECT id, name FROM dev.dog ORDER BY id",
                    ],
                ])))

        #expect(job["message"] == "Successfully exported CSV locally.")
        #expect(
            try Self.text("1369353600000.csv", fixture)
                == "\"id\",\"name\"\n1,\"Penny\"\n2,\"Al\"\"by\"\n")
    }

    @Test(arguments: [
        "DELETE FROM dev.dog", "INSERT INTO dev.dog (id) VALUES (9)", "UPDATE dev.dog SET name = 1",
    ])
    func `an export changes nothing`(sql: String) throws {
        let fixture = try Self.dogs()
        let before = try fixture.everything()

        let job = try fixture.finishedJob(
            fixture.ask(
                Self.request(["search_operation": ["operation": "sql", "sql": .string(sql)]])))

        #expect(job["status"] == "ERROR")
        #expect(try fixture.everything() == before)
    }

    @Test(
        arguments: [
            (["format": ""], "format missing"),
            (
                ["format": "xml"],
                "format invalid. must be one of the following values: json, csv"
            ),
            (["search_operation": [:]], "search_operation.operation missing"),
            (["path": ""], "path missing"), (["path": "/etc"], "path '/etc' does not exist"),
            (["path": "../csv"], "path '../csv' does not exist"),
            (["path": "link"], "path 'link' does not exist"),
            (["path": "nowhere"], "path 'nowhere' does not exist"),
            (["path": "a\0b"], "path 'a\0b' does not exist"),
            (
                ["path": "file"],
                "path 'file' is not a directory, please supply a valid folder path"
            ),
            (
                ["filename": "../x"],
                "'filename' is a name without slashes of at most 200 bytes"
            ),
            (["filename": ".x"], "'filename' is a name without slashes of at most 200 bytes"),
        ] as [(JSONObject, String)])
    func `what cannot be written is refused before a job starts`(
        change: JSONObject, error: String
    ) throws {
        let fixture = try Self.dogs()
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.exportFolder)/link", withDestinationPath: fixture.csvFolder)
        try Data().write(to: URL(fileURLWithPath: "\(fixture.exportFolder)/file"))

        try fixture.expectError(400, error, Self.request(change))
    }

    @Test func `an operation that finds nothing is no search`() throws {
        let fixture = try Self.dogs()

        let answer = try fixture.ask(
            Self.request(["search_operation": ["operation": "drop_table", "table": "dog"]]))

        #expect(answer.status == 400)
    }

    @Test func `without rights an export is refused at once and with them it has what is seen`()
        throws
    {
        let fixture = try Self.dogs()
        try fixture.addRole("reader", reading: ["name"], inserting: [])
        let login = OperationsFixture.basic("reader", "secret")
        let sql = { (text: String) in
            Self.request(["search_operation": ["operation": "sql", "sql": .string(text)]])
        }

        let other = try fixture.ask(Self.request(), login: login)
        let hidden = try fixture.ask(sql("SELECT * FROM dev.cat"), login: login)
        let job = try fixture.finishedJob(
            fixture.ask(sql("SELECT name FROM dev.dog WHERE name LIKE 'P%'"), login: login))

        #expect(other.status == 403)
        #expect(
            other.body["unauthorized_access"]
                == ["Operation 'export_local' is restricted to 'super_user' roles"])
        #expect(hidden.status == 403)
        #expect(hidden.body["invalid_schema_items"] == ["Table 'dev.cat' does not exist"])
        #expect(job["status"] == "COMPLETE")
        #expect(try Self.text("dogs.json", fixture) == #"[{"name":"Penny"}]"#)
    }

    @Test func `an object store is given the file and its answer is the result`() throws {
        let fixture = try Self.dogs()
        fixture.remote.answer(.ok, ["ETag": "\"abc\"", "x-amz-version-id": "7"], "")

        let job = try fixture.finishedJob(
            fixture.ask(
                Self.request([
                    "operation": "export_to_s3",
                    "s3": [
                        "aws_access_key_id": "id", "aws_secret_access_key": "secret",
                        "bucket": "kennel", "key": "out/dogs",
                        "endpoint": "http://data.example",
                    ],
                ])))

        #expect(job["result"]?["ETag"] == "\"abc\"")
        #expect(job["result"]?["VersionId"] == "7")
        let request = try #require(fixture.remote.requests.first)
        #expect(request.method == .put)
        #expect(request.url == "http://data.example/kennel/out/dogs.json")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"[{"id":2,"name":"Al\"by"},{"id":1,"name":"Penny"}]"#)
    }
}
