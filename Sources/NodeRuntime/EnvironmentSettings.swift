import JSON

/// Settings from the environment, under the names that HarperDB's image has for them.
///
/// Every setting also has a name of its own: its path in capitals with underscores, such as
/// `HTTP_CORS`. Of those only the ones that Ledge acts on are looked at; the rest of an
/// environment is somebody else's.
package enum EnvironmentSettings {
    /// Names of the image and of HarperDB 3, and the settings that they mean.
    static let imageNames: [(name: String, path: String)] = [
        ("NODE_NAME", "clustering.nodeName"),
        ("SERVER_PORT", "operationsApi.network.port"),
        ("CUSTOM_FUNCTIONS", "customFunctions.enabled"),
        ("CUSTOM_FUNCTIONS_PORT", "http.port"),
        ("CUSTOM_FUNCTIONS_DIRECTORY", "componentsRoot"),
        ("LOG_LEVEL", "logging.level"),
        ("LOG_TO_STDSTREAMS", "logging.stdStreams"),
        ("LOG_TO_FILE", "logging.file"),
        ("CORS_ON", "operationsApi.network.cors"),
        ("CLUSTERING", "clustering.enabled"),
        ("CLUSTERING_PORT", "clustering.hubServer.cluster.network.port"),
        ("CLUSTERING_USER", "clustering.user"),
    ]

    /// The folder of the node, which must be known before anything else can be read.
    package static func root(_ environment: [String: String]) -> String? {
        environment["ROOTPATH"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Takes over what the environment says; an empty value says nothing.
    ///
    /// - Throws: `.badConfiguration` with the name of the variable whose value is malformed, or
    ///   asks for what a node does not do.
    package static func apply(
        _ environment: [String: String], to configuration: inout NodeConfiguration
    ) throws(NodeError) {
        try refuseSecurePort(environment["HTTPS_ON"])
        if let name = environment["HDB_ADMIN_USERNAME"] { configuration.superUser.username = name }
        if let word = environment["HDB_ADMIN_PASSWORD"] { configuration.superUser.password = word }
        // The later one counts: the name of the path is the more exact one.
        for (name, path) in imageNames {
            try apply(environment[name], of: name, as: path, to: &configuration)
        }
        for setting in SettingTable.all {
            guard case .applied = setting.use else { continue }
            for path in [setting.path] + setting.aliases {
                let name = Setting.name(of: path).uppercased()
                try apply(environment[name], of: name, as: path, to: &configuration)
            }
        }
    }

    private static func apply(
        _ text: String?, of name: String, as path: String,
        to configuration: inout NodeConfiguration
    ) throws(NodeError) {
        guard let text, !text.isEmpty, let setting = SettingTable.find(path) else { return }
        do throws(NodeError) {
            let value = try setting.rule.checked(self.value(of: text, setting.rule), of: path)
            if case .applied(_, let write) = setting.use { write(value, &configuration) }
        } catch {
            throw NodeError(
                .badConfiguration, "the environment variable \(name): \(error.message)")
        }
    }

    /// Lists are written with commas.
    private static func value(of text: String, _ rule: SettingRule) -> JSONValue {
        guard rule == .list else { return .string(text) }
        return .array(text.split(separator: ",").map { .string(String($0)) })
    }

    private static func refuseSecurePort(_ text: String?) throws(NodeError) {
        guard let text, !text.isEmpty else { return }
        switch text.lowercased() {
        case "false": return
        case "true":
            throw NodeError(
                .badConfiguration,
                "the environment variable HTTPS_ON: a node speaks plain HTTP; let TLS end at a "
                    + "proxy in front of it")
        default:
            throw NodeError(
                .badConfiguration,
                "the environment variable HTTPS_ON: it must be true or false, not '\(text)'")
        }
    }
}
