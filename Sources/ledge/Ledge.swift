import Foundation
import Telemetry

/// The command `ledge`: finds the command that was typed and runs it.
@main
struct Ledge {
    static let command = Command(
        name: "ledge",
        summary: "Recommendations at the edge: a table store, custom functions and their models.",
        subcommands: [
            ServeCommand.command, TrainCommand.command, EvaluateCommand.command,
            PredictCommand.command,
            ModelsCommand.command, TrainerCommand.command, ClusterCommand.command,
            DemoCommand.command, SampleCommand.command, BenchCommand.command,
        ])

    static func main() async {
        Terminal.holdStreams()
        let words = Array(CommandLine.arguments.dropFirst())
        let code = await run(words, environment: ProcessInfo.processInfo.environment)
        exit(code.rawValue)
    }

    /// Runs one command line and says on standard error what went wrong.
    static func run(_ words: [String], environment: [String: String]) async -> ExitCode {
        var command = Self.command
        var path = command.name
        var remaining = words[...]
        while let word = remaining.first,
            let next = command.subcommands.first(where: { $0.name == word })
        {
            command = next
            path += " \(word)"
            remaining.removeFirst()
        }
        if remaining.contains("--help") || remaining.contains("-h") || remaining.first == "help" {
            print(command.help(path: path), terminator: "")
            return .success
        }
        guard command.subcommands.isEmpty else {
            if let word = remaining.first { complain("there is no command '\(path) \(word)'") }
            Terminal.error(command.help(path: path))
            return .usage
        }
        do {
            let arguments = try Arguments(
                parsing: Array(remaining), for: command, environment: environment)
            return try await command.run(arguments)
        } catch let error as CommandError {
            complain(error.message)
            if error.exitCode == .usage {
                Terminal.error("'\(path) --help' shows what can be given.\n")
            }
            return error.exitCode
        } catch {
            complain(error.localizedDescription)
            return .failure
        }
    }

    private static func complain(_ message: String) { Terminal.error("ledge: \(message)\n") }
}
