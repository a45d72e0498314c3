import Foundation
import JSON
import Testing

@testable import NodeRuntime

/// The page for people and the table of the program say the same.
@Suite struct SettingsPageTests {
    @Test func `the page of settings has one row for each setting, as the table has it`() throws {
        let page = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/NodeRuntime/SETTINGS.md")

        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")

        let rows = lines.filter { $0.hasPrefix("| `") }.map(String.init)
        let expected = SettingTable.all.map(Self.row)
        #expect(rows == expected, "the rows are:\n\(expected.joined(separator: "\n"))")
    }

    @Test func `no two settings have the same name`() {
        let names = SettingTable.all.flatMap { [$0.path] + $0.aliases }.map(Setting.name)

        #expect(Set(names.map { $0.lowercased() }).count == names.count)
    }

    private static func row(_ setting: Setting) -> String {
        let names = ([setting.path] + setting.aliases).map { "`\($0)`" }.joined(separator: " ")
        let use =
            switch setting.use {
            case .applied: "yes"
            case .stored: "no, only kept"
            case .shown: "not to be set"
            }
        let rule = if case .shown = setting.use { "" } else { setting.rule.description }
        return "| \(names) | \(rule) | \(use) | \(setting.note) |"
    }
}
