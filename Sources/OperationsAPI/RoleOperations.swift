import HTTPCore
import JSON

/// Making, changing and dropping roles.
struct RoleOperations: Sendable {
    let users: UserStore
    private var roles: RoleStore { users.roles }

    private static let nameBytesMax = 250

    init(users: UserStore) { self.users = users }

    var all: [Operation] {
        [
            Operation("list_roles", access: .superUser(name: "listRoles")) {
                _ throws(HTTPError) in
                .array(try roles.roles().map { .object($0) })
            },
            Operation(
                "add_role", required: [.role, .permission], access: .superUser(name: "addRole"),
                run: add),
            Operation(
                "alter_role", required: [.id], optional: [.role, .permission],
                access: .superUser(name: "alterRole"), run: alter),
            Operation(
                "drop_role", required: [.id], access: .superUser(name: "dropRole"), run: drop),
        ]
    }

    private func add(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let name = try Self.name(try request.text(.role))
        guard let permission = try Self.permission(request) else {
            throw HTTPError(.badRequest, "'permission' is required")
        }
        return .object(try roles.add(name: name, permission: permission))
    }

    private func alter(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let id = try request.text(.id)
        let name = try request[.role].map { _ throws(HTTPError) in
            try Self.name(try request.text(.role))
        }
        let role = try roles.alter(
            id: id, name: name, permission: try Self.permission(request))
        users.forgetLogins()
        return .object(role)
    }

    private func drop(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let name = try roles.drop(id: try request.text(.id)) { id throws(HTTPError) in
            try users.users().contains { $0["role"] == .string(id) && $0["active"] == true }
        }
        users.forgetLogins()
        return .string("\(name) successfully deleted")
    }

    private static func permission(
        _ request: OperationRequest
    ) throws(HTTPError) -> JSONObject? {
        guard let value = request[.permission], value != .null else { return nil }
        guard let permission = value.objectValue else {
            throw HTTPError(.badRequest, "'permission' must be an object")
        }
        return permission
    }

    private static func name(_ name: String) throws(HTTPError) -> String {
        let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard !name.isEmpty, name.utf8.count <= nameBytesMax, isPlain else {
            throw HTTPError(
                .badRequest,
                "a role's name has 1 to \(nameBytesMax) bytes and no control characters")
        }
        return name
    }
}
