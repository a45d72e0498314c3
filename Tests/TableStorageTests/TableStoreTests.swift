import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

@testable import TableStorage

@Suite struct TableStoreTests {
    @Test func `keys of different types are different keys`() throws {
        let fixture = try StoreFixture()
        let keys: [JSONValue] = [0, "0", "00", "011", 25]

        for key in keys { try fixture.insert(["id": key, "note": key]) }

        let found = try fixture.store.records(
            withKeys: keys, attributes: ["id", "note"], of: StoreFixture.dog)
        #expect(found == keys.map { ["id": $0, "note": $0] })
    }

    @Test func `upsert takes a key by its type and never merges two`() throws {
        let fixture = try StoreFixture()
        try fixture.insert(["id": 0, "note": "number"])

        _ = try fixture.store.write(
            [["id": "0", "note": "text"]], to: StoreFixture.dog, mode: .upsert)
        _ = try fixture.store.write([["id": 0, "age": 1]], to: StoreFixture.dog, mode: .upsert)

        let found = try fixture.store.records(
            withKeys: [0, "0"], attributes: ["note", "age"], of: StoreFixture.dog)
        #expect(found == [["note": "number", "age": 1], ["note": "text", "age": nil]])
    }

    static let everyType: [JSONValue] = [
        nil, true, false, 0, -1, .integer(.max), .integer(.min), 0.1, -1e300, "", "true", "null",
        "a\u{0}b", "é😀", [], [1, [nil]], [:], ["a": ["b": [true]]], "{\"a\":1}",
        nested(TableLimits.valueDepthMax),
    ]

    private static func nested(_ depth: Int) -> JSONValue {
        (0..<depth).reduce(1) { inner, _ in [inner] }
    }

    @Test(arguments: everyType)
    func `a value of every type comes back after reopening`(value: JSONValue) throws {
        let fixture = try StoreFixture()

        try fixture.insert(["id": 1, "value": value])

        for store in [fixture.store, try fixture.reopened()] {
            let found = try store.records(
                withKeys: [1], attributes: ["value"], of: StoreFixture.dog)
            #expect(found == [["value": value]])
        }
    }

    @Test func `a value deeper than the limit is refused`() throws {
        let fixture = try StoreFixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.insert(["id": 1, "value": Self.nested(TableLimits.valueDepthMax + 1)])
        }

