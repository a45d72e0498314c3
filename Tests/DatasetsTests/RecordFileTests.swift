import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct RecordFileTests {
    private static let columns: [RecordFile.Column] = [
        .init(["isbn", "id"]), .init(["index"]), .init(["year"], isRequired: false),
    ]

    private static func read(
        _ text: String, as name: String
    ) throws -> (rows: [[String]], malformed: Int) {
        let folder = try TemporaryDirectory()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
        return try RecordFile.read(folder.file(name), columns: columns)
    }

    @Test func `columns are found by any of their names in any order`() throws {
        let found = try Self.read("Index;ISBN\n3;\"0\"\n", as: "t.csv")

        #expect(found.rows == [["0", "3", ""]])
    }

    @Test func `a row cut short has empty fields`() throws {
        #expect(try Self.read("isbn,index,year\na\n", as: "t.csv").rows == [["a", "", ""]])
    }

    @Test func `objects of a JSON array are records`() throws {
        let found = try Self.read(
            #"[{"isbn": 7, "index": 1, "year": null}, {"index": "2"}]"#, as: "t.json")

        #expect(found.rows == [["7", "1", ""], ["", "2", ""]])
    }

    @Test(arguments: [("isbn,rating\n", "t.csv"), (#"[{"isbn": 1}]"#, "t.json")])
    func `a column that is missing is named with those that are there`(
        text: String, name: String
    ) throws {
        let error = #expect(throws: DatasetError.self) { try Self.read(text, as: name) }

        #expect(error?.code == .missingColumn)
        #expect(error?.message.contains("index") == true)
        #expect(error?.message.contains("isbn") == true)
    }

    @Test(arguments: ["[]", "{}", "[1", "7"]) func `other JSON is refused`(text: String) throws {
        #expect(throws: DatasetError.self) { try Self.read(text, as: "t.json") }
    }
}
