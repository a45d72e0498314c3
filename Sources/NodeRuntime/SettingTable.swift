import Foundation
import JSON
import Telemetry

/// Every setting of a node: what `get_configuration` shows and `set_configuration` takes.
enum SettingTable {
    static let all: [Setting] =
        places + logging + ports + access + clustering + functions + storage + own

    private static let ports65535 = 0...Int(UInt16.max)
    private static let secondsOrMilliseconds = 1...Int(Int32.max)

    /// A setting by its path, by the path's underscores, by an alias of either or by its name in
    /// HarperDB 3; in any case, because the environment writes them in capitals.
    static func find(_ name: String) -> Setting? {
        byName[Setting.name(of: name).lowercased()]
    }

    private static let byName: [String: Setting] = Dictionary(
        all.flatMap { setting in
            let third = EnvironmentSettings.imageNames.filter { $0.path == setting.path }
            return ([setting.path] + setting.aliases + third.map(\.name))
                .map { (Setting.name(of: $0).lowercased(), setting) }
        }, uniquingKeysWith: { first, _ in first })
}

// MARK: Where things are, and what is logged

extension SettingTable {
    private static let places: [Setting] = [
        .shown("rootPath", "`--root`") { .string($0.root) },
        .shown("componentsRoot", "projects are in `<root>/components`") {
            .string("\($0.root)/components")
        },
        .shown("storage.path", "tables are in `<root>/tables`") { .string("\($0.root)/tables") },
        .number("threads", in: 1...64, \.threads, "event loops of the HTTP server"),
    ]

    private static let logging: [Setting] = [
        Setting(
            path: "logging.level", aliases: [], rule: .choice(LogLevel.harperNames),
            use: .applied(
                read: { .string($0.logLevel.harperName) },
                write: { value, configuration in
                    if let level = value.stringValue.flatMap(LogLevel.init(harperName:)) {
                        configuration.logLevel = level
                    }
                }),
            note: "`trace` is `debug`, `fatal` is `error`, `notify` is `info`"),
        .flag("logging.stdStreams", \.logsToStandardError, "lines on standard error"),
        .flag("logging.file", \.logsToFile, "lines in `ledge.log`, which `read_log` reads"),
        .text("logging.root", \.logFolder, "the folder of `ledge.log`"),
        Setting(
            path: "logging.rotation.maxSize", aliases: [], rule: .size,
            use: .applied(
                read: { .string(SettingUnits.text($0.logRotation.fileBytesMax)) },
                write: { value, configuration in
                    if let bytes = value.stringValue.flatMap(SettingUnits.bytes) {
                        configuration.logRotation.fileBytesMax = bytes
                    }
                }), note: "a log of that size is laid aside"),
        .stored("logging.rotation.enabled", .flag, true, "a log is always laid aside by size"),
        .stored("logging.rotation.compress", .flag, false),
        .stored("logging.rotation.interval", .interval, .null),
        .stored("logging.rotation.path", .text, .null, "older logs stay beside `ledge.log`"),
        .flag(
            "logging.auditLog", \.auditsTables,
            "tables that are made from now on keep a log, unless `audit` says otherwise"),
        .stored("logging.auditAuthEvents.logFailed", .flag, false),
        .stored("logging.auditAuthEvents.logSuccessful", .flag, false),
        .stored("localStudio.enabled", .flag, false),
    ]
}

// MARK: Ports and logins

