import HTTPCore
import JSON

/// Showing and changing the settings of the node.
struct ConfigurationOperations: Sendable {
    let node: NodeControl

    /// Members that belong to the request and not to the configuration; some clients send them
    /// with every operation.
    private static let envelope: Set<String> = [
        "operation", "transact_to_cluster", "replicated", "bypass_auth", "hdb_user",
        "hdb_auth_header",
    ]

    var all: [Operation] {
        [
            Operation(
                "get_configuration", access: .superUser(name: "getConfiguration"), run: settings),
            Operation(
                "set_configuration", access: .superUser(name: "setConfiguration"), run: change),
        ]
    }

    /// The members of a request that name settings.
    static func settings(in request: OperationRequest) -> [(name: String, value: JSONValue)] {
        request.body.members.filter { !envelope.contains($0.name) }
    }

    private func settings(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        .object(node.settings())
    }

    private func change(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try node.setSettings(Self.settings(in: request))
        return .string(
            "Configuration successfully set. You must restart HarperDB for new config settings to "
                + "take effect.")
    }
}
