import JSON
import Testing

@testable import OperationsAPI

@Suite struct SchemaOperationsTests {
    @Test(arguments: ["schema", "database"], ["create_schema", "create_database"])
    func `a database is made under both names of the operation and of its member`(
        member: String, operation: String
    ) throws {
        let fixture = try OperationsFixture()
        let body: JSONValue = .object(["operation": .string(operation), member: "dev"])

        try fixture.expectMessage("database 'dev' successfully created", body)

        try fixture.expectError(400, "database 'dev' already exists", body)
    }

    @Test(arguments: ["schema", "database"], ["drop_schema", "drop_database"])
    func `a database is dropped under both names of the operation and of its member`(
        member: String, operation: String
    ) throws {
        let fixture = try OperationsFixture.withDogs()
        let body: JSONValue = .object(["operation": .string(operation), member: "dev"])

        try fixture.expectMessage("successfully deleted 'dev'", body)

        try fixture.expectError(404, "database 'dev' does not exist", body)
        try fixture.expectAnswer([:], ["operation": "describe_all"])
    }

    @Test(arguments: ["hash_attribute", "primary_key"])
    func `a table is made once under both names of its key`(member: String) throws {
        let fixture = try OperationsFixture()
        let body: JSONValue = .object([
            "operation": "create_table", "schema": "dev", "table": "dog", member: "id",
        ])

        try fixture.expectMessage("table 'dev.dog' successfully created.", body)

        try fixture.expectError(400, "Table 'dog' already exists in 'dev'", body)
    }

