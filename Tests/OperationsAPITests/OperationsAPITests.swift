import Foundation
import JSON
import OperationsAPI
import Testing

@Suite struct OperationsAPITests {
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    private func ask(_ operation: JSONValue) throws -> APIFixture.Answer {
        try fixture.ask(operation)
    }

    // MARK: Transport and login

    @Test(arguments: ["", "{", "[]", "7", "\"insert\"", "{\"operation\":\"insert\"}}"])
    func `a body that is no JSON object is refused`(body: String) throws {
        let answer = try fixture.send(Array(body.utf8))

        #expect(answer.status == 400)
        #expect(answer.error == "Invalid JSON.")
    }

    @Test func `an operation must be named and known`() throws {
        let unnamed = try ask(["table": "dog"])
        let unknown = try ask(["operation": "bark"])

        #expect(unnamed.status == 400)
        #expect(unnamed.error == "Request body must include an 'operation' property.")
        #expect(unknown.status == 400)
        #expect(unknown.error == "Operation 'bark' not found")
    }

    @Test(arguments: [
        (nil, "Must login"), (APIFixture.basic("", ""), "Must login"),
        (APIFixture.basic("admin", "wrong"), "Login failed"),
        (APIFixture.basic("nobody", "secret"), "Login failed"),
        ("Bearer abc", "invalid token"), ("Basic !!!", "Login failed"), ("Basic", "Login failed"),
        ("Basic " + String(repeating: "A", count: 100_000), "Login failed"),
    ])
    func `a login that is not right is told why`(login: String?, error: String) throws {
        let answer = try fixture.ask(["operation": "describe_all"], login: login)

        #expect(answer.status == 401)
        #expect(answer.error == error)
    }

    @Test func `bypass_auth in the body has no effect`() throws {
        let answer = try fixture.ask(
            ["operation": "describe_all", "bypass_auth": true], login: nil)

        #expect(answer.status == 401)
    }

    @Test func `users are added, altered, refused and dropped`() throws {
        let user: JSONValue = [
            "operation": "add_user", "role": "cluster_user", "username": "ann",
            "password": "p", "active": true,
        ]
        #expect(try ask(user).message == "ann successfully added")
        let again = try ask(user)
        #expect(again.status == 409)
        #expect(again.error == "User ann already exists")

        let ann = APIFixture.basic("ann", "p")
        let info = try fixture.ask(["operation": "user_info"], login: ann)
        #expect(info.value["username"] == "ann")
        #expect(info.value["hash"] == nil)
        let denied = try fixture.ask(["operation": "list_users"], login: ann)
        #expect(denied.status == 403)
        #expect(
            denied.value["unauthorized_access"]
                == ["Operation 'listUsersExternal' is restricted to 'super_user' roles"])

        let altered = try ask(["operation": "alter_user", "username": "ann", "active": false])
        #expect(altered.message == "updated 1 of 1 records")
        let inactive = try fixture.ask(["operation": "user_info"], login: ann)
        #expect(inactive.error == "Cannot complete request: User is inactive")

