extension LogLevel {
    /// HarperDB's names; it has more of them than there are levels here.
    package static let harperNames = [
        "notify", "fatal", "error", "warn", "info", "debug", "trace",
    ]

    /// The level that is nearest to one of HarperDB's.
    package init?(harperName name: String) {
        switch name {
        case "trace", "debug": self = .debug
        case "info", "notify": self = .info
        case "warn": self = .warning
        case "error", "fatal": self = .error
        default: return nil
        }
    }

    package var harperName: String { self == .warning ? "warn" : name }
}
