import JSON
import Testing

@testable import TableStorage

@Suite struct AuditLogTests {
    private static let inserted: JSONValue = [
        "operation": "insert", "user_name": "ann", "timestamp": 1_000_000, "hash_values": [1, 2],
        "records": [
            [
                "id": 1, "name": "Penny", "__createdtime__": 1_000_000,
                "__updatedtime__": 1_000_000,
            ],
            ["id": 2, "name": "Kato", "__createdtime__": 1_000_000, "__updatedtime__": 1_000_000],
        ],
    ]

    @Test func `every write stands in the log with what was there before`() throws {
        let fixture = try AgeingFixture()

        try fixture.writeDogs()

        let log = try fixture.reopened().auditLog(of: AgeingFixture.dog, matching: .all)
        let entries = try #require(log.arrayValue)
        #expect(entries.count == 4)
        #expect(entries.first == Self.inserted)
        #expect(
            entries[1] == [
                "operation": "update", "user_name": "bob", "timestamp": 1_001_000,
                "hash_values": [1], "records": [["id": 1, "age": 8, "__updatedtime__": 1_001_000]],
                "original_records": [
                    [
                        "id": 1, "__createdtime__": 1_000_000, "__updatedtime__": 1_000_000,
                        "name": "Penny",
                    ]
                ],
            ])
        #expect(entries[2]["hash_values"] == [2, "2"])
        #expect(entries[2]["original_records"]?.arrayValue?.count == 1)
        #expect(entries[3]["records"] == nil)
        #expect(entries[3]["original_records"]?.arrayValue?.first?["age"] == 8)
    }

    @Test func `times are bounds that are included`() throws {
        let fixture = try AgeingFixture()
        try fixture.writeDogs()

        let log = try fixture.store.auditLog(
            of: AgeingFixture.dog, matching: .timestamps(from: 1_001_000, to: 1_002_000))

        #expect(log.arrayValue?.map { $0["operation"] } == ["update", "upsert"])
    }

    @Test func `by user there is a list for each that was asked for`() throws {
        let fixture = try AgeingFixture()
        try fixture.writeDogs()

        let log = try fixture.store.auditLog(
            of: AgeingFixture.dog, matching: .usernames(["bob", "eve"]))

        #expect(log["bob"]?.arrayValue?.map { $0["operation"] } == ["update", "delete"])
        #expect(log["eve"] == [])
    }

    @Test func `by key there is only what happened to that record`() throws {
        let fixture = try AgeingFixture()
        try fixture.writeDogs()

        let log = try fixture.store.auditLog(
            of: AgeingFixture.dog, matching: .keys([2, "nobody"]))

        #expect(log.objectValue?.names == ["2"])
        let entries = try #require(log["2"]?.arrayValue)
        #expect(entries.map { $0["operation"] } == ["insert", "upsert"])
        #expect(entries[1]["records"]?.arrayValue?.map { $0["name"] } == ["K"])
        #expect(entries[1]["hash_values"] == nil)
    }

    @Test func `a refused write leaves no entry`() throws {
        let fixture = try AgeingFixture()

        _ = try? fixture.store.write(
            [["id": 1], ["id": true]], to: AgeingFixture.dog, mode: .insert)
        _ = try fixture.store.write([["id": 1]], to: AgeingFixture.dog, mode: .update)

        #expect(try fixture.store.auditLog(of: AgeingFixture.dog, matching: .all) == [])
    }

    @Test func `a load notes its batches`() throws {
        let fixture = try AgeingFixture()

        let target = ImportTarget(
            store: fixture.store, table: AgeingFixture.dog, mode: .insert, user: "ann")
        _ = try CSVImport(into: target).run(
            Array("id,name,n\n1,Penny,0\n1,again,1\n2,,2012-03-09T00:00Z".utf8))

        let log = try fixture.store.auditLog(of: AgeingFixture.dog, matching: .all)
        let entry = try #require(log.arrayValue?.first)
        #expect(log.arrayValue?.count == 1)
        #expect(entry["hash_values"] == [1, 2])
        #expect(entry["records"]?.arrayValue?.last?["n"] == "2012-03-09T00:00:00.000Z")
    }

    @Test func `the transaction log has a limit and no originals`() throws {
        let fixture = try AgeingFixture()
        try fixture.writeDogs()

        let log = try fixture.store.transactionLog(of: AgeingFixture.dog, from: 1_001_000, limit: 1)

        #expect(
            log == [
                [
                    "operation": "update", "user": "bob", "timestamp": 1_001_000,
                    "records": [["id": 1, "age": 8, "__updatedtime__": 1_001_000]],
                ]
            ])
    }

    @Test func `old entries are deleted and the moment itself stays`() throws {
        let fixture = try AgeingFixture()
        try fixture.writeDogs()

        let count = try fixture.store.deleteAuditLog(of: AgeingFixture.dog, before: 1_002_000)

        #expect(count == 2)
        let log = try fixture.store.auditLog(of: AgeingFixture.dog, matching: .all)
        #expect(log.arrayValue?.map { $0["operation"] } == ["upsert", "delete"])
    }

    @Test func `a dropped table takes its log along`() throws {
        let fixture = try AgeingFixture()
        try fixture.writeDogs()

        try fixture.store.dropTable(AgeingFixture.dog)
        try fixture.store.createTable(
            AgeingFixture.dog, primaryKey: "id", options: TableOptions(audit: true))

        #expect(try fixture.store.auditLog(of: AgeingFixture.dog, matching: .all) == [])
    }

    @Test func `a table without a log says so`() throws {
        let fixture = try AgeingFixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.store.auditLog(of: AgeingFixture.cat, matching: .all)
        }

        #expect(error?.code == .invalidSearch)
    }
}
