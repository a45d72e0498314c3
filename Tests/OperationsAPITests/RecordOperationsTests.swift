import JSON
import Testing

@testable import OperationsAPI

@Suite struct RecordOperationsTests {
    private static func body(_ operation: String, _ records: JSONValue) -> JSONValue {
        [
            "operation": .string(operation), "schema": "dev", "table": "dog", "records": records,
        ]
    }

    @Test func `insert skips keys that are there and repeats`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])

        try fixture.expectAnswer(
            [
                "message": "inserted 1 of 3 records", "inserted_hashes": [2],
                "skipped_hashes": [1, 2],
            ], Self.body("insert", [["id": 1, "name": "x"], ["id": 2], ["id": 2]]))
    }

    @Test(arguments: [[:], ["id": ""], ["id": nil]] as [JSONValue])
    func `insert makes a key for a record without one`(record: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()

        let answer = try fixture.ask(Self.body("insert", [record]))

        let key = try #require(answer.body["inserted_hashes"]?.arrayValue?.first?.stringValue)
        #expect(key.count == 36)
    }

    @Test(
        arguments: [
            ("insert", "inserted", "inserted_hashes"), ("update", "updated", "update_hashes"),
        ])
    func `no records are fine`(operation: String, verb: String, keys: String) throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.expectAnswer(
            .object([
                "message": .string("\(verb) 0 of 0 records"), keys: [], "skipped_hashes": [],
            ]), Self.body(operation, []))
    }

    @Test func `update merges into what is there and skips the rest`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny", "age": 5]])

        try fixture.expectAnswer(
            ["message": "updated 1 of 2 records", "update_hashes": [1], "skipped_hashes": [9]],
            Self.body("update", [["id": 1, "age": 6], ["id": 9]]))

        try fixture.expectAnswer(
            [["id": 1, "name": "Penny", "age": 6]],
            [
                "operation": "search_by_hash", "schema": "dev", "table": "dog",
                "hash_values": [1], "get_attributes": ["id", "name", "age"],
            ])
    }

    @Test(arguments: [["name": "x"], ["id": ""], ["id": nil]] as [JSONValue])
    func `update without a key changes nothing at all`(record: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "age": 5]])
        let before = try fixture.everything()

        try fixture.expectError(
            400,
            "a valid hash attribute must be provided with update record, "
                + "check log for more info", Self.body("update", [["id": 1, "age": 6], record]))

        #expect(try fixture.everything() == before)
    }

    @Test(arguments: ["insert", "update", "upsert"], ["null", "undefined"])
    func `what JavaScript makes of a missing key is no key`(
        operation: String, key: String
    ) throws {
        let fixture = try OperationsFixture.withDogs()
        let before = try fixture.everything()

        try fixture.expectError(
            400,
            "Invalid hash value: '\(key)' is not a valid hash attribute value, "
                + "check log for more info",
            Self.body(operation, [["id": 1], ["id": .string(key)]]))

        #expect(try fixture.everything() == before)
    }

    @Test func `upsert answers without a list of skipped keys`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])

        try fixture.expectAnswer(
            ["message": "upserted 2 of 2 records", "upserted_hashes": [1, 2]],
            Self.body("upsert", [["id": 1, "age": 6], ["id": 2]]))
    }

    @Test(arguments: ["hash_values", "ids"])
    func `delete counts one record and several`(member: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1], ["id": 2], ["id": 3]])
        let delete = { (keys: JSONValue) -> JSONValue in
            .object(["operation": "delete", "schema": "dev", "table": "dog", member: keys])
        }

        try fixture.expectAnswer(
            [
                "message": "1 of 1 record successfully deleted", "deleted_hashes": [1],
                "skipped_hashes": [],
            ], delete([1]))
        try fixture.expectAnswer(
            [
                "message": "2 of 3 records successfully deleted", "deleted_hashes": [2, 3],
                "skipped_hashes": [1],
            ], delete([1, 2, 3]))
    }

    @Test func `keys as text find numbers, as old clients send them`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1], ["id": 2]])

        let found = try fixture.ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": ["1"],
            "get_attributes": ["id"],
        ])
        let deleted = try fixture.ask([
            "operation": "delete", "schema": "dev", "table": "dog", "hash_values": ["2"],
        ])

        #expect(found.body == [["id": 1]])
        #expect(deleted.message == "1 of 1 record successfully deleted")
    }

    @Test(arguments: ["insert", "update", "upsert"])
    func `one forbidden attribute name refuses the whole request`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])
        let before = try fixture.everything()

        try fixture.expectError(
            400, "Attribute names cannot include backticks or forward slashes",
            Self.body(operation, [["id": 1, "age": 1], ["id": 2, "a/b": 1]]))
        try fixture.expectError(
            400, "Attribute names cannot include backticks or forward slashes",
            Self.body(operation, [["id": 1, "age": 1], ["id": 2, "a`b": 1]]))

        #expect(try fixture.everything() == before)
    }

    @Test func `an attribute name has at most 250 bytes`() throws {
        let fixture = try OperationsFixture.withDogs()
        let (longest, longer) = (
            String(repeating: "a", count: 250), String(repeating: "b", count: 251)
        )

        let accepted = try fixture.ask(Self.body("insert", [.object(["id": 1, longest: 1])]))
        try fixture.expectError(
            400,
            "transaction aborted due to attribute name \(longer) being too long. Attribute names "
                + "cannot be longer than 250 bytes.",
            Self.body("insert", [.object(["id": 2, longer: 1])]))

        #expect(accepted.message == "inserted 1 of 1 records")
    }

    @Test func `times that a client sends are ignored and the rest is written`() throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.insertDogs([["id": 1, "__createdtime__": "then", "__updatedtime__": 7.5]])

        let record = try fixture.ask([
            "operation": "search_by_id", "schema": "dev", "table": "dog", "ids": [1],
        ]).body.arrayValue?.first
        guard case .integer = record?["__createdtime__"] else {
            Issue.record("the time is \(String(describing: record))")
            return
        }
        #expect(record?["__updatedtime__"] == record?["__createdtime__"])
    }

    @Test(arguments: ["insert", "update", "upsert"])
    func `a write to what does not exist answers 400`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.expectError(
            400, "database 'cats' does not exist",
            [
                "operation": .string(operation), "schema": "cats", "table": "dog", "records": [],
            ])
        try fixture.expectError(
            400, "Table 'dev.cat' does not exist",
            ["operation": .string(operation), "schema": "dev", "table": "cat", "records": []])
    }

    @Test func `a delete from what does not exist answers 404`() throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.expectError(
            404, "database 'cats' does not exist",
            ["operation": "delete", "schema": "cats", "table": "dog", "ids": [1]])
        try fixture.expectError(
            404, "Table 'dev.cat' does not exist",
            ["operation": "delete", "schema": "dev", "table": "cat", "ids": [1]])
    }

    @Test func `numbers name databases and tables in operations on records`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask([
            "operation": "create_table", "schema": "123", "table": "4", "hash_attribute": "id",
        ])

        let answer = try fixture.ask([
            "operation": "insert", "schema": 123, "table": 4, "records": [["id": 1]],
        ])

        #expect(answer.message == "inserted 1 of 1 records")
    }

    @Test func `a name in quotation marks with an accent is a name and not SQL`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"]])
        // The accent makes one character of itself and the quotation mark before it.
        let name = "x\"\u{301}; DROP TABLE dog; --"

        let answer = try fixture.ask(Self.body("insert", [.object(["id": 2, name: "kept"])]))

        #expect(answer.message == "inserted 1 of 1 records")
        try fixture.expectAnswer(
            [.object(["id": 1, name: nil]), .object(["id": 2, name: "kept"])],
            [
                "operation": "search_by_hash", "schema": "dev", "table": "dog",
                "hash_values": [1, 2], "get_attributes": ["id", .string(name)],
            ])
    }

    @Test(arguments: [[:], ["id": ""], ["id": nil]] as [JSONValue])
    func `upsert makes a key for a record without one`(record: JSONValue) throws {
        let fixture = try OperationsFixture.withDogs()

        let answer = try fixture.ask(Self.body("upsert", [record]))

        #expect(answer.message == "upserted 1 of 1 records")
        let key = try #require(answer.body["upserted_hashes"]?.arrayValue?.first?.stringValue)
        #expect(key.count == 36)
    }

    @Test func `keys of four kinds are four records and come back as they were`() throws {
        let fixture = try OperationsFixture.withDogs()
        let keys: [JSONValue] = [0, "011", "00011", 25]
        try fixture.insertDogs(keys.map { ["id": $0] })

        try fixture.expectAnswer(
            .array(keys.map { ["id": $0] }),
            [
                "operation": "search_by_hash", "schema": "dev", "table": "dog",
                "hash_values": .array(keys), "get_attributes": ["id"],
            ])
    }

    @Test func `a new attribute is the table's from the write on, and values keep their types`()
        throws
    {
        let fixture = try OperationsFixture.withDogs()
        let record: JSONValue = [
            "id": 1, "whole": 7, "part": 1.5, "text": "7", "flag": true, "none": nil,
            "object": ["a": [1, "b"]], "list": [1, [2]],
        ]

        try fixture.insertDogs([record])

        let names: [JSONValue] = [
            "id", "whole", "part", "text", "flag", "none", "object", "list",
        ]
        let table = try fixture.ask([
            "operation": "describe_table", "schema": "dev", "table": "dog",
        ]).body
        let described = table["attributes"]?.arrayValue?.compactMap { $0["attribute"] }
        #expect(names.allSatisfy { described?.contains($0) == true })
        try fixture.expectAnswer(
            [record],
            [
                "operation": "search_by_id", "schema": "dev", "table": "dog", "ids": [1],
                "get_attributes": .array(names),
            ])
    }
}
