import HTTPCore
import JSON
import Testing

@testable import OperationsAPI

@Suite struct BackupOperationsTests {
    /// The magic of a database's first bytes (SQLite, "Database File Format", section 1.3).
    private static let magic = Array("SQLite format 3\0".utf8)

    @Test func `a backup is a stream of the database's file`() throws {
        let fixture = try OperationsFixture.withDogs()

        let response = try fixture.response(["operation": "get_backup", "schema": "dev"])

        #expect(response.fields["Content-Type"] == "application/octet-stream")
        guard case .pieces(let pieces) = response.body else {
            Issue.record("a backup is sent in pieces")
            return
        }
        var bytes: [UInt8] = []
        while let piece = try pieces.next() { bytes += piece }
        #expect(bytes.starts(with: Self.magic))
    }

    @Test func `only so many backups are made at once, and each gives its place back`() throws {
        let fixture = try OperationsFixture.withDogs()
        let request: JSONValue = ["operation": "get_backup", "database": "dev"]
        var held = [try fixture.response(request), try fixture.response(request)]

        try fixture.expectError(
            429, "2 backups are being made, which is the limit; try again later", request)

        held.removeAll()
        held = [try fixture.response(request)]
        #expect(held.first?.status == .ok)
    }

    @Test func `a backup that fails gives its place back`() throws {
        let fixture = try OperationsFixture()

        for _ in 0..<3 {
            try fixture.expectError(
                404, "database 'nowhere' does not exist",
                ["operation": "get_backup", "database": "nowhere"])
        }
    }

    @Test func `the system's own database is not given away`() throws {
        try OperationsFixture().expectError(
            404, "database 'system' does not exist",
            ["operation": "get_backup", "database": "system"])
    }
}
