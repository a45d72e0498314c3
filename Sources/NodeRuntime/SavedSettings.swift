import Foundation
import JSON

/// What `set_configuration` has set, in `<root>/ledge-config.json`: values by path.
struct SavedSettings: Sendable {
    static let fileName = "ledge-config.json"
    /// The table has a few dozen rows of at most some KiB.
    private static let fileBytesMax = 4 << 20

    private(set) var values: [String: JSONValue] = [:]
    private let path: String

    /// - Throws: `.badConfiguration` for a file that is no configuration, or holds a setting that
    ///   does not exist: a node does not guess what was meant.
    init(root: String) throws(NodeError) {
        path = "\(root)/\(Self.fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return }
        for (name, value) in try JSONFile.object(at: path, bytesMax: Self.fileBytesMax).members {
            do throws(NodeError) {
                let (setting, value) = try Self.checked(name, value)
                values[setting.path] = value
            } catch {
                throw NodeError(.badConfiguration, "\(path): \(error.message)")
            }
        }
    }

    subscript(path: String) -> JSONValue? { values[path] }

    /// Sets a value; null takes it back.
    mutating func set(_ path: String, to value: JSONValue) {
        values[path] = value == .null ? nil : value
    }

    /// Takes over what Ledge acts on.
    func apply(to configuration: inout NodeConfiguration) {
        for setting in SettingTable.all {
            guard case .applied(_, let write) = setting.use, let value = values[setting.path] else {
                continue
            }
            write(value, &configuration)
        }
    }

    /// - Returns: The setting of that name and the value as it is stored.
    static func checked(
        _ name: String, _ value: JSONValue
    ) throws(NodeError) -> (Setting, JSONValue) {
        guard let setting = SettingTable.find(name) else {
            throw SettingRule.refused("'\(name)' is not a setting of this node")
        }
        if case .shown = setting.use {
            throw SettingRule.refused(
                "'\(setting.path)' can only be set on the command line of the node")
        }
        guard value != .null else { return (setting, .null) }
        return (setting, try setting.rule.checked(value, of: setting.path))
    }

    /// Writes the file anew: whoever reads it, even after a power cut, finds it old or new.
    func write() throws(NodeError) {
        let members = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let bytes = JSONValue.object(JSONObject(members)).encodedForReading()
        try JSONFile.write(bytes, to: path)
    }
}
