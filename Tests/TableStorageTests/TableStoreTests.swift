import Foundation
import JSON
import Synchronization
import TableStorage
import Telemetry
import TestSupport
import Testing

@Suite struct TableStoreTests {
    private let directory: TemporaryDirectory
    private let store: TableStore
    private let dogs = TableName("dev", "dog")

    init() throws {
        directory = try TemporaryDirectory()
        store = try TableStore(root: directory.file("tables"), log: .silent)
        try store.createDatabase("dev")
        try store.createTable(dogs, primaryKey: "id")
    }

    private func reopened() throws -> TableStore {
        try TableStore(root: directory.file("tables"), log: .silent)
    }

    @Test func `keys of different types are different keys`() throws {
        let keys: [JSONValue] = [0, "0", "00", 25, "25"]

        _ = try store.write(
            keys.enumerated().map { ["id": $0.element, "n": JSONValue($0.offset)] }, to: dogs,
            mode: .insert)

        let found = try store.records(withKeys: keys, attributes: ["id", "n"], of: dogs)
        #expect(found.map { $0["id"] } == keys.map(Optional.some))
        #expect(found.map { $0["n"] } == [0, 1, 2, 3, 4])
    }

    @Test func `values of every kind keep their kind through a restart`() throws {
        let record: JSONObject = [
            "id": 1, "text": "true", "flag": true, "off": false, "whole": 7, "real": 0.5,
            "list": [1, ["a"]], "object": ["b": .null], "empty": "", "large": .integer(.max),
        ]
        _ = try store.write([record], to: dogs, mode: .insert)

        let found = try reopened().records(
            withKeys: [1], attributes: record.names, of: dogs)

        #expect(found == [record])
    }

    @Test func `a boolean is found by a boolean and not by its name`() throws {
        _ = try store.write(
            [["id": 1, "good": true], ["id": 2, "good": "true"]], to: dogs, mode: .insert)

        let found = try store.search(
            Search(dogs, attributes: ["id"], condition: .compare(attribute: "good", .equals, true)))

        #expect(found == [["id": 1]])
    }

    @Test(arguments: [
        "Name", "name", "NAME", "select", "a\"b", "x; DROP TABLE dog", "naïve", "rowid", "~2~name",
        "sqlite_x", "ledge_y", " ", "a.b",
    ])
    func `an attribute may have any name that is not forbidden`(name: String) throws {
        _ = try store.write(
            [["id": 1, "Name": "upper", "name": "lower", "NAME": "all"]], to: dogs, mode: .insert)

        _ = try store.write([JSONObject([("id", 2), (name, "value")])], to: dogs, mode: .insert)

        let found = try reopened().search(
            Search(
                dogs, attributes: ["id"],
                condition: .compare(attribute: name, .equals, "value")))
        #expect(found == [["id": 2]])
    }

    @Test(arguments: ["h*rper%1", "123", "with space", "..", "Dev", "\"q\"", "a;b"])
    func `databases and tables may have hostile names`(name: String) throws {
        let table = TableName(name, name)
        try store.createDatabase(name)
        try store.createTable(table, primaryKey: "id")
        _ = try store.write([["id": 1]], to: table, mode: .insert)

        let again = try reopened()

        #expect(try again.recordCount(of: table) == 1)
        #expect(try again.recordCount(of: dogs) == 0)
    }

    @Test func `a table that is dropped and made again is empty`() throws {
        _ = try store.write([["id": 1, "name": "Rex"]], to: dogs, mode: .insert)

        try store.dropTable(dogs)
        try store.createTable(dogs, primaryKey: "id")

        #expect(try store.recordCount(of: dogs) == 0)
        #expect(try store.table(dogs).attributes.count == 3)
    }

    @Test func `a dropped attribute takes its values along`() throws {
        _ = try store.write([["id": 1, "name": "Rex"]], to: dogs, mode: .insert)

        try store.dropAttribute("name", of: dogs)
        try store.createAttribute("name", of: dogs)

        #expect(
            try store.records(withKeys: [1], attributes: ["name"], of: dogs)
                == [["name": .null]])
        #expect(throws: TableStorageError.self) { try store.dropAttribute("id", of: dogs) }
    }

    @Test func `writers that come together share commits, and nothing is lost`() throws {
        let before = try store.commitCount(of: "dev")
        let group = DispatchGroup()
        let failures = Mutex(0)
        let (threads, writes) = (16, 40)
        for thread in 0..<threads {
            group.enter()
            let (store, dogs) = (store, dogs)
            Thread.detachNewThread {
                for number in 0..<writes {
                    let record: JSONObject = ["id": JSONValue(thread * 1_000 + number)]
                    if (try? store.write([record], to: dogs, mode: .insert)) == nil {
                        failures.withLock { $0 += 1 }
                    }
                }
                group.leave()
            }
        }
        group.wait()

        #expect(failures.withLock { $0 } == 0)
        #expect(try reopened().recordCount(of: dogs) == threads * writes)
        #expect(try store.commitCount(of: "dev") - before < threads * writes)
    }

    @Test func `a piece that fails takes no other piece with it`() throws {
        let group = DispatchGroup()
        let refused = Mutex(0)
        let (store, dogs) = (store, dogs)
        for number in 0..<40 {
            group.enter()
            Thread.detachNewThread {
                // Every other writer brings a table that is there already, which fails inside
                // the shared transaction.
                if number.isMultiple(of: 2) {
                    _ = try? store.write([["id": JSONValue(number)]], to: dogs, mode: .insert)
                } else if (try? store.createTable(dogs, primaryKey: "id")) == nil {
                    refused.withLock { $0 += 1 }
                }
                group.leave()
            }
        }
        group.wait()

        #expect(refused.withLock { $0 } == 20)
        #expect(try store.recordCount(of: dogs) == 20)
    }

    @Test func `many records make an index that keeps the answers the same`() throws {
        let records = (0..<(TableLimits.indexRowsMin + 5)).map { number -> JSONObject in
            ["id": JSONValue(number), "name": .string("dog-\(number % 10)")]
        }
        _ = try store.write(records, to: dogs, mode: .insert)
        let search = Search(
            dogs, attributes: ["id"], condition: .compare(attribute: "name", .equals, "dog-3"),
            limit: 3)

        #expect(try store.search(search) == [["id": 3], ["id": 13], ["id": 23]])
        #expect(try store.search(search) == [["id": 3], ["id": 13], ["id": 23]])
    }

    @Test func `a job that a restart interrupted says so`() throws {
        try store.system.put(
            ["id": "j", "status": "IN_PROGRESS", "message": .null], kind: "job", key: "j")

        let jobs = try JobRunner(store: store, log: .silent)

        #expect(try jobs.job("j")?["status"] == "ERROR")
        #expect(try jobs.job("other") == nil)
    }
}

@Suite struct CSVValueTests {
    @Test(
        arguments: [
            ("0195153448", "0195153448"), ("1558746218", 1_558_746_218),
            ("080652121X", "080652121X"),
            ("0", 0), ("0.5", 0.5), ("-3", -3), ("1e5", "1e5"), ("1E5", "1E5"), ("007", "007"),
            ("true", true), ("FALSE", false), ("null", .null), ("undefined", .null), ("", ""),
            ("[1]", [1]), ("{\"a\":1}", ["a": 1]), ("{a", "{a"), ("1.2.3", "1.2.3"), ("-", "-"),
            (" 1", " 1"),
        ] as [(String, JSONValue)])
    func `a field has the type that HarperDB gives it`(text: String, value: JSONValue) {
        #expect(CSVValue.typed(text) == value)
    }
}
