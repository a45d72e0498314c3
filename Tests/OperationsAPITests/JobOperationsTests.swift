import Foundation
import JSON
import Testing

@Suite struct JobOperationsTests {
    private let fixture: APIFixture

    init() throws {
        fixture = try APIFixture()
        try fixture.makeDogs()
    }

    private func load(_ data: String, action: JSONValue = "insert") throws -> JSONValue {
        let answer = try fixture.ask([
            "operation": "csv_data_load", "schema": "dev", "table": "dog", "data": .string(data),
            "action": action,
        ])
        let words = try #require(answer.message).split(separator: " ")
        #expect(words.count == 5)
        #expect(answer.value["job_id"]?.stringValue == words.last.map(String.init))
        return try fixture.job(String(words[4]))
    }

    @Test func `a load types its fields as HarperDB does`() throws {
        let job = try load(
            "id,isbn,flag,none,list,empty\n1,0195153448,TRUE,null,\"[1,2]\",\n"
                + "2,1558746218,x,1.5,{,0\n"
        )

        #expect(job["status"] == "COMPLETE")
        #expect(job["message"] == "successfully loaded 2 of 2 records")
        let dogs = try fixture.ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [1, 2],
            "get_attributes": ["isbn", "flag", "none", "list", "empty"],
        ])
        #expect(
            dogs.value == [
                [
                    "isbn": "0195153448", "flag": true, "none": .null, "list": [1, 2], "empty": "",
                ],
                ["isbn": 1_558_746_218, "flag": "x", "none": 1.5, "list": "{", "empty": 0],
            ])
    }

    @Test func `rows without the key get one, and an empty file says so`() throws {
        #expect(try load("name\nRex\nBo\n")["message"] == "successfully loaded 2 of 2 records")
        #expect(try load("")["message"] == "No records parsed from csv file.")
        #expect(try load("id,name\n")["message"] == "No records parsed from csv file.")
    }

    @Test func `a bad column is found by the job`() throws {
        let job = try load("id,na/me\n1,x\n")

        #expect(job["status"] == "ERROR")
        #expect(job["message"] == "Invalid column name 'na/me', cancelling load operation")
    }

    @Test func `a file is read from the configured folder and from nowhere else`() throws {
        let inside = fixture.directory.file("csv/dogs.csv")
        try Data("id\n7\n".utf8).write(to: URL(fileURLWithPath: inside))
        let outside = fixture.directory.file("secret.csv")
        try Data("id\n8\n".utf8).write(to: URL(fileURLWithPath: outside))
        let link = fixture.directory.file("csv/link.csv")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: outside)
        func ask(_ path: String) throws -> APIFixture.Answer {
            try fixture.ask([
                "operation": "csv_file_load", "schema": "dev", "table": "dog",
                "file_path": .string(path),
            ])
        }

        let job = try fixture.job(try #require(try ask(inside).value["job_id"]?.stringValue))

        #expect(job["status"] == "COMPLETE")
        for path in [
            outside, link, "/etc/passwd", "\(fixture.directory.path)/csv/../secret.csv",
            "csv/dogs.csv", "\(fixture.directory.path)/csv", "/nowhere.csv",
        ] {
            let answer = try ask(path)
            #expect(answer.status == 400)
            #expect(answer.error == "No such file or directory \(path)")
        }
    }

    @Test func `an unknown job is an empty list, an unknown table is told at once`() throws {
        #expect(try fixture.ask(["operation": "get_job", "id": "nope"]).value == [])
        let answer = try fixture.ask([
            "operation": "csv_data_load", "schema": "dev", "table": "cat", "data": "id\n1\n",
        ])
        #expect(answer.status == 400)
        #expect(answer.error == "Table 'dev.cat' does not exist")
    }
}
