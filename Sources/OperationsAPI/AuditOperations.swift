import HTTPCore
import JSON
import TableStorage

/// Reading the logs of tables that keep one.
struct AuditOperations: Sendable {
    let store: TableStore

    var all: [Operation] {
        [
            Operation(
                "read_audit_log", required: [.table], optional: [.searchType, .searchValues],
                access: .superUser(name: "readAuditLog"),
                run: readAuditLog),
            Operation(
                "read_transaction_log", required: [.table],
                optional: [.limit, .from, .to], access: .superUser(name: "readTransactionLog"),
                run: readTransactionLog),
        ]
    }

    private func readAuditLog(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try request.tableName()
        let query = try Self.query(request)
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.auditLog(of: table, matching: query)
        }
    }

    private static func query(_ request: OperationRequest) throws(HTTPError) -> AuditQuery {
        let type = request[.searchType]?.stringValue ?? ""
        let values = request[.searchValues] ?? .null
        guard let list = values == .null ? [] : values.arrayValue else {
            throw HTTPError(.badRequest, "'search_values' must be an array")
        }
        switch type {
        case "": return .all
        case "timestamp":
            let bounds = list.prefix(2).map(\.integerValue)
            guard !bounds.contains(nil), list.count <= 2 else {
                throw HTTPError(
                    .badRequest,
                    "'search_values' must hold at most two times in milliseconds since 1970")
            }
            return .timestamps(
                from: bounds.first.flatMap(\.self).map { Int64($0) },
                to: bounds.dropFirst().first.flatMap(\.self).map { Int64($0) })
        case "username":
            let names = list.compactMap(\.stringValue)
            guard names.count == list.count else {
                throw HTTPError(.badRequest, "'search_values' must hold names of users")
            }
            return .usernames(names)
        case "hash_value": return .keys(list)
        default: throw HTTPError(.badRequest, "Invalid search_type '\(type)'")
        }
    }

    private func readTransactionLog(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try request.tableName()
        let bound = { (field: OperationRequest.Field) throws(HTTPError) -> Int64? in
            let isGiven = request[field] ?? .null != .null
            return isGiven ? try request.moment(field) : nil
        }
        let (from, to) = (try bound(.from), try bound(.to))
        let limit = try request.count(.limit)
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            .array(
                try store.transactionLog(of: table, from: from, to: to, limit: limit)
                    .map { .object($0) })
        }
    }
}