        let emptyRole = try ask(["operation": "alter_user", "username": "ann", "role": ""])
        #expect(emptyRole.status == 500)
        #expect(emptyRole.error == "If role is specified, it cannot be empty.")
        let dropped = try ask(["operation": "drop_user", "username": "ann"])
        #expect(dropped.message == "ann successfully deleted")
        #expect(try ask(["operation": "drop_user", "username": "ann"]).status == 404)
    }

    // MARK: Databases, tables, attributes

    @Test func `both families of names make and drop`() throws {
        #expect(
            try ask(["operation": "create_schema", "schema": "dev"]).message
                == "database 'dev' successfully created")
        let twice = try ask(["operation": "create_database", "database": "dev"])
        #expect(twice.status == 400)
        #expect(twice.error == "database 'dev' already exists")
        let table: JSONValue = [
            "operation": "create_table", "schema": "dev", "table": "dog", "hash_attribute": "id",
        ]
        #expect(try ask(table).message == "table 'dev.dog' successfully created.")
        #expect(try ask(table).error == "Table 'dog' already exists in 'dev'")
        let attribute: JSONValue = [
            "operation": "create_attribute", "database": "dev", "table": "dog",
            "attribute": "name",
        ]
        #expect(try ask(attribute).message == "attribute 'dev.dog.name' successfully created.")
        #expect(try ask(attribute).error == "attribute 'name' already exists in dev.dog")
        #expect(
            try ask([
                "operation": "drop_attribute", "schema": "dev", "table": "dog",
                "attribute": "name",
            ]).message == "successfully deleted attribute 'name'")
        #expect(
            try ask(["operation": "drop_table", "schema": "dev", "table": "dog"]).message
                == "successfully deleted table 'dev.dog'")
        #expect(
            try ask(["operation": "drop_schema", "schema": "dev"]).message
                == "successfully deleted 'dev'")
        let gone = try ask(["operation": "drop_database", "database": "dev"])
        #expect(gone.status == 404)
        #expect(gone.error == "database 'dev' does not exist")
    }

    @Test func `a key must be named, and numbers are no names`() throws {
        let keyless = try ask(["operation": "create_table", "schema": "dev", "table": "dog"])
        #expect(keyless.error == "'primary_key' is required")
        let numbers = try ask([
            "operation": "create_table", "schema": 1, "table": 2, "hash_attribute": "id",
        ])
        #expect(numbers.status == 400)
        #expect(numbers.error == "'schema' must be a string. 'table' must be a string")
    }

    @Test func `a new table has the key and both times, and the name comes first`() throws {
        try fixture.makeDogs()

        let answer = try ask(["operation": "describe_table", "schema": "dev", "table": "dog"])
        let attributes = try #require(answer.value["attributes"]?.arrayValue)

        #expect(
            attributes.map { $0["attribute"] } == ["id", "__createdtime__", "__updatedtime__"])
        #expect(attributes.allSatisfy { $0.objectValue?.names.first == "attribute" })
        #expect(answer.value["hash_attribute"] == "id")
        #expect(answer.value["record_count"] == 0)
        let all = try ask(["operation": "describe_all"]).value
        #expect(all["dev"]?["dog"]?["name"] == "dog")
        let missing = try ask(["operation": "describe_table", "schema": "dev", "table": "cat"])
        #expect(missing.status == 404)
        #expect(missing.error == "Table 'dev.cat' does not exist")
    }

    @Test func `the system database cannot be touched`() throws {
        let answer = try ask(["operation": "drop_database", "database": "system"])

        #expect(answer.status == 403)
        #expect(answer.error?.hasPrefix("The 'system' database") == true)
        #expect(try ask(["operation": "describe_all"]).value["system"] == nil)
    }

    // MARK: Records

    @Test func `insert skips what exists and makes missing keys`() throws {
        try fixture.makeDogs([["id": 1]])

        let answer = try ask([
            "operation": "insert", "schema": "dev", "table": "dog",
            "records": [
                ["id": 1], ["id": 2, "name": "Rex"], ["id": 2], ["name": "Bo"], ["id": ""],
            ],
        ])

        #expect(answer.message == "inserted 3 of 5 records")
        #expect(answer.value["skipped_hashes"] == [1, 2])
        #expect(answer.value["inserted_hashes"]?.arrayValue?.count == 3)
    }

    @Test func `update merges, and refuses a record without its key`() throws {
        try fixture.makeDogs([["id": 1, "name": "Rex", "age": 3]])

        let answer = try ask([
            "operation": "update", "schema": "dev", "table": "dog",
            "records": [["id": 1, "age": 4], ["id": 9]],
        ])
        let keyless = try ask([
            "operation": "update", "schema": "dev", "table": "dog", "records": [["age": 4]],
        ])
        let found = try ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [1],
            "get_attributes": ["name", "age"],
        ])

        #expect(answer.message == "updated 1 of 2 records")
        #expect(answer.value["update_hashes"] == [1])
        #expect(answer.value["skipped_hashes"] == [9])
        #expect(
            keyless.error
                == "a valid hash attribute must be provided with update record, "
                + "check log for more info"
        )
        #expect(found.value == [["name": "Rex", "age": 4]])
    }

    @Test func `upsert has no skipped hashes, delete says how many`() throws {
        try fixture.makeDogs([["id": 1, "name": "Rex"]])

        let upserted = try ask([
            "operation": "upsert", "schema": "dev", "table": "dog",
            "records": [["id": 1, "age": 4], ["id": 2]],
        ])
        #expect(upserted.value.objectValue?.names == ["message", "upserted_hashes"])
        #expect(upserted.message == "upserted 2 of 2 records")
        let deleted = try ask([
            "operation": "delete", "schema": "dev", "table": "dog", "hash_values": [1],
        ])
        #expect(deleted.message == "1 of 1 record successfully deleted")
        let more = try ask([
            "operation": "delete", "schema": "dev", "table": "dog", "ids": [1, "2"],
        ])
        #expect(more.message == "1 of 2 records successfully deleted")
        #expect(more.value["skipped_hashes"] == [1])
    }

    @Test func `a request is written as a whole or not at all`() throws {
        try fixture.makeDogs()

        for name in ["a/b", "a`b", String(repeating: "n", count: 251)] {
            let answer = try ask([
                "operation": "insert", "schema": "dev", "table": "dog",
                "records": [["id": 1], .object([name: 1])],
            ])
            #expect(answer.status == 400)
        }

        let count = try ask(["operation": "describe_table", "schema": "dev", "table": "dog"])
        #expect(count.value["record_count"] == 0)
        let unknown = try ask([
            "operation": "insert", "schema": "dev", "table": "cat", "records": [["id": 1]],
        ])
        #expect(unknown.status == 400)
        #expect(unknown.error == "Table 'dev.cat' does not exist")
    }

    @Test func `times come by themselves, as whole milliseconds`() throws {
        try fixture.makeDogs([["id": 1, "__createdtime__": 5, "__updatedtime__": 5]])

        let dog = try ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [1],
            "get_attributes": ["*"],
        ]).value.arrayValue?.first

        #expect((dog?["__createdtime__"]?.integerValue ?? 0) > 1_700_000_000_000)
        #expect(dog?["__createdtime__"] == dog?["__updatedtime__"])
    }
}
