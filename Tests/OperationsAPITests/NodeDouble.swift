import Foundation
import HTTPCore
import JSON
import Synchronization
import Telemetry
import TestSupport

@testable import OperationsAPI

/// A node that only remembers what operations have asked of it.
final class NodeDouble: Sendable {
    let restarts = Counter()
    let logFile: LogFile
    private let settings = Mutex(JSONObject([]))
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        logFile = LogFile(folder: directory.path)
    }

    var control: NodeControl {
        NodeControl(
            host: HostReadings(), log: LogReader(folder: directory.path),
            settings: { self.settings.withLock { $0 } },
            setSettings: { values throws(HTTPError) in
                if values.contains(where: { $0.value == "spinach" }) {
                    throw HTTPError(.badRequest, "not spinach")
                }
                self.settings.withLock { settings in
                    for (name, value) in values { settings[name] = value }
                }
            },
            needsRestart: { self.settings.withLock { !$0.isEmpty } },
            restart: { self.restarts.add() })
    }

    /// Writes a line into the log, so many seconds after 10:00 of the first of March 2026.
    func log(
        _ message: String, after seconds: Double = 0, level: LogLevel = .info,
        module: String = "node", details: [(name: String, value: String)] = []
    ) {
        logFile.write(
            LogLine(
                time: Date(timeIntervalSince1970: 1_772_359_200 + seconds), level: level,
                module: module, message: message, details: details))
    }
}