        #expect(error?.code == .limitExceeded)
        #expect(try fixture.keys(.all).isEmpty)
    }

    @Test(arguments: ["a/b", "a`b", "", "a\u{0}b", "a/\u{301}b", "a`\u{301}b"])
    func `one bad name takes the whole write back`(name: String) throws {
        let fixture = try StoreFixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.insert(["id": 1, "age": 1], JSONObject([("id", 2), (name, 1)]))
        }

        #expect(error?.code == .invalidName)
        #expect(try fixture.keys(.all).isEmpty)
        #expect(try fixture.store.table(StoreFixture.dog).attributes.count == 3)
    }

    static let hostileNames = [
        "\"", "\"\"; DROP TABLE dog; --", "\"\u{301}; DROP TABLE dog; --", "'", "x]y", "$a", "?",
        "rowid", "select", "ledge_x", "sqlite_x", "é", "\u{202E}", " ",
    ]

    @Test(arguments: hostileNames)
    func `any other name is an attribute`(name: String) throws {
        let fixture = try StoreFixture()
        try fixture.insert(JSONObject([("id", 1), (name, "kept")]))

        let condition = SearchCondition.compare(attribute: name, .equals, "kept")
        #expect(try fixture.keys(condition) == [1])
        _ = try fixture.store.write(
            [JSONObject([("id", 1), (name, "changed")])], to: StoreFixture.dog, mode: .update)
        #expect(try fixture.keys(condition).isEmpty)
        try fixture.store.dropAttribute(name, of: StoreFixture.dog)
        #expect(try fixture.reopened().table(StoreFixture.dog).attributes.count == 3)
    }

    @Test(arguments: [
        "\"; DROP TABLE dog; --", "h*rper%1", "ledge_tables", "sqlite_schema", "index:x:y", "..",
        "dog2 ", "~2~dog",
    ])
    func `any printable name is a table and a database`(name: String) throws {
        let fixture = try StoreFixture()
        let table = TableName(name, name)
        try fixture.insert(["id": 1])

        try fixture.store.createTable(table, primaryKey: "key", makesDatabase: true)
        _ = try fixture.store.write([["key": "a"]], to: table, mode: .insert)

        let store = try fixture.reopened()
        #expect(
            try store.records(withKeys: ["a"], attributes: ["key"], of: table) == [["key": "a"]])
        #expect(try store.recordCount(of: StoreFixture.dog) == 1)
    }

    @Test func `names that differ in case only are different`() throws {
        let fixture = try StoreFixture()
        let upper = TableName("dev", "DOG")
        try fixture.store.createTable(upper, primaryKey: "id")
        try fixture.insert(["id": 1, "name": "low", "Name": "up", "ID": 3])
        _ = try fixture.store.write([["id": 2]], to: upper, mode: .insert)

        let store = try fixture.reopened()

        #expect(
            try store.records(
                withKeys: [1], attributes: ["name", "Name", "ID"], of: StoreFixture.dog)
                == [["name": "low", "Name": "up", "ID": 3]])
        #expect(try store.records(withKeys: [1, 2], attributes: ["id"], of: upper) == [["id": 2]])
        try store.dropTable(upper)
        #expect(try store.recordCount(of: StoreFixture.dog) == 1)
    }

    @Test func `a dropped database leaves no file and its name starts empty`() throws {
        let fixture = try StoreFixture()
        try fixture.insert(["id": 1])
        let files = try FileManager.default.contentsOfDirectory(
            atPath: fixture.directory.file("store"))
        #expect(files.contains("1.sqlite"))

        try fixture.store.dropDatabase("dev")

        let left = try FileManager.default.contentsOfDirectory(
            atPath: fixture.directory.file("store"))
        #expect(left.allSatisfy { $0.hasPrefix("system.sqlite") || $0 == "copies" }, "\(left)")
        try fixture.store.createTable(StoreFixture.dog, primaryKey: "id", makesDatabase: true)
        #expect(try fixture.keys(.all).isEmpty)
        #expect(try fixture.reopened().recordCount(of: StoreFixture.dog) == 0)
    }

    @Test func `what a dropped database left behind is removed at the start`() throws {
        let fixture = try StoreFixture()
        let stray = fixture.directory.file("store/77.sqlite-wal")
        let other = fixture.directory.file("store/notes.txt")
        for path in [stray, other] { try Data().write(to: URL(fileURLWithPath: path)) }

        _ = try fixture.reopened()

        #expect(!FileManager.default.fileExists(atPath: stray))
        #expect(FileManager.default.fileExists(atPath: other))
    }

    @Test func `a store may lie behind a link`() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.file("real"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("link"), withDestinationPath: directory.file("real"))

        let store = try TableStore(root: directory.file("link"), log: .silent)
        try store.createDatabase("dev")

        #expect(store.databaseNames == ["dev"])
    }

    @Test func `an automatic attribute is no key`() throws {
        let fixture = try StoreFixture()

        for key in ["__createdtime__", "__updatedtime__"] {
            let error = #expect(throws: TableStorageError.self) {
                try fixture.store.createTable(TableName("dev", "cat"), primaryKey: key)
            }
            #expect(error?.code == .invalidName)
        }
    }

    @Test func `a table has so many attributes and no more`() throws {
        let fixture = try StoreFixture()
        let names = (0..<(TableLimits.attributesMax - 3)).map { "a\($0)" }
        try fixture.insert(JSONObject([("id", 1)] + names.map { ($0, 1) }))

        let error = #expect(throws: TableStorageError.self) {
            try fixture.insert(["id": 2, "another": 1])
        }

        #expect(error?.code == .limitExceeded)
        #expect(try fixture.keys(.all) == [1])
    }

    @Test func `every record of writers at once that was answered is there`() throws {
        let fixture = try StoreFixture()
        let (threads, writes) = (32, 20)
        let failures = Mutex<[String]>([])

        onThreads(threads) { thread in
            for write in 0..<writes {
                do {
                    let key = JSONValue(thread * writes + write)
                    let result = try fixture.insert(["id": key, "thread": JSONValue(thread)])
                    // What was answered is seen by the next read.
                    let found = try fixture.store.records(withKeys: [key], of: StoreFixture.dog)
                    if result.written != [key] || found.count != 1 {
                        failures.withLock { $0.append("\(key) was lost") }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }

        #expect(failures.withLock { $0 } == [])
        #expect(try fixture.reopened().recordCount(of: StoreFixture.dog) == threads * writes)
    }

    @Test func `a write that fails takes nobody with it`() throws {
        let fixture = try StoreFixture()
        let refused = Atomic<Int>(0)

        onThreads(64) { number in
            do {
                if number.isMultiple(of: 2) {
                    try fixture.insert(["id": JSONValue(number)])
                } else {
                    try fixture.store.createTable(StoreFixture.dog, primaryKey: "id")
                }
            } catch {
                refused.wrappingAdd(1, ordering: .relaxed)
            }
        }

        #expect(refused.load(ordering: .relaxed) == 32)
        #expect(try fixture.keys(.all) == (0..<32).map { JSONValue($0 * 2) })
    }

    @Test func `a database that many make at once is made once and is there for all`() throws {
        let directory = try TemporaryDirectory()
        let store = try TableStore(root: directory.file("store"), log: .silent)
        let failures = Mutex<[String]>([])

        onThreads(16) { number in
            do {
                try store.createTable(
                    TableName("dev", "t\(number)"), primaryKey: "id", makesDatabase: true)
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }

        #expect(failures.withLock { $0 } == [])
        #expect(try store.tables(of: "dev").count == 16)
    }

    @Test func `an index that a search makes changes no answer`() throws {
        let fixture = try StoreFixture()
        let records = (0..<TableLimits.indexRowsMin).map { number -> JSONObject in
            ["id": JSONValue(number), "name": .string("n\(number % 7)")]
        }
        _ = try fixture.store.write(records, to: StoreFixture.dog, mode: .insert)
        let condition = SearchCondition.compare(attribute: "name", .equals, "n3")

        let (first, second) = (try fixture.keys(condition), try fixture.keys(condition))

        #expect(
            first == (0..<TableLimits.indexRowsMin).filter { $0 % 7 == 3 }.map { JSONValue($0) })
        #expect(second == first)
        #expect(try fixture.store.table(StoreFixture.dog).indexedColumns == ["name"])
        try fixture.store.dropAttribute("name", of: StoreFixture.dog)
        try fixture.insert(["id": "x", "name": "n3"])
        #expect(try fixture.keys(condition) == ["x"])
    }
}
