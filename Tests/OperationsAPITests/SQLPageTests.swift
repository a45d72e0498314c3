import Foundation
import JSON
import Testing

@testable import OperationsAPI
@testable import TableStorage

/// Runs what the page for writers of SQL promises.
@Suite struct SQLPageTests {
    /// The statements of the page with the answers beneath them, in order.
    private static func examples() throws -> [(sql: String, answer: JSONValue)] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("Sources/TableStorage/SQL.md"),
            encoding: .utf8)
        return try page.components(separatedBy: "```sql\n").dropFirst().map { part in
            let pieces = part.components(separatedBy: "\n```")
            // The end of one block and the beginning of the next have nothing between them.
            let json = try #require(pieces.dropFirst(2).first?.split(separator: "json\n").last)
            return (pieces[0], try JSONValue(parsing: Array(json.utf8)))
        }
    }

    @Test func `every example of the page answers as the page says`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.store.createTable(
            TableName("other", "owner"), primaryKey: "id", makesDatabase: true)
        let examples = try Self.examples()
        #expect(examples.count > 10)

        for (sql, answer) in examples {
            let found = try fixture.ask(["operation": "sql", "sql": .string(sql)])
            #expect(found.body == answer, "\(sql)")
        }
    }
}
