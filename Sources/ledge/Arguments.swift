import Foundation

/// What stood on the command line after the command's name.
struct Arguments {
    private var positional: [String: String] = [:]
    private var values: [String: String] = [:]
    private var flags: Set<String> = []
    let environment: [String: String]

    /// Sorts words into parameters, options and flags; `--name=value` equals `--name value`.
    init(
        parsing words: [String], for command: Command, environment: [String: String]
    ) throws(CommandError) {
        self.environment = environment
        var remaining = words[...]
        var parameters = command.parameters[...]
        while let word = remaining.popFirst() {
            guard word.hasPrefix("--") else {
                guard let parameter = parameters.popFirst() else {
                    throw Self.usage("'\(word)' is one argument too many")
                }
                positional[parameter.name] = word
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = command.options.first(where: { $0.name == name }) else {
                throw Self.usage("there is no option '\(name)'")
            }
            let attached = parts.count == 2 ? String(parts[1]) : nil
            guard option.value != nil else {
                guard attached == nil else { throw Self.usage("'\(name)' takes no value") }
                flags.insert(name)
                continue
            }
            guard let value = attached ?? remaining.popFirst() else {
                throw Self.usage("'\(name)' needs a value")
            }
            values[name] = value
        }
        if let missing = parameters.first {
            throw Self.usage("<\(missing.name)> is missing: \(missing.help)")
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    func value(_ option: String) -> String? { values[option] }

    /// The value of an option that the command cannot do without.
    func required(_ option: String) throws(CommandError) -> String {
        guard let value = values[option] else { throw Self.usage("'\(option)' is missing") }
        return value
    }

    /// A positional argument; parsing has made sure that it is there.
    func parameter(_ name: String) -> String { positional[name, default: ""] }

    /// The option as a whole number in a range, or nil if it was not given.
    func number(_ option: String, in range: ClosedRange<Int>) throws(CommandError) -> Int? {
        guard let text = values[option] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Self.usage(
                "'\(option)' must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound), not '\(text)'")
        }
        return number
    }

    /// The option as a number in a range, or nil if it was not given.
    func decimal(
        _ option: String, in range: ClosedRange<Double>
    ) throws(CommandError) -> Double? {
        guard let text = values[option] else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw Self.usage(
                "'\(option)' must be a number from \(range.lowerBound) to "
                    + "\(range.upperBound), not '\(text)'")
        }
        return number
    }

    private static func usage(_ message: String) -> CommandError {
        CommandError(message, exitCode: .usage)
    }
}
