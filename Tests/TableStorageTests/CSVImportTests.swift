import JSON
import Synchronization
import Telemetry
import Testing

@testable import TableStorage

@Suite struct CSVValueTests {
    @Test(
        arguments: [
            ("true", true), ("TRUE", true), ("True", "True"), ("false", false), ("FALSE", false),
            ("null", nil), ("NULL", nil), ("undefined", nil), ("", ""), (" ", " "), ("0", 0),
            ("00", "00"), ("0.5", 0.5), ("-1", -1), ("-0.5", -0.5), ("1e5", "1e5"), ("1E5", "1E5"),
            ("0195153448", "0195153448"), ("1558746218", 1_558_746_218),
            ("080652121X", "080652121X"), ("1.2.3", "1.2.3"), ("-", "-"), (".", "."), ("+1", "+1"),
            ("inf", "inf"), ("nan", "nan"), ("0x1", "0x1"),
            ("9223372036854775807", 9_223_372_036_854_775_807),
            ("[1,2]", [1, 2]), ("{\"a\":1}", ["a": 1]), ("[1,", "[1,"), ("{a}", "{a}"),
        ] as [(String, JSONValue)])
    func `a field has the type that HarperDB gives it`(text: String, value: JSONValue) {
        #expect(CSVValue.typed(text) == value)
    }
}

@Suite struct CSVImportTests {
    private static func load(_ text: String, mode: WriteMode = .insert) throws
        -> (fixture: StoreFixture, message: String)
    {
        let fixture = try StoreFixture()
        let load = CSVImport(store: fixture.store, table: StoreFixture.dog, mode: mode)
        return (fixture, try load.run(Array(text.utf8)))
    }

    @Test func `empty lines are skipped and short rows lack their last fields`() throws {
        let (fixture, message) = try Self.load("id,name\r\n1,Penny\r\n\r\n2\r\n")

        #expect(message == "successfully loaded 2 of 2 records")
        #expect(
            try fixture.store.records(
                withKeys: [1, 2], attributes: ["name"], of: StoreFixture.dog)
                == [["name": "Penny"], ["name": nil]])
    }

    @Test func `more rows than a batch holds are all written`() throws {
        let count = TableLimits.importBatchRecords + 1

        let (fixture, message) = try Self.load(
            "id\n" + (0..<count).map(String.init).joined(separator: "\n"))

        #expect(message == "successfully loaded \(count) of \(count) records")
        #expect(try fixture.store.recordCount(of: StoreFixture.dog) == count)
    }

    @Test(arguments: ["id,,b\n1,2,3", "id,a`b\n1,2"])
    func `a bad column name cancels the load`(text: String) throws {
        let error = #expect(throws: TableStorageError.self) { try Self.load(text) }

        #expect(error?.message.hasPrefix("Invalid column name '") == true)
    }
}

@Suite struct JobRunnerTests {
    @Test func `a job that a restart interrupted says so`() throws {
        let fixture = try StoreFixture()
        let jobs = try JobRunner(store: fixture.store, log: .silent)
        let (mayEnd, isWorking) = (Gate(), Gate())
        let id = try jobs.start(type: "csv_data_load", user: "admin") {
            () throws(JobRunner.Failure) in
            isWorking.open()
            mayEnd.wait()
            return "done"
        }
        isWorking.wait()
        #expect(try jobs.job(id)?["status"] == "IN_PROGRESS")

        let afterwards = try JobRunner(store: fixture.reopened(), log: .silent)

        let job = try #require(try afterwards.job(id))
        #expect(job["status"] == "ERROR")
        #expect(job["message"] == "the node stopped while this job ran; start it again")
        mayEnd.open()
    }

    @Test func `one job more than the limit is refused and the place comes back`() throws {
        let fixture = try StoreFixture()
        let jobs = try JobRunner(store: fixture.store, log: .silent)
        let mayEnd = Gate()
        let work = { @Sendable () throws(JobRunner.Failure) -> String in
            mayEnd.wait()
            return "done"
        }
        for _ in 0..<8 { _ = try jobs.start(type: "t", user: "u", work: work) }

        let error = #expect(throws: TableStorageError.self) {
            try jobs.start(type: "t", user: "u", work: work)
        }

        #expect(error?.code == .limitExceeded)
        mayEnd.open()
    }

    @Test func `an unknown job is none`() throws {
        let fixture = try StoreFixture()

        #expect(try JobRunner(store: fixture.store, log: .silent).job("nobody") == nil)
    }
}