extension SettingTable {
    private static let ports: [Setting] =
        [
            .number(
                "operationsApi.network.port", in: ports65535, \.operationsPort,
                "the operations API"),
            .flag(
                "operationsApi.network.cors", \.operationsOrigins.areAllowed,
                "whether pages of other origins may read answers"),
            .list(
                "operationsApi.network.corsAccessList", \.operationsOrigins.list,
                "those origins; empty or `*`: all of them"),
            .text(
                "operationsApi.network.domainSocket", \.operationsSocket,
                "a socket whose clients act as the super user; empty: none"),
            .stored("operationsApi.network.securePort", .number(ports65535), .null, tls),
            .number(
                "http.port", aliases: ["customFunctions.network.port"], in: ports65535,
                \.functionsPort, "custom functions"),
            .flag(
                "http.cors", aliases: ["customFunctions.network.cors"],
                \.functionsOrigins.areAllowed,
                "whether pages of other origins may read answers"),
            .list(
                "http.corsAccessList", aliases: ["customFunctions.network.corsAccessList"],
                \.functionsOrigins.list, "those origins; empty or `*`: all of them"),
            .stored("http.securePort", .number(ports65535), .null, tls),
            .stored("http.compressionThreshold", .number(secondsOrMilliseconds), 1_200),
        ]
        + ["operationsApi.network", "http"].flatMap { port -> [Setting] in
            [
                .stored("\(port).timeout", .number(secondsOrMilliseconds), 120_000),
                .stored("\(port).headersTimeout", .number(secondsOrMilliseconds), 60_000),
                .stored("\(port).keepAliveTimeout", .number(secondsOrMilliseconds), 30_000),
            ]
        }

    private static let tls = "TLS ends at a proxy in front of the node"

    private static let access: [Setting] = [
        .flag(
            "authentication.authorizeLocal", \.authentication.authorizesLoopback,
            "requests from this machine without a login act as the super user; "
                + "those of a proxy too"),
        .lifeTime(
            "authentication.operationTokenTimeout",
            \.authentication.operationTokenSeconds, "how long an operation token is valid"),
        .lifeTime(
            "authentication.refreshTokenTimeout",
            \.authentication.refreshTokenSeconds, "how long a refresh token is valid"),
        .stored("authentication.cacheTTL", .number(0...Int(Int32.max)), 30_000),
        .stored("authentication.enableSessions", .flag, false),
    ]
}

// MARK: Cluster, functions, storage

extension SettingTable {
    private static let feed = "nodes follow a feed; see `--feed`"

    private static let clustering: [Setting] = [
        .stored("clustering.enabled", .flag, false, feed),
        .text("clustering.nodeName", \.name, "the node's name in logs, status and at the trainer"),
        .stored("clustering.user", .text, .null, feed),
        .stored("clustering.logLevel", .choice(LogLevel.harperNames), "error", feed),
        .stored("clustering.hubServer.cluster.network.port", .number(ports65535), 9_932, feed),
    ]

    private static let functions: [Setting] = [
        .stored("customFunctions.enabled", .flag, true, "functions are part of the program"),
        .stored("customFunctions.root", .text, .null, "as `componentsRoot`"),
    ]

    private static let storage: [Setting] = [
        .stored("storage.writeAsync", .flag, false, "an acknowledged write is always durable"),
        .stored("storage.caching", .flag, true),
        .stored("storage.compression", .flag, false),
        .stored("analytics.aggregatePeriod", .number(0...Int(Int32.max)), 60),
        .stored("ignoreScripts", .flag, false),
    ]

    private static let own: [Setting] = [
        .shown("ledge.address", "`--address`") { .string($0.address) },
        .shown("ledge.trainer", "`--trainer`") { .bool($0.isTrainer) },
        .shown("ledge.feed", "`--feed`") { $0.following.map { .string($0.url) } ?? .null },
        .list("ledge.csvFolders", \.csvFolders, "folders that `csv_file_load` may read"),
        .list("ledge.exportFolders", \.exportFolders, "folders that `export_local` may write"),
        .list(
            "ledge.loadHosts", \.loadHosts,
            "hosts, with a port if it is not the usual one, that `csv_url_load` may ask; a star "
                + "means all, those included that only this node can reach"),
        .number(
            "ledge.logFiles", in: 1...100, \.logRotation.filesMax,
            "log files that are kept, the one that is written included"),
        Setting(
            path: "ledge.logFormat", aliases: [], rule: .choice(["text", "json"]),
            use: .applied(
                read: { .string($0.logFormat.rawValue) },
                write: { value, configuration in
                    if let format = value.stringValue.flatMap(LogFormat.init(rawValue:)) {
                        configuration.logFormat = format
                    }
                }), note: "how lines look on standard error"),
    ]
}
