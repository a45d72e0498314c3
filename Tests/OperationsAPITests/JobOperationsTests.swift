import Foundation
import JSON
import Synchronization
import Testing

@testable import OperationsAPI

@Suite struct JobOperationsTests {
    @Test func `delimited text is loaded by a job that clients can follow`() throws {
        let fixture = try OperationsFixture.withDogs()

        let started = try fixture.ask([
            "operation": "csv_data_load", "schema": "dev", "table": "dog",
            "data": "id,name\n1,Penny\n2,Alby\n",
        ])
        let job = try fixture.finishedJob(started)

        #expect(started.body["job_id"]?.stringValue?.count == 36)
        #expect(started.message?.split(separator: " ").count == 5)
        #expect(job["status"] == "COMPLETE")
        #expect(job["message"] == "successfully loaded 2 of 2 records")
        #expect(
            job.objectValue?.names == [
                "id", "type", "status", "message", "user", "created_datetime", "start_datetime",
                "end_datetime",
            ])
        #expect(job["type"] == "csv_data_load")
        #expect(job["user"] == "admin")
        #expect(job["end_datetime"]?.integerValue != nil)
    }

    @Test func `ISBNs keep their zeros and rows without a key get one`() throws {
        let fixture = try OperationsFixture.withDogs()

        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_data_load", "schema": "dev", "table": "dog",
                "data": "isbn\n0195153448\n1558746218\n080652121X\n",
            ]))

        #expect(job["message"] == "successfully loaded 3 of 3 records")
        let records = try fixture.ask([
            "operation": "search_by_value", "schema": "dev", "table": "dog",
            "search_attribute": "isbn", "search_value": "*", "get_attributes": ["isbn"],
        ]).body
        #expect(
            records == [["isbn": 1_558_746_218], ["isbn": "0195153448"], ["isbn": "080652121X"]])
    }

    @Test func `a bad column name ends the job with an error and nothing is written`() throws {
        let fixture = try OperationsFixture.withDogs()
        let before = try fixture.everything()

        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_data_load", "schema": "dev", "table": "dog",
                "data": "id,a/b\n1,2\n",
            ]))

        #expect(job["status"] == "ERROR")
        #expect(job["message"] == "Invalid column name 'a/b', cancelling load operation")
        #expect(try fixture.everything() == before)
    }

    @Test(arguments: ["", "id,name\n"])
    func `text without rows says so`(text: String) throws {
        let fixture = try OperationsFixture.withDogs()

        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_data_load", "schema": "dev", "table": "dog",
                "data": .string(text),
            ]))

        #expect(job["message"] == "No records parsed from csv file.")
    }

    @Test func `a load updates or upserts if it is told to`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"]])
        let load = { (action: JSONValue) throws in
            try fixture.finishedJob(
                fixture.ask([
                    "operation": "csv_data_load", "schema": "dev", "table": "dog",
                    "action": action, "data": "id,name\n1,Rose\n2,Alby\n",
                ]))["message"]
        }

        #expect(try load("insert") == "successfully loaded 1 of 2 records")
        #expect(try load("update") == "successfully loaded 2 of 2 records")
        #expect(try load("upsert") == "successfully loaded 2 of 2 records")
        #expect(try load("") == "successfully loaded 0 of 2 records")
        let refused = try fixture.ask([
            "operation": "csv_data_load", "schema": "dev", "table": "dog", "data": "id\n",
            "action": "delete",
        ])
        #expect(refused.status == 400)
    }

    @Test func `a load of an unknown database is answered before a job starts`() throws {
        try OperationsFixture().expectError(
            400, "database 'cats' does not exist",
            ["operation": "csv_data_load", "schema": "cats", "table": "dog", "data": "id\n1\n"])
    }

    @Test func `typed values of a text are found by their types`() throws {
        let fixture = try OperationsFixture.withDogs()
        _ = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_data_load", "schema": "dev", "table": "dog",
                "data": "id,a,b,c,d,e\n1,TRUE,NULL,,[1],2026-03-01T10:00:00+01:00\n",
            ]))

        try fixture.expectAnswer(
            [["a": true, "b": nil, "c": "", "d": [1], "e": "2026-03-01T09:00:00.000Z"]],
            [
                "operation": "search_by_hash", "schema": "dev", "table": "dog",
                "hash_values": [1], "get_attributes": ["a", "b", "c", "d", "e"],
            ])
    }

    @Test(arguments: ["csv_data_load", "csv_file_load"])
    func `an unknown table is answered before a job starts`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try Data("id\n1\n".utf8).write(to: URL(fileURLWithPath: "\(fixture.csvFolder)/a.csv"))

        try fixture.expectError(
            400, "Table 'dev.cat' does not exist",
            [
                "operation": .string(operation), "schema": "dev", "table": "cat", "data": "id\n1",
                "file_path": .string("\(fixture.csvFolder)/a.csv"),
            ])
    }

    @Test func `a file in an allowed folder is loaded`() throws {
        let fixture = try OperationsFixture.withDogs()
        try Data("id\n1\n".utf8).write(to: URL(fileURLWithPath: "\(fixture.csvFolder)/a.csv"))

        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_file_load", "schema": "dev", "table": "dog",
                "file_path": .string("\(fixture.csvFolder)/a.csv"),
            ]))

        #expect(job["message"] == "successfully loaded 1 of 1 records")
    }

    @Test(arguments: [
        "/etc/passwd", "FOLDER/../outside.csv", "FOLDER/link.csv", "FOLDER", "FOLDER/", "a.csv",
        "FOLDER/missing.csv", "FOLDER/a.csv\u{0}", "FOLDERx/a.csv", "file:///etc/passwd", "",
    ])
    func `a file elsewhere does not exist for a client`(pattern: String) throws {
        let fixture = try OperationsFixture.withDogs()
        let outside = fixture.file(outside: "outside.csv")
        try Data("id\n1\n".utf8).write(to: URL(fileURLWithPath: outside))
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.csvFolder)/link.csv", withDestinationPath: outside)
        let path = pattern.replacing("FOLDER", with: fixture.csvFolder)

        try fixture.expectError(
            400, "No such file or directory \(path)",
            [
                "operation": "csv_file_load", "schema": "dev", "table": "dog",
                "file_path": .string(path),
            ])
    }

    @Test func `a search is answered while a load runs`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1]])
        fixture.remote.answer(.ok, ["Content-Type": "text/csv"], "id\n2\n")
        let seen = Mutex<[JSONValue?]>([])
        fixture.remote.meanwhile { [weak fixture] in
            let found = try? fixture?.ask([
                "operation": "search_by_value", "schema": "dev", "table": "dog",
                "attribute": "id", "value": "*", "get_attributes": ["id"],
            ]).body
            let jobs = try? fixture?.ask([
                "operation": "search_jobs", "from_date": "2018-01-01", "to_date": "2999-01-01",
            ]).body.arrayValue
            seen.withLock { $0 = [found, jobs?.first?["status"]] }
        }

        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_url_load", "schema": "dev", "table": "dog",
                "csv_url": "http://data.example/dogs.csv",
            ]))

        #expect(job["message"] == "successfully loaded 1 of 1 records")
        #expect(seen.withLock { $0 } == [[["id": 1]], "IN_PROGRESS"])
    }

    @Test func `an unknown job is an empty list and an id is demanded`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectAnswer([], ["operation": "get_job", "id": "nobody"])
        try fixture.expectError(400, "'id' is required", ["operation": "get_job"])
    }
}

@Suite struct JobSearchTests {
    @Test(arguments: ["search_jobs_by_start_date", "search_jobs"])
    func `jobs are found by when they started`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()
        let job = try fixture.finishedJob(
            fixture.ask([
                "operation": "csv_data_load", "schema": "dev", "table": "dog", "data": "id\n1\n",
            ]))
        let search = { (from: JSONValue, to: JSONValue) throws in
            try fixture.ask([
                "operation": .string(operation), "from_date": from, "to_date": to,
            ])
        }

        #expect(try search("2018-01-01", "2999-01-01").body == [job])
        #expect(try search("2018-01-01", "2018-01-02").body == [])
        #expect(try search("2999-01-01", "2018-01-01").body == [])
        #expect(try search("soon", "2018-01-01").status == 400)
    }
}
