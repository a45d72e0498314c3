import JSON

/// Which values a setting takes; refusals are worded as HarperDB's validator (Joi) words them.
enum SettingRule: Sendable, Hashable {
    case flag
    case number(ClosedRange<Int>)
    case choice([String])
    case text
    case list
    /// A size with a unit, such as `12M`.
    case size
    /// A time with a unit, such as `10D`, between two log files.
    case interval
    /// How long a token lives: seconds, or a number with `s`, `m`, `h` or `d`.
    case lifeTime

    /// A text of a setting, in bytes, and the entries of a list.
    private static let textBytesMax = 4_096
    private static let listCountMax = 256

    static func refused(_ message: String) -> NodeError { NodeError(.badSetting, message) }

    /// The value as it is stored. Flags and numbers may be written as texts, as in HarperDB.
    ///
    /// - Throws: `.badSetting`.
    func checked(_ value: JSONValue, of path: String) throws(NodeError) -> JSONValue {
        let label = "'\(path)' must be"
        switch self {
        case .flag:
            if let flag = value.boolValue ?? value.stringValue.flatMap(Self.flag) {
                return .bool(flag)
            }
            throw Self.refused("\(label) a boolean")
        case .number(let range):
            let number = try Self.number(value, label)
            guard number >= range.lowerBound else {
                throw Self.refused("\(label) greater than or equal to \(range.lowerBound)")
            }
            guard number <= range.upperBound else {
                throw Self.refused("\(label) less than or equal to \(range.upperBound)")
            }
            return JSONValue(number)
        case .choice(let names):
            guard let name = value.stringValue, names.contains(name) else {
                throw Self.refused("\(label) one of [\(names.joined(separator: ", "))]")
            }
        case .text: _ = try Self.text(value, label)
        case .list: try Self.checkList(value, path)
        case .size: try Self.checkSize(try Self.text(value, label), path)
        case .interval: try Self.checkInterval(try Self.text(value, label), path)
        case .lifeTime:
            guard SettingUnits.seconds(value) != nil else {
                throw Self.refused(
                    "\(label) a number of seconds or a time such as '1d', '12h' or '30m'")
            }
        }
        return value
    }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    private static func number(_ value: JSONValue, _ label: String) throws(NodeError) -> Int {
        if let number = value.integerValue ?? value.stringValue.flatMap({ Int($0) }) {
            return number
        }
        throw Self.refused(value.doubleValue == nil ? "\(label) a number" : "\(label) an integer")
    }

    private static func text(_ value: JSONValue, _ label: String) throws(NodeError) -> String {
        guard let text = value.stringValue else { throw Self.refused("\(label) a string") }
        guard text.utf8.count <= textBytesMax, !text.utf8.contains(0) else {
            throw Self.refused("\(label) at most \(textBytesMax) bytes long and without NUL")
        }
        return text
    }

    private static func checkList(_ value: JSONValue, _ path: String) throws(NodeError) {
        guard let entries = value.arrayValue else {
            throw Self.refused("'\(path)' must be an array")
        }
        guard entries.count <= listCountMax else {
            throw Self.refused(
                "'\(path)' must contain less than or equal to \(listCountMax) items")
        }
        for (index, entry) in entries.enumerated() {
            _ = try text(entry, "'\(path)[\(index)]' must be")
        }
    }

    private static func checkSize(_ text: String, _ path: String) throws(NodeError) {
        guard let unit = text.last, "GMK".contains(unit) else {
            throw Self.refused("Invalid \(path) unit. Available units are G, M or K")
        }
        guard let bytes = SettingUnits.bytes(text) else {
            throw Self.refused(
                "Invalid \(path) value. Value should be a number followed by unit e.g. '10M'")
        }
        guard bytes >= SettingUnits.bytesMin else {
            throw Self.refused(
                "'\(path)' must be at least \(SettingUnits.text(SettingUnits.bytesMin))")
        }
    }

    private static func checkInterval(_ text: String, _ path: String) throws(NodeError) {
        guard let unit = text.last, "DHM".contains(unit) else {
            throw Self.refused("Invalid \(path) unit. Available units are D, H or M (minutes)")
        }
        guard let count = Int(text.dropLast()), count > 0 else {
            throw Self.refused(
                "Invalid \(path) value. Value should be a number followed by unit e.g. '10D'")
        }
    }
}

extension SettingRule: CustomStringConvertible {
    var description: String {
        switch self {
        case .flag: "true or false"
        case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .choice(let names): names.joined(separator: ", ")
        case .text: "text"
        case .list: "list of texts"
        case .size: "size such as `12M`, at least \(SettingUnits.text(SettingUnits.bytesMin))"
        case .interval: "time such as `10D`"
        case .lifeTime: "seconds, or a time such as `1d`"
        }
    }
}

/// Sizes and times with units, from and to the texts that settings have.
enum SettingUnits {
    /// The smallest log: several of the longest lines.
    static let bytesMin = 64 << 10
    private static let sizes: [(unit: Character, bytes: Int)] = [
        ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10),
    ]
    private static let times: [(unit: Character, seconds: Int)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    static func bytes(_ text: String) -> Int? {
        sizes.first { $0.unit == text.last }.flatMap { product(text.dropLast(), $0.bytes) }
    }

    /// In the largest unit that divides the size.
    static func text(_ bytes: Int) -> String {
        let (unit, size) = sizes.first { bytes.isMultiple(of: $0.bytes) } ?? ("K", 1 << 10)
        return "\(bytes / size)\(unit)"
    }

    static func seconds(_ value: JSONValue) -> Int? {
        guard let text = value.stringValue else {
            return value.integerValue.flatMap { $0 > 0 ? $0 : nil }
        }
        return times.first { $0.unit == text.last }.flatMap { product(text.dropLast(), $0.seconds) }
    }

    static func text(seconds: Int) -> String {
        let (unit, length) = times.first { seconds.isMultiple(of: $0.seconds) } ?? ("s", 1)
        return "\(seconds / length)\(unit)"
    }

    private static func product(_ digits: Substring, _ factor: Int) -> Int? {
        guard let count = Int(digits), count > 0 else { return nil }
        let (product, isTooLarge) = count.multipliedReportingOverflow(by: factor)
        return isTooLarge ? nil : product
    }
}
