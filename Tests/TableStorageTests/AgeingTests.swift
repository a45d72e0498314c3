import JSON
import Testing

@testable import TableStorage

@Suite struct ExpirationTests {
    private static func cats() throws -> AgeingFixture {
        let fixture = try AgeingFixture()
        _ = try fixture.store.write(
            [["id": 1, "name": "Tom"]], to: AgeingFixture.cat, mode: .insert)
        fixture.wait(seconds: 59)
        _ = try fixture.store.write(
            [["id": 2, "name": "Felix"]], to: AgeingFixture.cat, mode: .insert)
        return fixture
    }

    private static func visible(_ store: TableStore) throws -> [[JSONValue?]] {
        [
            try store.records(withKeys: [1, 2], of: AgeingFixture.cat).map { $0["id"] },
            try store.search(Search(AgeingFixture.cat)).map { $0["id"] },
            [JSONValue(try store.recordCount(of: AgeingFixture.cat))],
        ]
    }

    @Test func `a record is there to the end of its time`() throws {
        let fixture = try Self.cats()

        #expect(try Self.visible(fixture.store) == [[1, 2], [1, 2], [2]])
    }

    @Test func `an expired record is in no answer before it is swept`() throws {
        let fixture = try Self.cats()

        fixture.wait(seconds: 1)

        #expect(try Self.visible(fixture.store) == [[2], [2], [1]])
        #expect(try fixture.store.delete(keys: [1], from: AgeingFixture.cat).skipped == [1])
    }

    @Test func `SQL sees what the other operations see`() throws {
        let fixture = try Self.cats()
        fixture.wait(seconds: 1)

        let found = try fixture.store.select(sql: "SELECT id FROM dev.cat")
        let changed = try fixture.store.run(sql: "UPDATE dev.cat SET age = 1")

        #expect(found == [["id": 2]])
        guard case .written(.update, let result, _) = changed else {
            Issue.record("an UPDATE writes")
            return
        }
        #expect(result.written == [2])
    }

    @Test func `a write gives a record its time again`() throws {
        let fixture = try Self.cats()

        _ = try fixture.store.write([["id": 1, "age": 3]], to: AgeingFixture.cat, mode: .update)
        fixture.wait(seconds: 1)

        #expect(try Self.visible(fixture.store) == [[1, 2], [1, 2], [2]])
    }

    @Test func `an update does not find what expired, and an insert does not mind it`() throws {
        let fixture = try Self.cats()
        fixture.wait(seconds: 1)

        let update = try fixture.store.write([["id": 1]], to: AgeingFixture.cat, mode: .update)
        let insert = try fixture.store.write(
            [["id": 1, "age": 3]], to: AgeingFixture.cat, mode: .insert)

        #expect(update.skipped == [1])
        #expect(insert.written == [1])
        let found = try fixture.store.records(
            withKeys: [1], attributes: ["name", "age"], of: AgeingFixture.cat)
        #expect(found == [["name": nil, "age": 3]])
    }

    @Test func `the sweep takes what expired and nothing else`() throws {
        let fixture = try Self.cats()
        _ = try fixture.store.write([["id": 1]], to: AgeingFixture.dog, mode: .insert)
        fixture.wait(seconds: 1)

        #expect(try fixture.store.sweepExpired() == 1)
        #expect(try fixture.store.sweepExpired() == 0)
        #expect(try Self.visible(fixture.reopened())[1] == [])
        #expect(try fixture.store.recordCount(of: AgeingFixture.dog) == 1)
    }

    @Test(arguments: [0, -1, TableLimits.expirationSecondsMax + 1])
    func `a time out of bounds is refused`(seconds: Int) throws {
        let fixture = try AgeingFixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.store.createTable(
                TableName("dev", "x"), primaryKey: "id",
                options: TableOptions(expirationSeconds: seconds))
        }

        #expect(error?.code == .limitExceeded)
        #expect(throws: TableStorageError.self) {
            try fixture.store.table(TableName("dev", "x"))
        }
    }
}

@Suite struct DeletionByAgeTests {
    @Test func `records made before a moment go, those of the moment stay`() throws {
        let fixture = try AgeingFixture()
        for id in 1...3 {
            _ = try fixture.store.write(
                [["id": JSONValue(id)]], to: AgeingFixture.dog, mode: .insert)
            fixture.wait(seconds: 1)
        }

        let count = try fixture.store.deleteRecords(
            of: AgeingFixture.dog, createdBefore: 1_002_000, by: "ann")

        #expect(count == 2)
        #expect(try fixture.store.search(Search(AgeingFixture.dog)).map { $0["id"] } == [3])
        let log = try fixture.store.auditLog(of: AgeingFixture.dog, matching: .usernames(["ann"]))
        #expect(log["ann"]?.arrayValue?.first?["hash_values"] == [1, 2])
    }

    @Test func `more records than a batch holds go, whatever type their keys have`() throws {
        let fixture = try AgeingFixture()
        let count = TableLimits.deletionBatchCount * 2
        let records = (0..<count).map { number -> JSONObject in
            ["id": number.isMultiple(of: 2) ? JSONValue(number) : .string("\(number)")]
        }
        _ = try fixture.store.write(records, to: AgeingFixture.cat, mode: .insert)

        let deleted = try fixture.store.deleteRecords(
            of: AgeingFixture.cat, createdBefore: .max)

        #expect(deleted == count)
        #expect(try fixture.store.recordCount(of: AgeingFixture.cat) == 0)
    }

    @Test func `the last write is known after a restart`() throws {
        let fixture = try AgeingFixture()
        #expect(try fixture.store.lastWriteTime(of: AgeingFixture.dog) == 1_000_000)

        try fixture.writeDogs()

        #expect(try fixture.store.lastWriteTime(of: AgeingFixture.dog) == 1_003_000)
        #expect(try fixture.reopened().lastWriteTime(of: AgeingFixture.dog) == 1_003_000)
        #expect(try fixture.store.lastWriteTime(of: AgeingFixture.cat) == 1_000_000)
    }

    @Test func `a table's bytes are part of its database's`() throws {
        let fixture = try AgeingFixture()
        let before = try fixture.store.sizeBytes(of: "dev")

        _ = try fixture.store.write(
            [["id": 1, "text": .string(String(repeating: "x", count: 100_000))]],
            to: AgeingFixture.dog, mode: .insert)

        let after = try fixture.store.sizeBytes(of: "dev")
        let table = try fixture.store.sizeBytes(of: AgeingFixture.dog) ?? 100_000
        #expect(after >= before + 100_000)
        #expect((100_000...after).contains(table))
    }
}
