import JSON
import Telemetry

extension NodeConfiguration {
    /// A configuration file is small; anything larger is the wrong file.
    private static let fileBytesMax = 1 << 20

    /// Takes over what a JSON file says; an unknown member is an error, not a typing mistake
    /// that nobody notices.
    ///
    /// Members: `name`, `address`, `operations_port`, `functions_port`, `trainer`, `feed`, `trust`,
    /// `csv_folders`, `export_folders`, `load_hosts`, `log_level`, `log_format`.
    package mutating func apply(file path: String) throws(NodeError) {
        let object = try JSONFile.object(at: path, bytesMax: Self.fileBytesMax)
        for (name, value) in object.members {
            guard try apply(name, value, of: object) else {
                throw NodeError(
                    .badConfiguration, "\(path): the member \"\(name)\" is unknown or malformed")
            }
        }
    }

    /// - Returns: False if there is no such member, or its value is of the wrong type.
    private mutating func apply(
        _ name: String, _ value: JSONValue, of object: JSONObject
    ) throws(NodeError) -> Bool {
        switch name {
        case "name": set(\.name, value.stringValue)
        case "address": set(\.address, value.stringValue)
        case "operations_port": set(\.operationsPort, Self.port(value))
        case "functions_port": set(\.functionsPort, Self.port(value))
        case "trainer": set(\.isTrainer, value.boolValue)
        case "csv_folders":
            set(\.csvFolders, value.arrayValue.map { $0.compactMap(\.stringValue) })
        case "export_folders":
            set(\.exportFolders, value.arrayValue.map { $0.compactMap(\.stringValue) })
        case "load_hosts":
            set(\.loadHosts, value.arrayValue.map { $0.compactMap(\.stringValue) })
        case "log_level": set(\.logLevel, value.stringValue.flatMap(LogLevel.init(name:)))
        case "log_format": set(\.logFormat, value.stringValue.flatMap(LogFormat.init(rawValue:)))
        case "feed", "trust":
            if let url = object["feed"]?.stringValue, let trust = object["trust"]?.stringValue {
                set(\.following, FollowedFeed(url: url, trustFile: trust))
            } else {
                throw NodeError(
                    .badConfiguration, "\"feed\" and \"trust\" must both be there, and be text")
            }
        default: false
        }
    }

    private mutating func set<Value>(
        _ member: WritableKeyPath<Self, Value>, _ value: Value?
    ) -> Bool {
        guard let value else { return false }
        self[keyPath: member] = value
        return true
    }

    private mutating func set<Value>(
        _ member: WritableKeyPath<Self, Value?>, _ value: Value?
    ) -> Bool {
        guard let value else { return false }
        self[keyPath: member] = value
        return true
    }

    private static func port(_ value: JSONValue) -> Int? {
        value.integerValue.flatMap { (0...Int(UInt16.max)).contains($0) ? $0 : nil }
    }
}
