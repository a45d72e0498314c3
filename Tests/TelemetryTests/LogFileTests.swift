import Foundation
import Telemetry
import TestSupport
import Testing

@Suite struct LogFileTests {
    private static let start = Date(timeIntervalSince1970: 1_772_359_200)

    /// A line that is written the given number of seconds after the first.
    private static func line(
        _ message: String, after seconds: Double = 0, level: LogLevel = .info,
        module: String = "node", details: [(name: String, value: String)] = []
    ) -> LogLine {
        LogLine(
            time: start.addingTimeInterval(seconds), level: level, module: module,
            message: message, details: details)
    }

    private static func entries(
        in folder: String, _ change: (inout LogQuery) -> Void = { _ in }
    ) -> [LogEntry] {
        var query = LogQuery()
        change(&query)
        return LogReader(folder: folder).entries(query)
    }

    @Test func `a line is read back as it was written`() throws {
        let directory = try TemporaryDirectory()
        let file = LogFile(folder: directory.path + "/log")

        file.write(
            Self.line("say \"hi\"\n\\ \u{1B} süß", level: .warning, details: [("path", "C:\\x")]))

        let entry = try #require(Self.entries(in: file.folder).first)
        #expect(entry.message == "say \"hi\"\n\\ \u{1B} süß")
        #expect(entry.time == "2026-03-01T10:00:00.000Z")
        #expect(entry.level == .warning)
        #expect(entry.module == "node")
        #expect(entry.details.map(\.name) == ["path"])
        #expect(entry.details.map(\.value) == ["C:\\x"])
    }

    @Test func `logs are laid aside by size and only so many are kept`() throws {
        let directory = try TemporaryDirectory()
        let file = LogFile(
            folder: directory.path, rotation: LogRotation(fileBytesMax: 200, filesMax: 3))

        for number in 0..<20 { file.write(Self.line("line \(number)")) }

        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["ledge.1.log", "ledge.2.log", "ledge.log"])
        #expect(Self.entries(in: directory.path).last?.message == "line 19")
        for name in names {
            let size = FileManager.default.contents(atPath: "\(directory.path)/\(name)")?.count
            #expect(try #require(size) <= 200)
        }
    }

    @Test func `a log that is opened again goes on where it ended`() throws {
        let directory = try TemporaryDirectory()

        LogFile(folder: directory.path).write(Self.line("before"))
        LogFile(folder: directory.path).write(Self.line("after"))

        #expect(Self.entries(in: directory.path).map(\.message) == ["before", "after"])
    }

    @Test func `lines that cannot be written are counted and nothing else happens`() throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.file("file")))
        let file = LogFile(folder: directory.file("file/log"))

        file.write(Self.line("lost"))
        file.write(Self.line("lost too"))

        #expect(file.lost.value == 2)
    }

    @Test func `a full disk loses lines and stops nobody`() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("ledge.log"), withDestinationPath: "/dev/full")
        let file = LogFile(folder: directory.path)

        file.write(Self.line("lost"))

        #expect(file.lost.value == 1)
    }

    @Test func `a line that is too long is cut and stays readable`() throws {
        let directory = try TemporaryDirectory()
        let file = LogFile(folder: directory.path)

        file.write(Self.line(String(repeating: "\u{1}", count: LogFile.lineBytesMax)))
        file.write(Self.line("next"))

        let entries = Self.entries(in: directory.path)
        #expect(entries.count == 2)
        #expect(entries.first?.message.hasSuffix("...") == true)
    }

    @Test func `threads do not mix their lines`() async throws {
        let directory = try TemporaryDirectory()
        let file = LogFile(
            folder: directory.path, rotation: LogRotation(fileBytesMax: 4_000, filesMax: 100))

        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<50 { file.write(Self.line("\(task) says \(number)")) }
                }
            }
        }

        let reader = LogReader(folder: directory.path, filesMax: 100)
        #expect(Set(reader.entries(LogQuery()).map(\.message)).count == 400)
        #expect(file.lost.value == 0)
    }
}

@Suite struct LogReaderTests {
    private static let start = Date(timeIntervalSince1970: 1_772_359_200)

    /// Thirty lines over several files, one each second; every third is a warning of the cluster.
    private static func logFolder(_ directory: TemporaryDirectory) -> String {
        let file = LogFile(
            folder: directory.path, rotation: LogRotation(fileBytesMax: 1_000, filesMax: 5))
        for number in 0..<30 {
            let isThird = number % 3 == 0
            file.write(
                LogLine(
                    time: start.addingTimeInterval(Double(number)),
                    level: isThird ? .warning : .info, module: isThird ? "cluster" : "node",
                    message: "\(number)", details: []))
        }
        return directory.path
    }

    private static func messages(
        in folder: String, _ change: (inout LogQuery) -> Void
    ) -> [String] {
        var query = LogQuery()
        change(&query)
        return LogReader(folder: folder).entries(query).map(\.message)
    }

    @Test func `the oldest lines come first unless the newest are wanted`() throws {
        let directory = try TemporaryDirectory()
        let folder = Self.logFolder(directory)
        let all = (0..<30).map(String.init)

        #expect(Self.messages(in: folder) { _ in } == all)
        #expect(Self.messages(in: folder) { $0.order = .newestFirst } == all.reversed())
    }

    @Test func `an answer begins after the lines that are passed over and has a limit`() throws {
        let directory = try TemporaryDirectory()
        let folder = Self.logFolder(directory)

        let messages = Self.messages(in: folder) { query in
            query.order = .newestFirst
            query.start = 2
            query.limit = 3
        }

        #expect(messages == ["27", "26", "25"])
        #expect(Self.messages(in: folder) { $0.limit = 0 } == [])
    }

    @Test func `both ends of a time range are part of it`() throws {
        let directory = try TemporaryDirectory()
        let folder = Self.logFolder(directory)

        let messages = Self.messages(in: folder) { query in
            query.from = Self.start.addingTimeInterval(4)
            query.until = Self.start.addingTimeInterval(6)
        }

        #expect(messages == ["4", "5", "6"])
    }

    @Test func `lines are chosen by level and by module`() throws {
        let directory = try TemporaryDirectory()
        let folder = Self.logFolder(directory)

        #expect(Self.messages(in: folder) { $0.level = .warning }.count == 10)
        #expect(Self.messages(in: folder) { $0.modules = ["node"] }.count == 20)
        #expect(Self.messages(in: folder) { $0.level = .error } == [])
    }

    @Test func `what is no log line is passed over`() throws {
        let directory = try TemporaryDirectory()
        let good = #"{"time":"2026-03-01T10:00:00.000Z","level":"info","module":"m","message":"x"}"#
        let torn = #"{"time":"2026-03-01T10:00:00.000Z","level":"info","modu"#
        let endless = String(repeating: "x", count: 200_000)
        try Data("\(torn)\n\(good)\n\(endless)\n\(good)\n\n{}\n\(torn)".utf8)
            .write(to: URL(fileURLWithPath: directory.file("ledge.log")))

        #expect(Self.messages(in: directory.path) { _ in } == ["x", "x"])
        #expect(Self.messages(in: directory.path) { $0.order = .newestFirst } == ["x", "x"])
    }

    @Test func `a folder without a log has no lines`() throws {
        let directory = try TemporaryDirectory()

        #expect(Self.messages(in: directory.path) { _ in } == [])
    }
}
