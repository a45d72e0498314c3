/// How a run of the command ended, as scripts see it.
enum ExitCode: Int32 {
    case success = 0
    /// What was asked for failed: a refused bundle, a broken file, an unreachable node.
    case failure = 1
    /// The command line itself was not understood.
    case usage = 2
}

/// A sentence for the person at the keyboard, and how the process ends.
struct CommandError: Error {
    let message: String
    let exitCode: ExitCode

    init(_ message: String, exitCode: ExitCode = .failure) {
        self.message = message
        self.exitCode = exitCode
    }
}

/// One thing that the command line can do.
///
/// A command with subcommands only passes on; one without runs.
struct Command: Sendable {
    let name: String
    let summary: String
    /// The positional arguments, as they stand in the usage line.
    var parameters: [Parameter] = []
    var options: [Option] = []
    /// Further text of the help page: examples, what happens, where files go.
    var discussion = ""
    var subcommands: [Command] = []
    var run: @Sendable (Arguments) async throws -> ExitCode = { _ in .success }
}

/// A positional argument; all of them are required.
struct Parameter: Sendable {
    let name: String
    let help: String
}

/// A flag (`value` is nil) or an option that takes a value.
struct Option: Sendable {
    let name: String
    let value: String?
    let help: String

    init(_ name: String, value: String? = nil, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
    }
}

extension Command {
    private static let columnWidth = 26

    /// The help page; `path` is the command as it was typed.
    func help(path: String) -> String {
        var text = "\(summary)\n\nUsage: \(path)"
        if subcommands.isEmpty {
            for parameter in parameters { text += " <\(parameter.name)>" }
            if !options.isEmpty { text += " [options]" }
            text += "\n"
            text += section("Arguments", parameters.map { ("<\($0.name)>", $0.help) })
            let rows = options.map { option in
                (option.value.map { "\(option.name) <\($0)>" } ?? option.name, option.help)
            }
            text += section("Options", rows + [("--help", "Show this page.")])
        } else {
            text += " <command>\n"
            text += section("Commands", subcommands.map { ($0.name, $0.summary) })
            text += "\n'\(path) <command> --help' explains a command.\n"
        }
        if !discussion.isEmpty { text += "\n\(discussion)\n" }
        return text
    }

    private func section(_ title: String, _ rows: [(String, String)]) -> String {
        guard !rows.isEmpty else { return "" }
        let lines = rows.map { left, right in
            let padding = String(repeating: " ", count: max(1, Self.columnWidth - left.count))
            return "  \(left)\(padding)\(right)\n"
        }
        return "\n\(title):\n\(lines.joined())"
    }
}
