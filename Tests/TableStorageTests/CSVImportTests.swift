import Foundation
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
    private static func importer(_ fixture: StoreFixture, _ mode: WriteMode) -> CSVImport {
        CSVImport(
            into: ImportTarget(store: fixture.store, table: StoreFixture.dog, mode: mode))
    }

    private static func load(_ text: String, mode: WriteMode = .insert) throws
        -> (fixture: StoreFixture, message: String)
    {
        let fixture = try StoreFixture()
        let load = Self.importer(fixture, mode)
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

    @Test func `a load that is told to stop keeps whole batches and says so`() throws {
        let fixture = try StoreFixture()
        let text =
            "id\n"
            + (0...TableLimits.importBatchRecords).map(String.init)
            .joined(separator: "\n")

        let error = #expect(throws: TableStorageError.self) {
            try Self.importer(fixture, .insert)
                .run(Array(text.utf8), isCancelled: { true })
        }

        #expect(error?.code == .cancelled)
        #expect(
            try fixture.store.recordCount(of: StoreFixture.dog)
                == TableLimits.importBatchRecords)
    }

    @Test func `a row that is no text takes its batch back`() throws {
        let fixture = try StoreFixture()

        let error = #expect(throws: TableStorageError.self) {
            try Self.importer(fixture, .insert)
                .run(Array("id,name\n1,Penny\n2,\"Alby\"x\n".utf8))
        }

        #expect(error?.code == .invalidRecord)
        #expect(try fixture.store.recordCount(of: StoreFixture.dog) == 0)
        #expect(try fixture.store.table(StoreFixture.dog).attributes.count == 3)
    }

    @Test func `of two columns with one name the right one counts`() throws {
        let (fixture, _) = try Self.load("name,id,name\nPenny,1,Rose\n")

        #expect(
            try fixture.store.records(
                withKeys: [1], attributes: ["name"], of: StoreFixture.dog) == [["name": "Rose"]])
    }

    @Test func `columns without a name and fields beyond the columns are left out`() throws {
        let (fixture, message) = try Self.load("id,,name,\n1,x,Penny,\n2,y,Alby,z,more\n")

        #expect(message == "successfully loaded 2 of 2 records")
        #expect(
            try fixture.store.records(
                withKeys: [1, 2], attributes: ["name"], of: StoreFixture.dog)
                == [["name": "Penny"], ["name": "Alby"]])
        #expect(
            try fixture.store.table(StoreFixture.dog).attributes.map(\.name)
                == ["id", "__createdtime__", "__updatedtime__", "name"])
    }

    @Test(arguments: [",,\n1,2,3", "id,a`b\n1,2", "id,/\n1,2"])
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
            _ throws(JobRunner.Failure) in
            isWorking.open()
            mayEnd.wait()
            return JobRunner.Report("done")
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
        let work: JobRunner.Work = { _ throws(JobRunner.Failure) in
            mayEnd.wait()
            return JobRunner.Report("done")
        }
        for _ in 0..<8 { _ = try jobs.start(type: "t", user: "u", work: work) }

        let error = #expect(throws: TableStorageError.self) {
            try jobs.start(type: "t", user: "u", work: work)
        }

        #expect(error?.code == .limitExceeded)
        mayEnd.open()
    }

    private static func waitForEnd(of id: String, _ jobs: JobRunner) throws -> JSONObject {
        for _ in 0..<1_000_000 {
            let job = try #require(try jobs.job(id))
            if job["status"] != "IN_PROGRESS" { return job }
            sched_yield()
        }
        Issue.record("the job did not end")
        return [:]
    }

    @Test func `a job's result and a failure that is an object are kept`() throws {
        let fixture = try StoreFixture()
        let jobs = try JobRunner(store: fixture.store, log: .silent)

        let done = try jobs.start(type: "t", user: "u") { _ throws(JobRunner.Failure) in
            JobRunner.Report("done", result: ["path": "x"])
        }
        let failed = try jobs.start(type: "t", user: "u") { _ throws(JobRunner.Failure) in
            throw JobRunner.Failure(["error": "no"])
        }

        #expect(try Self.waitForEnd(of: done, jobs)["result"] == ["path": "x"])
        #expect(try Self.waitForEnd(of: failed, jobs)["message"] == ["error": "no"])
    }

    @Test func `of more jobs than are kept the oldest that ended is forgotten`() throws {
        let fixture = try StoreFixture()
        for number in 0..<JobRunner.keptMax {
            try fixture.store.system.put(
                [
                    "id": .string("\(number)"), "status": "COMPLETE",
                    "start_datetime": JSONValue(number),
                ], kind: "job", key: "\(number)")
        }
        let jobs = try JobRunner(store: fixture.store, log: .silent)

        let id = try jobs.start(type: "t", user: "u") { _ throws(JobRunner.Failure) in
            JobRunner.Report("done")
        }

        _ = try Self.waitForEnd(of: id, jobs)
        #expect(try jobs.job("0") == nil)
        #expect(try jobs.job("1") != nil)
        #expect(try jobs.jobs(startedFrom: 0, to: .max).count == JobRunner.keptMax)
    }

    @Test func `stopping tells jobs to end, marks them and takes no more`() throws {
        let fixture = try StoreFixture()
        let jobs = try JobRunner(store: fixture.store, log: .silent)
        let (isWorking, mayLook) = (Gate(), Gate())
        let id = try jobs.start(type: "t", user: "u") {
            cancellation throws(JobRunner.Failure) in
            isWorking.open()
            mayLook.wait()
            throw JobRunner.Failure(.bool(cancellation.isRequested))
        }
        isWorking.wait()

        jobs.stop()

        #expect(try jobs.job(id)?["status"] == "ERROR")
        #expect(throws: TableStorageError.self) {
            try jobs.start(type: "t", user: "u") { _ throws(JobRunner.Failure) in
                JobRunner.Report("done")
            }
        }
        mayLook.open()
    }

    @Test func `an unknown job is none`() throws {
        let fixture = try StoreFixture()

        #expect(try JobRunner(store: fixture.store, log: .silent).job("nobody") == nil)
    }
}
