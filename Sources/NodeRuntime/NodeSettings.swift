import Foundation
import JSON
import Synchronization

/// The configuration of a running node, as `get_configuration` and `set_configuration` know it.
///
/// What is set is saved at once and takes effect at the next start. Where a value is given more
/// than once, the first of these counts: command line, environment, what was set here, the file of
/// `--config`, the default.
package final class NodeSettings: Sendable {
    private struct State {
        var saved: SavedSettings
        /// Paths that were set since the start: shown as they will be, not as they are.
        var changed: Set<String> = []
    }

    private let configuration: NodeConfiguration
    private let state: Mutex<State>

    /// What HarperDB says before every refusal of a value.
    private static let refusal = "HarperDB config file validation error: "

    package init(_ configuration: NodeConfiguration) throws(NodeError) {
        self.configuration = configuration
        state = Mutex(State(saved: try SavedSettings(root: configuration.root)))
    }

    /// The nested document of `get_configuration`.
    package var document: JSONObject {
        let (saved, changed) = state.withLock { ($0.saved, $0.changed) }
        var document = JSONObject([])
        for setting in SettingTable.all {
            let value = value(of: setting, saved, isChanged: changed.contains(setting.path))
            for path in [setting.path] + setting.aliases {
                document.set(value, at: path.split(separator: ".").map(String.init)[...])
            }
        }
        return document
    }

    /// Whether something was set that the running node does not know yet.
    package var needsRestart: Bool { state.withLock { !$0.changed.isEmpty } }

    private func value(
        of setting: Setting, _ saved: SavedSettings, isChanged: Bool
    ) -> JSONValue {
        switch setting.use {
        case .shown(let read): read(configuration)
        case .stored(let standard): saved[setting.path] ?? standard
        case .applied(let read, _):
            isChanged ? saved[setting.path] ?? read(configuration) : read(configuration)
        }
    }

    /// Checks all values and saves them, or none of them; null takes a value back.
    ///
    /// - Parameter members: Values by paths with underscores, such as `http_cors`.
    /// - Throws: `.badSetting` with HarperDB's sentence, `.storageFailed`.
    package func set(_ members: [(name: String, value: JSONValue)]) throws(NodeError) {
        var checked: [(path: String, value: JSONValue)] = []
        var refusals: [String] = []
        for (name, value) in members {
            do throws(NodeError) {
                let (setting, value) = try SavedSettings.checked(name, value)
                checked.append((setting.path, value))
            } catch {
                refusals.append(error.message)
            }
        }
        guard refusals.isEmpty else {
            throw NodeError(.badSetting, Self.refusal + refusals.joined(separator: ". "))
        }
        try state.withLock { state throws(NodeError) in
            var saved = state.saved
            for (path, value) in checked { saved.set(path, to: value) }
            // Under the lock, so that two writers do not undo one another.
            try saved.write()
            state.saved = saved
            state.changed.formUnion(checked.map(\.path))
        }
    }
}

extension JSONObject {
    /// Sets a value in objects within objects, making those that are missing.
    fileprivate mutating func set(_ value: JSONValue, at path: ArraySlice<String>) {
        guard let name = path.first else { return }
        guard path.count > 1 else {
            self[name] = value
            return
        }
        var inner = self[name]?.objectValue ?? [:]
        inner.set(value, at: path.dropFirst())
        self[name] = .object(inner)
    }
}
