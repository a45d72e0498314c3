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
    package var superUser = Credentials.wellKnown
    /// Whether this node publishes bundles from `<root>/trainer`.
    package var isTrainer = false
    /// The feed that this node takes its models from, or nil if it serves what it has.
    package var following: FollowedFeed?
    /// Folders that `csv_file_load` may read; `<root>/csv` is always one of them.
    package var csvFolders: [String] = []
    package var logLevel = LogLevel.info
    package var logFormat = LogFormat.text

    /// HarperDB's port of the operations API.
    package static let operationsPortDefault = 9925
    /// HarperDB's port of custom functions.
    package static let functionsPortDefault = 9926

    package init(root: String, name: String) {
        self.root = root
        self.name = name
    }
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