    @Test func `a table without a database is made in the one called data`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "table 'data.dog' successfully created.",
            ["operation": "create_table", "table": "dog", "primary_key": "id"])
    }

    @Test func `a table needs a key`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "'primary_key' is required", ["operation": "create_table", "table": "dog"])
        try fixture.expectError(
            400, "'primary_key' is required",
            ["operation": "create_table", "table": "dog", "primary_key": ""])
        #expect(fixture.store.databaseNames.isEmpty)
    }

    @Test(arguments: ["__createdtime__", "__updatedtime__"])
    func `an automatic attribute is no key`(key: String) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask([
            "operation": "create_table", "table": "dog", "primary_key": .string(key),
        ])

        #expect(answer.status == 400)
        #expect(fixture.store.databaseNames.isEmpty)
    }

    @Test func `names that are numbers make nothing`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "'schema' must be a string. 'table' must be a string",
            ["operation": "create_table", "schema": 123, "table": 4, "hash_attribute": "id"])
        try fixture.expectError(
            400, "'schema' must be a string", ["operation": "create_schema", "schema": 123])
    }

    @Test(
        arguments: ["a/b", "a`b", "", "täble", "a\nb", String(repeating: "n", count: 251)])
    func `a refused table name leaves no database behind`(name: String) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask([
            "operation": "create_table", "schema": "dev", "table": .string(name),
            "hash_attribute": "id",
        ])

        #expect(answer.status == 400)
        #expect(fixture.store.databaseNames.isEmpty)
    }

    @Test func `a refused attribute leaves no table behind`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "Attribute names cannot include backticks or forward slashes",
            [
                "operation": "create_table", "schema": "dev", "table": "dog",
                "hash_attribute": "id", "attributes": ["name", "a/b"],
            ])

        #expect(fixture.store.databaseNames.isEmpty)
    }

    @Test(arguments: ["h*rper%1", "123", "two words", String(repeating: "n", count: 250)])
    func `every printable name is a database`(name: String) throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "database '\(name)' successfully created",
            ["operation": "create_schema", "schema": .string(name)])
    }

    @Test(arguments: [
        "create_schema", "drop_schema", "create_table", "drop_table", "create_attribute", "insert",
        "update", "upsert", "delete",
    ])
    func `the system database is protected`(operation: String) throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            403,
            "The 'system' database, tables and records are used internally by HarperDB and cannot "
                + "be updated or removed.",
            [
                "operation": .string(operation), "schema": "system", "table": "t",
                "primary_key": "id", "attribute": "a", "records": [], "hash_values": [],
            ])
    }

    @Test func `a dropped table is gone and can be made again empty`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"]])
        let drop: JSONValue = ["operation": "drop_table", "schema": "dev", "table": "dog"]

        try fixture.expectMessage("successfully deleted table 'dev.dog'", drop)

        try fixture.expectError(404, "Table 'dev.dog' does not exist", drop)
        try fixture.expectMessage(
            "table 'dev.dog' successfully created.",
            ["operation": "create_table", "schema": "dev", "table": "dog", "hash_attribute": "id"])
        let table = try fixture.ask([
            "operation": "describe_table", "schema": "dev", "table": "dog",
        ]).body
        #expect(table["record_count"] == 0)
        #expect(table["attributes"]?.arrayValue?.count == 3)
    }

    @Test func `attributes are made and dropped with their values`() throws {
        let fixture = try OperationsFixture.withDogs()
        let create: JSONValue = [
            "operation": "create_attribute", "schema": "dev", "table": "dog", "attribute": "age",
        ]
        try fixture.expectMessage("attribute 'dev.dog.age' successfully created.", create)
        try fixture.expectError(400, "attribute 'age' already exists in dev.dog", create)
        try fixture.insertDogs([["id": 1, "age": 5]])
        let drop: JSONValue = [
            "operation": "drop_attribute", "schema": "dev", "table": "dog", "attribute": "age",
        ]

        try fixture.expectMessage("successfully deleted attribute 'age'", drop)

        try fixture.expectError(404, "Attribute 'age' does not exist on 'dev.dog'", drop)
        let records = try fixture.ask([
            "operation": "search_by_id", "schema": "dev", "table": "dog", "ids": [1],
        ]).body
        #expect(records.arrayValue?.first?.objectValue?.names.contains("age") == false)
    }

    @Test(arguments: ["id", "__createdtime__", "__updatedtime__"])
    func `the key and the time attributes stay`(attribute: String) throws {
        let fixture = try OperationsFixture.withDogs()

        let answer = try fixture.ask([
            "operation": "drop_attribute", "schema": "dev", "table": "dog",
            "attribute": .string(attribute),
        ])

        #expect(answer.status == 400)
        #expect(answer.error?.hasPrefix("You cannot drop") == true)
    }

    @Test func `a table describes itself with every member that clients read`() throws {
        let fixture = try OperationsFixture.withDogs()

        let table = try fixture.ask([
            "operation": "describe_table", "database": "dev", "table": "dog",
        ]).body

        #expect(
            table.objectValue?.names == [
                "schema", "name", "hash_attribute", "id", "residence", "attributes",
                "schema_defined", "audit", "record_count", "last_updated_record", "db_size",
                "table_size", "__createdtime__", "__updatedtime__",
            ])
        let attributes = try #require(table["attributes"]?.arrayValue)
        #expect(
            attributes == [
                ["attribute": "id", "is_primary_key": true], ["attribute": "__createdtime__"],
                ["attribute": "__updatedtime__"],
            ])
        #expect(attributes[0].objectValue?.names.first == "attribute")
        #expect(table["__createdtime__"]?.integerValue != nil)
    }

    @Test(arguments: ["describe_schema", "describe_database"])
    func `a database describes its tables`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()
        let body: JSONValue = ["operation": .string(operation), "schema": "dev"]

        #expect(try fixture.ask(body).body.objectValue?.names == ["dog"])

        try fixture.expectError(
            404, "database 'cats' does not exist",
            ["operation": .string(operation), "schema": "cats"])
        _ = try fixture.ask(["operation": "drop_table", "schema": "dev", "table": "dog"])
        try fixture.expectAnswer([:], body)
        try fixture.expectAnswer(["dev": [:]], ["operation": "describe_all"])
    }

    @Test func `a table is made with the attributes that the request lists`() throws {
        let fixture = try OperationsFixture()
        try fixture.expectMessage(
            "table 'dev.dog' successfully created.",
            [
                "operation": "create_table", "schema": "dev", "table": "dog",
                "hash_attribute": "id",
                "attributes": [["name": "id"], ["name": "age"], ["attribute": "town"]],
            ])

        let table = try fixture.ask([
            "operation": "describe_table", "schema": "dev", "table": "dog", "exact_count": true,
        ]).body

        #expect(
            table["attributes"]?.arrayValue?.map { $0["attribute"] } == [
                "id", "__createdtime__", "__updatedtime__", "age", "town",
            ])
    }

    @Test(arguments: [
        ("id", "You cannot drop a hash attribute"),
        ("__createdtime__", "You cannot drop the attribute __createdtime__"),
    ])
    func `an attribute that stays is named in the refusal`(
        attribute: String, error: String
    ) throws {
        try OperationsFixture.withDogs().expectError(
            400, error,
            [
                "operation": "drop_attribute", "schema": "dev", "table": "dog",
                "attribute": .string(attribute),
            ])
    }

    @Test func `a description of an unknown table or database is not found`() throws {
        let fixture = try OperationsFixture.withDogs()

        try fixture.expectError(
            404, "Table 'dev.cat' does not exist",
            ["operation": "describe_table", "schema": "dev", "table": "cat"])
        try fixture.expectError(
            404, "database 'cats' does not exist",
            ["operation": "describe_table", "schema": "cats", "table": "dog"])
        try fixture.expectError(
            400, "Table 'dev.cat' does not exist",
            [
                "operation": "create_attribute", "schema": "dev", "table": "cat",
                "attribute": "age",
            ])
    }

    @Test func `a description counts every record`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs((0..<6_000).map { ["id": JSONValue($0)] })

        let table = try fixture.ask([
            "operation": "describe_table", "schema": "dev", "table": "dog",
        ]).body

        #expect(table["record_count"] == 6_000)
        #expect(table["estimated_record_range"] == nil)
    }

    @Test func `only the user's own databases are described`() throws {
        let fixture = try OperationsFixture.withDogs()

        let all = try fixture.ask(["operation": "describe_all"]).body

        #expect(all.objectValue?.names == ["dev"])
    }
}
