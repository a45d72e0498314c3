import HTTPCore
import JSON
import TableStorage

/// Words that an operator, or a load balancer, leaves at a node for others to read.
struct StatusOperations: Sendable {
    let store: TableStore
    let node: NodeControl

    private static let kind = "status"
    private static let idDefault = "primary"
    /// The entries that there are, and the values that they take; nil for any text.
    private static let entries: [(id: String, values: [String]?)] = [
        ("primary", nil), ("maintenance", nil), ("availability", ["Available", "Unavailable"]),
    ]
    private static let statusCharactersMax = 512

    var all: [Operation] {
        [
            Operation(
                "set_status", demanded: [.id, .status], access: .superUser(name: "setStatus"),
                run: set),
            Operation(
                "get_status", optional: [.id], access: .superUser(name: "getStatus"), run: get),
            Operation(
                "clear_status", demanded: [.id], access: .superUser(name: "clearStatus"),
                run: clear),
        ]
    }

    private func set(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let id = try Self.id(of: request) ?? Self.idDefault
        let status = try Self.status(of: request, id: id)
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            let now = JSONValue.integer(store.milliseconds)
            let made = try store.system.get(kind: Self.kind, key: id)?["__createdtime__"]
            let record: JSONObject = [
                "id": .string(id), "status": .string(status), "__createdtime__": made ?? now,
                "__updatedtime__": now,
            ]
            try store.system.put(record, kind: Self.kind, key: id)
            return .object(record)
        }
    }

    private func get(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let id = try Self.id(of: request)
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            if let id {
                return try store.system.get(kind: Self.kind, key: id).map { .object($0) } ?? .null
            }
            return [
                "systemStatus": .array(
                    try store.system.all(kind: Self.kind).map { .object($0) }),
                "componentStatus": [], "restartRequired": .bool(node.needsRestart()),
            ]
        }
    }

    private func clear(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        guard let id = try Self.id(of: request) else {
            throw HTTPError(.badRequest, "'id' is required")
        }
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.remove(kind: Self.kind, key: id)
        }
        return "Status successfully cleared"
    }

    /// The entry that is meant; nil if none is named.
    private static func id(of request: OperationRequest) throws(HTTPError) -> String? {
        guard let value = request.body["id"], value != .null, value != "" else { return nil }
        guard let id = value.stringValue, entries.contains(where: { $0.id == id }) else {
            let ids = entries.map(\.id).joined(separator: ", ")
            throw HTTPError(.badRequest, "'id' must be one of [\(ids)]")
        }
        return id
    }

    private static func status(
        of request: OperationRequest, id: String
    ) throws(HTTPError) -> String {
        guard let value = request.body["status"] else {
            throw HTTPError(.badRequest, "'status' is required")
        }
        guard let status = value.stringValue else {
            throw HTTPError(.badRequest, "'status' must be a string")
        }
        guard !status.isEmpty else {
            throw HTTPError(.badRequest, "'status' is not allowed to be empty")
        }
        guard status.count <= statusCharactersMax else {
            throw HTTPError(
                .badRequest,
                "'status' length must be less than or equal to \(statusCharactersMax) "
                    + "characters long")
        }
        if let values = entries.first(where: { $0.id == id })?.values, !values.contains(status) {
            let names = values.joined(separator: ", ")
            throw HTTPError(.badRequest, "Status \"\(id)\" only accepts these values: \(names)")
        }
        return status
    }
}
