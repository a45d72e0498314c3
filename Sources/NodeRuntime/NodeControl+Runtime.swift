import HTTPCore
import JSON
import OperationsAPI
import Telemetry

extension NodeControl {
    /// What a node lets its operations do.
    init(_ configuration: NodeConfiguration, settings: NodeSettings, restart: RestartRequest) {
        self.init(
            host: HostReadings(),
            log: LogReader(
                folder: configuration.logFolder, filesMax: configuration.logRotation.filesMax),
            settings: { settings.document },
            setSettings: { values throws(HTTPError) in
                do throws(NodeError) {
                    try settings.set(values)
                } catch {
                    throw HTTPError(
                        error.code == .badSetting ? .badRequest : .internalError, error.message,
                        cause: error)
                }
            },
            needsRestart: { settings.needsRestart }, restart: { restart.make() })
    }
}
