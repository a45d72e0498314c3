import Foundation
import JSON
import SQLite
import TestSupport
import Testing

@testable import TableStorage

@Suite struct DatabaseCopyTests {
    private static func bytes(of copy: DatabaseCopy) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try copy.nextPiece() { bytes += piece }
        return bytes
    }

    @Test func `a copy is a database with the records of its moment`() throws {
        let fixture = try StoreFixture()
        let text = String(repeating: "x", count: 1_000)
        for id in 0..<400 { try fixture.insert(["id": JSONValue(id), "text": .string(text)]) }
        let copy = try fixture.store.copy(of: "dev")
        try fixture.insert(["id": 9_999])

        let bytes = try Self.bytes(of: copy)

        #expect(bytes.count == copy.byteCount)
        let path = fixture.directory.file("copy.sqlite")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let physical = try fixture.store.table(StoreFixture.dog).physicalName
        let count = try connection.prepareOnce("SELECT count(*) FROM \"\(physical)\"")
        #expect(try count.step())
        #expect(count.integer(0) == 400)
    }

    @Test func `a copy leaves nothing in the folder`() throws {
        let fixture = try StoreFixture()

        let copy = try fixture.store.copy(of: "dev")

        let folder = fixture.directory.file("store/copies")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        #expect(copy.byteCount > 0)
    }

    @Test func `what a killed process left behind is removed at the next start`() throws {
        let fixture = try StoreFixture()
        let stray = fixture.directory.file("store/copies/stray.sqlite")
        try Data("half".utf8).write(to: URL(fileURLWithPath: stray))

        _ = try fixture.reopened()

        #expect(!FileManager.default.fileExists(atPath: stray))
    }

    @Test(arguments: ["nowhere", "system"])
    func `only a database of the user can be copied`(name: String) throws {
        let fixture = try StoreFixture()

        let error = #expect(throws: TableStorageError.self) { try fixture.store.copy(of: name) }

        #expect(error?.code == .databaseNotFound)
    }
}
