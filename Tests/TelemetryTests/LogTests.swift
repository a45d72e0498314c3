import Foundation
import JSON
import Synchronization
import Telemetry
import Testing

@Suite struct LogTests {
    private static let time = Date(timeIntervalSince1970: 1_772_359_200)

    private static func line(_ message: String, _ details: [(String, String)] = []) -> LogLine {
        LogLine(
            time: time, level: .warning, module: "cluster", message: message,
            details: details.map { (name: $0.0, value: $0.1) })
    }

    @Test func `lines below the level are not written`() {
        let lines = Mutex<[String]>([])
        let log = Log(module: "a", levelMin: .warning) { line in
            lines.withLock { $0.append(line.message) }
        }

        log.info("quiet")
        log.module("b").error("loud")

        #expect(lines.withLock { $0 } == ["loud"])
    }

    @Test func `a text line shows time, level, module, message and details`() {
        let text = Self.line("bundle refused", [("code", "digest.mismatch")]).formatted(as: .text)

        #expect(
            text == "2026-03-01T10:00:00.000Z warning cluster  bundle refused  code=digest.mismatch"
        )
    }

    @Test func `a control character cannot forge a second line`() {
        let text = Self.line("evil\nINFO forged\u{1B}[2J").formatted(as: .text)

        #expect(!text.contains("\n"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `a JSON line parses and keeps every character`() throws {
        let text = Self.line("say \"hi\"\n", [("path", "C:\\x")]).formatted(as: .json)

        let value = try JSONValue(parsing: text)

        #expect(value["message"] == "say \"hi\"\n")
        #expect(value["path"] == "C:\\x")
    }
}

@Suite struct MetricsTests {
    @Test func `a name always gives the same counter`() {
        let metrics = Metrics()

        metrics.counter("pulls").add(2)
        metrics.counter("pulls").add()

        #expect(metrics.snapshot().map(\.value) == [3])
    }
}
