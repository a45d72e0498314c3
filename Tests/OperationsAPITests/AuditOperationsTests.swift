import JSON
import Testing

@testable import OperationsAPI
@testable import TableStorage

@Suite struct AuditOperationsTests {
    private static func kennel() throws -> OperationsFixture {
        let fixture = try OperationsFixture()
        try fixture.expectMessage(
            "table 'dev.dog' successfully created.",
            [
                "operation": "create_table", "schema": "dev", "table": "dog",
                "hash_attribute": "id", "audit": true, "expiration": 3_600,
            ])
        try fixture.insertDogs([["id": 1, "name": "Penny"], ["id": 2]])
        return fixture
    }

    private static func read(_ changes: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["operation": "read_audit_log", "schema": "dev", "table": "dog"]
        for (name, value) in changes.members { body[name] = value }
        return .object(body)
    }

    @Test(
        arguments: [
            [:], ["search_type": .null], ["search_type": "timestamp", "search_values": []],
            ["search_type": "timestamp", "search_values": [0, 9_999_999_999_999]],
        ] as [JSONObject])
    func `the log of all or of a time is a list`(change: JSONObject) throws {
        let fixture = try Self.kennel()

        let entries = try fixture.ask(Self.read(change)).body.arrayValue

        #expect(entries?.count == 1)
        #expect(entries?.first?["operation"] == "insert")
        #expect(entries?.first?["user_name"] == "admin")
    }

    @Test func `the log of users or keys is an object of lists`() throws {
        let fixture = try Self.kennel()

        let users = try fixture.ask(
            Self.read(["search_type": "username", "search_values": ["admin"]])
        ).body
        let keys = try fixture.ask(
            Self.read(["search_type": "hash_value", "search_values": [1]])
        ).body

        #expect(users["admin"]?.arrayValue?.count == 1)
        #expect(keys["1"]?.arrayValue?.first?["records"]?.arrayValue?.count == 1)
    }

    @Test(
        arguments: [
            ["search_type": "wrong"], ["search_values": "x", "search_type": "username"],
            ["search_type": "username", "search_values": [1]],
            ["search_type": "timestamp", "search_values": ["today"]],
            ["search_type": "timestamp", "search_values": [1, 2, 3]],
        ] as [JSONObject])
    func `a question that makes no sense is refused`(change: JSONObject) throws {
        let fixture = try Self.kennel()

        #expect(try fixture.ask(Self.read(change)).status == 400)
    }

    @Test func `a table without a log says so, and an unknown one is not there`() throws {
        let fixture = try OperationsFixture.withDogs()

        #expect(try fixture.ask(Self.read()).status == 400)
        #expect(try fixture.ask(Self.read(["table": "cat"])).status == 404)
    }

    @Test func `the transaction log has bounds and a limit`() throws {
        let fixture = try Self.kennel()
        let read = { (changes: JSONObject) throws in
            try fixture.ask(
                Self.read(
                    JSONObject(
                        changes.members.map { ($0.name, $0.value) } + [
                            ("operation", "read_transaction_log")
                        ]))
            ).body.arrayValue?.count
        }

        #expect(try read([:]) == 1)
        #expect(try read(["from": 0, "to": "2001-01-01", "limit": 5]) == 0)
        #expect(try read(["from": "2001-01-01T00:00:00Z", "to": .null]) == 1)
    }

    @Test func `old entries are deleted by a job`() throws {
        let fixture = try Self.kennel()

        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "delete_audit_logs_before", "schema": "dev", "table": "dog",
                "timestamp": "9999999999999",
            ]))

        #expect(job["message"] == "Successfully completed")
        #expect(job["result"] == ["transactions_deleted": 1])
        try fixture.expectAnswer([], Self.read())
    }

    @Test func `a description says what a table keeps and how large it is`() throws {
        let fixture = try Self.kennel()

        let table = try fixture.ask([
            "operation": "describe_table", "schema": "dev", "table": "dog",
        ]).body

        #expect(table["audit"] == true)
        let size = try #require(table["db_size"]?.integerValue)
        #expect((1...size).contains(table["table_size"]?.integerValue ?? size))
        #expect(
            (table["last_updated_record"]?.integerValue ?? 0)
                >= (table["__createdtime__"]?.integerValue ?? .max))
    }

    @Test(arguments: [["audit": "yes"], ["expiration": 0], ["expiration": "1h"]] as [JSONObject])
    func `options that make no sense make no table`(options: JSONObject) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask(
            .object(
                JSONObject(
                    options.members.map { ($0.name, $0.value) } + [
                        ("operation", "create_table"), ("table", "dog"), ("primary_key", "id"),
                    ])))

        #expect(answer.status == 400)
        #expect(
            try fixture.store.databaseNames.allSatisfy { try fixture.store.tables(of: $0).isEmpty })
    }
}

@Suite struct DeletionOperationsTests {
    @Test(arguments: ["delete_files_before", "delete_records_before"])
    func `records made before a date go`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])
        let delete = { (date: JSONValue) throws in
            try fixture.finishedJob(
                fixture.ask([
                    "operation": .string(operation), "schema": "dev", "table": "dog", "date": date,
                ]))["message"]
        }

        #expect(try delete("2018-06-14") == "No records found to delete")
        #expect(try delete("2999-01-01") == "1 of 1 record successfully deleted")
        try fixture.insertDogs([["id": 1], ["id": 2]])
        #expect(
            try delete("2999-01-01T00:00:00.000Z") == "2 of 2 records successfully deleted")
        #expect(try fixture.store.recordCount(of: TableName("dev", "dog")) == 0)
    }

    @Test func `a date that is none and a table that is not there are answered at once`() throws {
        let fixture = try OperationsFixture.withDogs()
        let delete = { (table: JSONValue, date: JSONValue) throws in
            try fixture.ask([
                "operation": "delete_files_before", "schema": "dev", "table": table, "date": date,
            ])
        }

        #expect(try delete("dog", "yesterday").status == 400)
        #expect(try delete("cat", "2018-06-14").error == "Table 'dev.cat' does not exist")
    }

    @Test(arguments: [
        ("delete_files_before", "deleteFilesBefore"),
        ("delete_audit_logs_before", "deleteAuditLogsBefore"),
        ("read_audit_log", "readAuditLog"), ("read_transaction_log", "readTransactionLog"),
        ("search_jobs_by_start_date", "handleGetJobsByStartDate"),
    ])
    func `only super users may ask`(operation: String, shown: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"]])
        try fixture.addRole("reader", reading: ["name"], inserting: [])

        let answer = try fixture.ask(
            ["operation": .string(operation), "schema": "dog"],
            login: OperationsFixture.basic("reader", "secret"))

        #expect(answer.status == 403)
        #expect(
            answer.body["unauthorized_access"]
                == [.string("Operation '\(shown)' is restricted to 'super_user' roles")])
    }
}
