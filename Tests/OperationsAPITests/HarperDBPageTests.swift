import Foundation
import Testing

@testable import OperationsAPI

/// Holds the page for developers who come from HarperDB to the tests and operations there are.
@Suite struct HarperDBPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A row of one of the page's tables.
    private struct Row {
        let subject: String
        let answer: String
        let tests: [Substring]
    }

    private static func page() throws -> String {
        try String(
            contentsOf: root.appendingPathComponent("Sources/OperationsAPI/HARPERDB.md"),
            encoding: .utf8)
    }

    private static func rows() throws -> [Row] {
        try page().split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count == 5, cells[3].trimmingCharacters(in: .whitespaces) != "Tests",
                !cells[1].hasPrefix("---")
            else { return nil }
            return Row(
                subject: cells[1].trimmingCharacters(in: .whitespaces),
                answer: cells[2].trimmingCharacters(in: .whitespaces),
                tests: quoted(cells[3]))
        }
    }

    /// What stands between backticks.
    private static func quoted(_ text: some StringProtocol) -> [Substring] {
        Substring(text).split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    }

    /// The sources of the tests by the names of their files.
    private static func suites() throws -> [String: String] {
        let folder = root.appendingPathComponent("Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var suites: [String: String] = [:]
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            suites[file.deletingPathExtension().lastPathComponent] = try String(
                contentsOf: file, encoding: .utf8)
        }
        return suites
    }

    @Test func `every test that the page names is there`() throws {
        let suites = try Self.suites()
        let named = try Self.rows().flatMap(\.tests)
        #expect(named.count > 200)

        for test in named {
            let parts = test.split(separator: ": ", maxSplits: 1)
            let (suite, name) = (String(parts.first ?? ""), parts.last ?? "")
            let isThere = suites[suite]?.contains("func `\(name)`(") ?? false
            #expect(isThere, "\(test)")
        }
    }

    @Test func `a row says yes, or what differs, or why it is left out`() throws {
        let verdicts = ["yes", "differs: ", "left out: "]

        for row in try Self.rows() {
            #expect(verdicts.contains { row.answer.hasPrefix($0) }, "\(row.subject)")
        }
    }

    @Test func `only what is left out has no test`() throws {
        for row in try Self.rows() where !row.answer.hasPrefix("left out: ") {
            #expect(!row.tests.isEmpty, "\(row.subject)")
        }
    }

    @Test func `every operation is on the page under each of its names`() throws {
        let named = Set(Self.quoted(try Self.page()).map(String.init))
        let names = try OperationsFixture().api.table.operations.flatMap(\.names)
        #expect(names.count > 80)

        #expect(names.filter { !named.contains($0) } == [])
    }
}
