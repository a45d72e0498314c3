import Foundation
import Telemetry

/// Everything that may differ from one node to the next.
package struct NodeConfiguration: Sendable {
    /// The directory that holds tables, models and, on a trainer, the feed.
    package var root: String
    /// How the node is called in logs, in status and at the trainer.
    package var name: String
    /// The address that both ports listen on.
    package var address = "127.0.0.1"
    /// Port 0 lets the system choose; tests do.
    package var operationsPort = Self.operationsPortDefault
    package var functionsPort = Self.functionsPortDefault
    /// The domain socket of the operations API, whose clients act as super users; empty for none.
    package var operationsSocket: String
    package var superUser = Credentials.wellKnown
    /// Whether this node publishes bundles from `<root>/trainer`.
    package var isTrainer = false
    /// The feed that this node takes its models from, or nil if it serves what it has.
    package var following: FollowedFeed?
    /// Folders that `csv_file_load` may read; `<root>/csv` is always one of them.
    package var csvFolders: [String] = []
    /// Folders that `export_local` may write; `<root>/export` is always one of them.
    package var exportFolders: [String] = []
    /// Hosts that `csv_url_load` and object stores of one's own may be on; a star means all.
    package var loadHosts: [String] = []
    /// Whether a table keeps an audit log if its request does not say whether it shall.
    package var auditsTables = false
    /// Pages of other origins, for each port.
    package var operationsOrigins = OriginAccess()
    package var functionsOrigins = OriginAccess()
    package var authentication = AuthenticationRules()
    /// Event loops of the HTTP server.
    package var threads = ProcessInfo.processInfo.activeProcessorCount
    package var logLevel = LogLevel.info
    package var logFormat = LogFormat.text
    package var logsToStandardError = true
    package var logsToFile = true
    package var logFolder: String
    package var logRotation = LogRotation()

    /// HarperDB's port of the operations API.
    package static let operationsPortDefault = 9925
    /// HarperDB's port of custom functions.
    package static let functionsPortDefault = 9926

    package init(root: String, name: String) {
        self.root = root
        self.name = name
        logFolder = "\(root)/log"
        operationsSocket = "\(root)/operations-server"
    }

    /// Takes over what `set_configuration` has saved in the root.
    ///
    /// - Throws: `.badConfiguration`.
    package mutating func applySaved() throws(NodeError) {
        try SavedSettings(root: root).apply(to: &self)
    }

    /// The log of a whole node: what it is written to is one of its settings.
    package var log: Log {
        let format = logsToStandardError ? logFormat : nil
        guard logsToFile else {
            return format.map { .standardError(module: "node", levelMin: logLevel, format: $0) }
                ?? .silent
        }
        return .file(
            LogFile(folder: logFolder, rotation: logRotation), module: "node", levelMin: logLevel,
            standardError: format)
    }
}

/// Which pages of other origins may read a port's answers.
package struct OriginAccess: Sendable, Hashable {
    package var areAllowed = true
    /// Those origins; empty, or with a star, all of them.
    package var list: [String] = []

    package init() {}

    /// The origins as the HTTP server knows them: nil lets every one in.
    var origins: Set<String>? {
        guard areAllowed else { return [] }
        return list.isEmpty || list.contains("*") ? nil : Set(list)
    }
}

/// What may stand in for a password, and for how long.
package struct AuthenticationRules: Sendable, Hashable {
    /// Whether a request from this machine that brings no login acts as the super user.
    package var authorizesLoopback = false
    package var operationTokenSeconds = 86_400
    package var refreshTokenSeconds = 30 * 86_400

    package init() {}
}

/// The login that exists before any user was added.
package struct Credentials: Sendable, Hashable {
    package var username: String
    package var password: String

    package init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// The login of HarperDB's image, which every attacker tries first.
    package static let wellKnown = Credentials(username: "HDB_ADMIN", password: "password")
}

/// Where a node's models come from, and whom it believes.
package struct FollowedFeed: Sendable, Hashable {
    /// The address that ends in `/models`.
    package var url: String
    /// The file with the root keys that the operator gave to this node.
    package var trustFile: String

    /// - Parameter url: An address without a path means the trainer's own, `/models`.
    package init(url: String, trustFile: String) {
        self.url = Self.base(of: url)
        self.trustFile = trustFile
    }

    /// The address of a feed; `http://trainer:9926` is short for `http://trainer:9926/models`.
    package static func base(of url: String) -> String {
        let trimmed = url.hasSuffix("/") ? String(url.dropLast()) : url
        guard let scheme = trimmed.firstRange(of: "://"),
            !trimmed[scheme.upperBound...].contains("/")
        else { return trimmed }
        return trimmed + "/models"
    }
}
