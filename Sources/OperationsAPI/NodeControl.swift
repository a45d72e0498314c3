import HTTPCore
import JSON
import Telemetry

/// What operations ask of the node that they belong to; made where the node is put together.
package struct NodeControl: Sendable {
    /// Values by paths with underscores.
    package typealias Settings = [(name: String, value: JSONValue)]

    /// The machine that the node runs on.
    package let host: HostReadings
    package let log: LogReader
    /// The nested document of settings.
    package let settings: @Sendable () -> JSONObject
    /// Saves settings, all or none.
    package let setSettings: @Sendable (Settings) throws(HTTPError) -> Void
    /// Whether something was set that takes effect at the next start.
    package let needsRestart: @Sendable () -> Bool
    /// Asks for an end and a new beginning, and returns at once.
    package let restart: @Sendable () -> Void

    package init(
        host: HostReadings, log: LogReader, settings: @escaping @Sendable () -> JSONObject,
        setSettings: @escaping @Sendable (Settings) throws(HTTPError) -> Void,
        needsRestart: @escaping @Sendable () -> Bool, restart: @escaping @Sendable () -> Void
    ) {
        self.host = host
        self.log = log
        self.settings = settings
        self.setSettings = setSettings
        self.needsRestart = needsRestart
        self.restart = restart
    }
}
