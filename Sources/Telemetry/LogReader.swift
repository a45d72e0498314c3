import Foundation

/// Which lines of a log are wanted.
package struct LogQuery: Sendable {
    package enum Order: Sendable { case oldestFirst, newestFirst }

    package var order = Order.oldestFirst
    /// Matching lines that are passed over, and those that are given after them.
    package var start = 0
    package var limit = Self.limitDefault
    package var level: LogLevel?
    /// Names of modules; nil for all of them.
    package var modules: Set<String>?
    /// Both ends are part of the range.
    package var from: Date?
    package var until: Date?

    package static let limitDefault = 1_000
    package static let limitMax = 10_000

    package init() {}
}

/// Reads a log back, from either end.
///
/// The log is read in pieces and lines are judged one by one: however large it is, only the
/// answer is held, and of that at most `answerBytesMax`.
package struct LogReader: Sendable {
    /// Bytes of the lines in one answer; it ends early rather than fill the memory.
    package static let answerBytesMax = 16 << 20
    private static let pieceBytes = 64 << 10

    private let folder: String
    private let filesMax: Int

    package init(folder: String, filesMax: Int = LogRotation().filesMax) {
        self.folder = folder
        self.filesMax = filesMax
    }

    /// The lines that the query describes; none if there is no log. A line that is no log line
    /// is passed over.
    package func entries(_ query: LogQuery) -> [LogEntry] {
        var selection = LogSelection(query)
        let ages = Array(0..<filesMax)
        for age in query.order == .newestFirst ? ages : ages.reversed() {
            guard
                let handle = FileHandle(forReadingAtPath: LogFile.path(in: folder, age: age))
            else { continue }
            defer { try? handle.close() }
            switch query.order {
            case .oldestFirst: Self.readForwards(handle) { selection.take($0) }
            case .newestFirst: Self.readBackwards(handle) { selection.take($0) }
            }
            if selection.isFull { break }
        }
        return selection.entries
    }

    /// - Parameter take: Returns false to end.
    private static func readForwards(
        _ handle: FileHandle, _ take: (ArraySlice<UInt8>) -> Bool
    ) {
        var rest: [UInt8] = []
        while let piece = try? handle.read(upToCount: pieceBytes), !piece.isEmpty {
            rest.append(contentsOf: piece)
            var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let tail = lines.removeLast()
            for line in lines where !take(line) { return }
            // What never ends is no line of a log.
            rest = tail.count > LogFile.lineBytesMax ? [] : Array(tail)
        }
        _ = take(rest[...])
    }

    private static func readBackwards(
        _ handle: FileHandle, _ take: (ArraySlice<UInt8>) -> Bool
    ) {
        guard var position = try? handle.seekToEnd() else { return }
        var rest: [UInt8] = []
        while position > 0 {
            let count = min(UInt64(pieceBytes), position)
            position -= count
            guard (try? handle.seek(toOffset: position)) != nil,
                let piece = try? handle.read(upToCount: Int(count)), piece.count == Int(count)
            else { return }
            rest = Array(piece) + rest
            var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let head = lines.removeFirst()
            for line in lines.reversed() where !take(line) { return }
            rest = head.count > LogFile.lineBytesMax ? [] : Array(head)
        }
        _ = take(rest[...])
    }
}

/// Gathers the lines that a query wants.
private struct LogSelection {
    private let query: LogQuery
    private let from: String?
    private let until: String?
    private var passedOver = 0
    private var bytes = 0
    private(set) var entries: [LogEntry] = []
    private(set) var isFull: Bool

    init(_ query: LogQuery) {
        self.query = query
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        from = query.from?.formatted(style)
        until = query.until?.formatted(style)
        isFull = query.limit <= 0
    }

    /// - Returns: Whether further lines are wanted.
    mutating func take(_ line: ArraySlice<UInt8>) -> Bool {
        guard !isFull else { return false }
        guard let entry = LogEntry(parsing: line), isWanted(entry) else { return true }
        guard passedOver >= query.start else {
            passedOver += 1
            return true
        }
        entries.append(entry)
        bytes += line.count
        isFull = entries.count >= query.limit || bytes >= LogReader.answerBytesMax
        return !isFull
    }

    private func isWanted(_ entry: LogEntry) -> Bool {
        if let level = query.level, entry.level != level { return false }
        if let modules = query.modules, !modules.contains(entry.module) { return false }
        if let from, entry.time < from { return false }
        if let until, entry.time > until { return false }
        return true
    }
}
