import Foundation
import NodeRuntime
import Telemetry

/// `ledge serve`: one node, in the foreground.
enum ServeCommand {
    static let command = Command(
        name: "serve",
        summary: "Run a node: tables on one port, functions on the other.",
        options: [
            Option("--root", value: "DIR", "Where tables, models and keys live; made if missing."),
            Option("--config", value: "FILE", "A JSON file with settings; options win over it."),
            Option("--operations-port", value: "N", "HarperDB's operations API (9925; 0 = any)."),
            Option("--functions-port", value: "N", "Custom functions (9926; 0 = any)."),
            Option("--address", value: "IP", "Where both ports listen (127.0.0.1)."),
            Option("--name", value: "NAME", "The node's name (the host's name)."),
            Option("--trainer", "Publish bundles from <root>/trainer."),
            Option("--feed", value: "URL", "Take models from here: http://trainer:9926/models"),
            Option("--trust", value: "FILE", "The trust file that 'ledge trainer init' made."),
            Option("--csv-folder", value: "DIR", "A folder that csv_file_load may read."),
            Option("--log-level", value: "LEVEL", "debug, info, warning or error (info)."),
            Option("--log-format", value: "FORMAT", "text or json (text)."),
        ],
        discussion: """
            HDB_ADMIN_USERNAME and HDB_ADMIN_PASSWORD name the first super user. Without them it is
            HDB_ADMIN with the password 'password', which is refused on any address but this
            machine's own.
            ROOTPATH stands for '--root', and the other variables of HarperDB's image are understood
            too: NODE_NAME, SERVER_PORT, CUSTOM_FUNCTIONS_PORT, LOG_LEVEL, CORS_ON and more.
            A setting counts from the first of these that gives it: options, environment, what
            'set_configuration' saved in <root>/ledge-config.json, '--config', the default.
            SIGTERM and Ctrl-C finish the requests that run, then end the node.
            """,
        run: run)

    private static func run(_ arguments: Arguments) async throws -> ExitCode {
        let configuration = try configuration(arguments)
        let log = configuration.log
        let interruption = Interruption.shared
        let node: Node
        let addresses: Node.Addresses
        do throws(NodeError) {
            node = try Node(configuration, log: log)
            addresses = try node.start()
        } catch {
            throw CommandError(error.message)
        }
        let address =
            configuration.address.contains(":")
            ? "[\(configuration.address)]" : configuration.address
        Terminal.line(
            "ledge \(configuration.name) is ready: operations http://\(address):"
                + "\(addresses.operationsPort) functions http://\(address):"
                + "\(addresses.functionsPort)")
        await withTaskGroup { group in
            group.addTask { await node.run() }
            await firstToHappen(interruption, node.restart)
            log.info("stopping; running requests are finished first")
            await node.stop()
            await group.waitForAll()
        }
        // Whoever wants an end wants it more than whoever wanted a new beginning.
        guard node.restart.isMade, !interruption.hasHappened else { return .success }
        log.info("starting anew")
        throw CommandError(ProcessImage.replace())
    }

    private static func firstToHappen(
        _ interruption: Interruption, _ restart: RestartRequest
    ) async {
        await withTaskGroup { group in
            group.addTask { await interruption.wait() }
            group.addTask { await restart.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private static func configuration(
        _ arguments: Arguments
    ) throws(CommandError) -> NodeConfiguration {
        let environment = arguments.environment
        guard let root = arguments.value("--root") ?? EnvironmentSettings.root(environment) else {
            throw CommandError("'--root' is missing, and so is ROOTPATH", exitCode: .usage)
        }
        var configuration = NodeConfiguration(
            root: URL(fileURLWithPath: root).standardizedFileURL.path,
            name: ProcessInfo.processInfo.hostName)
        do throws(NodeError) {
            if let path = arguments.value("--config") { try configuration.apply(file: path) }
            try configuration.applySaved()
            try EnvironmentSettings.apply(environment, to: &configuration)
        } catch {
            throw CommandError(error.message)
        }
        let ports = 0...Int(UInt16.max)
        if let port = try arguments.number("--operations-port", in: ports) {
            configuration.operationsPort = port
        }
        if let port = try arguments.number("--functions-port", in: ports) {
            configuration.functionsPort = port
        }
        if let address = arguments.value("--address") { configuration.address = address }
        if let name = arguments.value("--name") { configuration.name = name }
        if let folder = arguments.value("--csv-folder") { configuration.csvFolders.append(folder) }
        if arguments.has("--trainer") { configuration.isTrainer = true }
        try applyFeed(arguments, to: &configuration)
        try applyLog(arguments, to: &configuration)
        return configuration
    }

    private static func applyFeed(
        _ arguments: Arguments, to configuration: inout NodeConfiguration
    ) throws(CommandError) {
        switch (arguments.value("--feed"), arguments.value("--trust")) {
        case (let url?, let trust?):
            configuration.following = FollowedFeed(url: url, trustFile: trust)
        case (nil, nil): break
        default:
            throw CommandError(
                "'--feed' and '--trust' belong together: where models come from, and who is "
                    + "believed", exitCode: .usage)
        }
    }

    private static func applyLog(
        _ arguments: Arguments, to configuration: inout NodeConfiguration
    ) throws(CommandError) {
        if let name = arguments.value("--log-level") {
            guard let level = LogLevel(name: name) else {
                throw CommandError(
                    "'--log-level' is debug, info, warning or error", exitCode: .usage)
            }
            configuration.logLevel = level
        }
        if let name = arguments.value("--log-format") {
            guard let format = LogFormat(rawValue: name) else {
                throw CommandError("'--log-format' is text or json", exitCode: .usage)
            }
            configuration.logFormat = format
        }
    }
}
