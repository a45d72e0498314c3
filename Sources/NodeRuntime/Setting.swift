import JSON
import Telemetry

/// One entry of the configuration that `get_configuration` shows.
struct Setting: Sendable {
    enum Use: Sendable {
        /// Ledge acts on it, from the next start on.
        case applied(
            read: @Sendable (NodeConfiguration) -> JSONValue,
            write: @Sendable (JSONValue, inout NodeConfiguration) -> Void)
        /// Ledge keeps and shows it and does not act on it.
        case stored(standard: JSONValue)
        /// It is shown; only the command line sets it.
        case shown(read: @Sendable (NodeConfiguration) -> JSONValue)
    }

    /// The place in the document, such as `logging.rotation.maxSize`.
    let path: String
    /// Places that mean the same in HarperDB 4.1.
    let aliases: [String]
    let rule: SettingRule
    let use: Use
    /// What it does, for the page of settings.
    let note: String

    /// A member of the configuration that a setting reads and writes.
    typealias Member<Value> = any WritableKeyPath<NodeConfiguration, Value> & Sendable

    /// The name in `set_configuration` and, in capitals, in the environment.
    static func name(of path: String) -> String { path.replacing(".", with: "_") }
}

// MARK: The kinds of rows of the table

extension Setting {
    static func stored(
        _ path: String, _ rule: SettingRule, _ standard: JSONValue, _ note: String = ""
    ) -> Setting {
        Setting(path: path, aliases: [], rule: rule, use: .stored(standard: standard), note: note)
    }

    static func shown(
        _ path: String, _ note: String,
        read: @escaping @Sendable (NodeConfiguration) -> JSONValue
    ) -> Setting {
        Setting(path: path, aliases: [], rule: .text, use: .shown(read: read), note: note)
    }

    static func flag(
        _ path: String, aliases: [String] = [],
        _ member: Member<Bool>, _ note: String
    ) -> Setting {
        Setting(
            path: path, aliases: aliases, rule: .flag,
            use: .applied(
                read: { .bool($0[keyPath: member]) },
                write: { value, configuration in
                    if let flag = value.boolValue { configuration[keyPath: member] = flag }
                }), note: note)
    }

    static func number(
        _ path: String, aliases: [String] = [], in range: ClosedRange<Int>,
        _ member: Member<Int>, _ note: String
    ) -> Setting {
        Setting(
            path: path, aliases: aliases, rule: .number(range),
            use: .applied(
                read: { JSONValue($0[keyPath: member]) },
                write: { value, configuration in
                    if let number = value.integerValue { configuration[keyPath: member] = number }
                }), note: note)
    }

    static func text(
        _ path: String, _ member: Member<String>,
        _ note: String
    ) -> Setting {
        Setting(
            path: path, aliases: [], rule: .text,
            use: .applied(
                read: { .string($0[keyPath: member]) },
                write: { value, configuration in
                    if let text = value.stringValue { configuration[keyPath: member] = text }
                }), note: note)
    }

    static func list(
        _ path: String, aliases: [String] = [],
        _ member: Member<[String]>, _ note: String
    ) -> Setting {
        Setting(
            path: path, aliases: aliases, rule: .list,
            use: .applied(
                read: { .array($0[keyPath: member].map { .string($0) }) },
                write: { value, configuration in
                    if let entries = value.arrayValue {
                        configuration[keyPath: member] = entries.compactMap(\.stringValue)
                    }
                }), note: note)
    }

    static func lifeTime(
        _ path: String, _ member: Member<Int>,
        _ note: String
    ) -> Setting {
        Setting(
            path: path, aliases: [], rule: .lifeTime,
            use: .applied(
                read: { .string(SettingUnits.text(seconds: $0[keyPath: member])) },
                write: { value, configuration in
                    if let seconds = SettingUnits.seconds(value) {
                        configuration[keyPath: member] = seconds
                    }
                }), note: note)
    }
}
