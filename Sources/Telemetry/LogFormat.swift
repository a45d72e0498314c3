import Foundation

/// How log lines look on the outside.
package enum LogFormat: String, Sendable {
    /// `2026-03-01T10:00:00.000Z info  cluster  bundle activated  version=43`
    case text
    /// One JSON object on each line.
    case json
}

extension LogLine {
    /// The line in that format, without a line end; control characters never reach a terminal.
    package func formatted(as format: LogFormat) -> String {
        switch format {
        case .text: text
        case .json: json
        }
    }

    private var text: String {
        let level = level.name.padding(toLength: 7, withPad: " ", startingAt: 0)
        let details = details.map { "  \($0.name)=\(Self.printable($0.value))" }.joined()
        return "\(timestamp) \(level) \(module)  \(Self.printable(message))\(details)"
    }

    private var json: String {
        var members = [
            ("time", timestamp), ("level", level.name), ("module", module), ("message", message),
        ]
        members += details.map { ($0.name, $0.value) }
        let body = members.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }
        return "{\(body.joined(separator: ","))}"
    }

    private var timestamp: String {
        time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : String($0) }.joined()
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                quoted += "\\u" + String(format: "%04x", scalar.value)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Log {
    /// A log on standard error; lines of several threads do not mix.
    package static func standardError(
        module: String, levelMin: LogLevel, format: LogFormat
    ) -> Log {
        Log(module: module, levelMin: levelMin) { writeToStandardError($0, format) }
    }

    /// A log in a file, and on standard error if a format for it is given.
    package static func file(
        _ file: LogFile, module: String, levelMin: LogLevel, standardError format: LogFormat?
    ) -> Log {
        Log(module: module, levelMin: levelMin) { line in
            if let format { writeToStandardError(line, format) }
            file.write(line)
        }
    }

    private static func writeToStandardError(_ line: LogLine, _ format: LogFormat) {
        let bytes = Array((line.formatted(as: format) + "\n").utf8)
        // One write call for each line: the kernel keeps it whole. A log that cannot be
        // written must not stop the node, so the result is not looked at.
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
