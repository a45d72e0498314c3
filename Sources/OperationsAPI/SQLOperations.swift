import HTTPCore
import JSON
import TableStorage

/// SQL, within what the asker's role allows.
struct SQLOperations: Sendable {
    let store: TableStore

    var all: [Operation] { [Operation("sql", demanded: [.sql], access: .permission, run: run)] }

    private func run(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        switch try answer(to: try text(of: request), request) {
        case .rows(let rows): return .array(rows.map { .object($0) })
        case .written(.insert, let result, let count):
            return RecordOperations.inserted(result, count: count)
        case .written(.update, let result, let count):
            return RecordOperations.updated(result, count: count)
        case .written(.delete, let result, let count):
            return RecordOperations.deleted(result, count: count)
        }
    }

    private func text(of request: OperationRequest) throws(HTTPError) -> String {
        guard let sql = request[.sql]?.stringValue, !sql.isEmpty else {
            throw HTTPError(
                .badRequest, "The 'sql' parameter is missing from the request body")
        }
        return sql
    }

    /// The rows of a SELECT; nothing else is run.
    func rows(_ request: OperationRequest) throws(HTTPError) -> [JSONObject] {
        let sql = try text(of: request)
        return try asking(request) { access throws(TableStorageError) in
            try store.select(sql: sql, access: access)
        }
    }

    private func answer(
        to sql: String, _ request: OperationRequest
    ) throws(HTTPError) -> SQLAnswer {
        try asking(request) { access throws(TableStorageError) in
            try store.run(sql: sql, access: access, by: request.user?.name ?? "")
        }
    }

    private func asking<Answer>(
        _ request: OperationRequest, _ body: (SQLAccess) throws(TableStorageError) -> Answer
    ) throws(HTTPError) -> Answer {
        do throws(TableStorageError) {
            return try body(access(of: request.permission))
        } catch {
            guard let denial = error.cause as? SQLDenial else {
                throw OperationRefusal.of(error, missing: .notFound)
            }
            throw shown(denial, to: request.permission).error
        }
    }

    private func access(of role: RolePermission) -> SQLAccess {
        guard !role.isSuperUser else { return .everything }
        return SQLAccess(
            allowsTable: { action, table in role.allows(TableAction(action), on: table) },
            allowsAttribute: { action, table, attribute in
                // An attribute that is yet to be made needs a table without restrictions.
                guard role.isRestricted(in: table), let schema = try? store.table(table) else {
                    return true
                }
                return role.allows(TableAction(action), on: attribute, of: schema, in: table)
            })
    }

    private func shown(_ denial: SQLDenial, to role: RolePermission) -> AccessDenial {
        denial.missing.reduce(into: AccessDenial()) { shown, missing in
            let (action, table) = (TableAction(missing.action), missing.table)
            guard role.isVisible(database: table.database) else {
                return shown.add(invisibleDatabase: table.database)
            }
            guard role.isVisible(table), let schema = try? store.table(table) else {
                return shown.add(invisible: table)
            }
            guard !missing.attributes.isEmpty else { return shown.add([action], on: table) }
            for attribute in missing.attributes {
                if role.actions(on: attribute, of: schema, in: table).isEmpty {
                    shown.add(invisible: attribute, of: table)
                } else {
                    shown.add([action], on: attribute, of: table)
                }
            }
        }
    }
}

extension TableAction {
    init(_ action: SQLAccess.Action) {
        switch action {
        case .read: self = .read
        case .insert: self = .insert
        case .update: self = .update
        case .delete: self = .delete
        }
    }
}
