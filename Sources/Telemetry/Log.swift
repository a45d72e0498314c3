import Foundation
import Synchronization

/// How urgent a log line is, least urgent first.
package enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One line of the log before it is formatted.
package struct LogLine: Sendable {
    package let time: Date
    package let level: LogLevel
    package let module: String
    package let message: String
    package let details: [(name: String, value: String)]

    package init(
        time: Date, level: LogLevel, module: String, message: String,
        details: [(name: String, value: String)]
    ) {
        self.time = time
        self.level = level
        self.module = module
        self.message = message
        self.details = details
    }
}

/// Writes log lines for one module; a value that is passed down from the composition root.
package struct Log: Sendable {
    package typealias Details = KeyValuePairs<String, any CustomStringConvertible>

    private let module: String
    private let levelMin: LogLevel
    private let write: @Sendable (LogLine) -> Void
    private let now: @Sendable () -> Date

    package init(
        module: String, levelMin: LogLevel = .info, now: @escaping @Sendable () -> Date = Date.init,
        write: @escaping @Sendable (LogLine) -> Void
    ) {
        self.module = module
        self.levelMin = levelMin
        self.now = now
        self.write = write
    }

    /// A log that nobody reads.
    package static let silent = Log(module: "", levelMin: .error) { _ in }

    /// The same log under the name of another module.
    package func module(_ name: String) -> Log {
        Log(module: name, levelMin: levelMin, now: now, write: write)
    }

    package func debug(_ message: String, _ details: Details = [:]) {
        line(.debug, message, details)
    }
    package func info(_ message: String, _ details: Details = [:]) {
        line(.info, message, details)
    }
    package func warning(_ message: String, _ details: Details = [:]) {
        line(.warning, message, details)
    }
    package func error(_ message: String, _ details: Details = [:]) {
        line(.error, message, details)
    }

    private func line(_ level: LogLevel, _ message: String, _ details: Details) {
        guard level >= levelMin else { return }
        write(
            LogLine(
                time: now(), level: level, module: module, message: message,
                details: details.map { ($0.key, $0.value.description) }))
    }
}
