import HTTPCore
import JSON

/// Users and what is told of them.
struct UserOperations: Sendable {
    let users: UserStore

    var all: [Operation] {
        [
            Operation("user_info", access: .everyRole, run: info),
            Operation("list_users", access: .superUser(name: "listUsersExternal")) {
                _ throws(HTTPError) in
                .array(
                    try users.users().map { user throws(HTTPError) in .object(try shown(user)) })
            },
            Operation(
                "add_user", required: [.role, .username, .password, .active],
                access: .superUser(name: "addUser"), run: add),
            Operation(
                "alter_user", required: [.username], optional: [.password, .role, .active],
                access: .superUser(name: "alterUser"),
                run: alter),
            Operation(
                "drop_user", required: [.username], access: .superUser(name: "dropUser"),
                run: drop),
        ]
    }

    private func info(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        guard let user = request.user else { throw HTTPError(.unauthorized, "Must login") }
        // Who came without a login, through the domain socket, is nobody's document.
        let document =
            try users.document(user.name)
            ?? ["username": .string(user.name), "role": .string(user.role), "active": true]
        return .object(try shown(document))
    }

    private func add(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let name = try Self.nonEmpty(.username, request)
        try UserStore.check(name: name)
        let password = try Self.nonEmpty(.password, request)
        let role = try newRole(try request.text(.role))
        guard let isActive = request[.active]?.boolValue else {
            throw HTTPError(.badRequest, "'active' must be a boolean")
        }
        try users.add(name: name, password: password, role: role, isActive: isActive)
        return .string("\(name) successfully added")
    }

    private func alter(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let name = try request.text(.username)
        guard var document = try users.document(name) else {
            throw HTTPError(.notFound, "User \(name) does not exist")
        }
        var changes = 0
        if request[.password] != nil {
            document["hash"] = .string(
                try UserStore.hash(try Self.nonEmpty(.password, request)))
            changes += 1
        }
        if request[.role] != nil {
            let role = try request.text(.role)
            // HarperDB answers these two mistakes with 500, and its suites expect that.
            guard !role.isEmpty else {
                throw HTTPError(.internalError, "If role is specified, it cannot be empty.")
            }
            guard let known = try knownRole(role) else {
                throw HTTPError(
                    .notFound, "Update failed.  Requested '\(role)' role not found.")
            }
            document["role"] = .string(known)
            changes += 1
        }
        if let active = request[.active] {
            guard let isActive = active.boolValue else {
                throw HTTPError(.badRequest, "'active' must be a boolean")
            }
            document["active"] = .bool(isActive)
            changes += 1
        }
        guard changes > 0 else {
            throw HTTPError(
                .internalError,
                "nothing to update, must supply active, role or password to update")
        }
        document["__updatedtime__"] = .integer(users.milliseconds)
        try users.put(document)
        return [
            "message": "updated 1 of 1 records", "update_hashes": [.string(name)],
            "skipped_hashes": [],
        ]
    }

    private func drop(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let name = try request.text(.username)
        guard try users.document(name) != nil else {
            throw HTTPError(.notFound, "User \(name) does not exist")
        }
        try users.remove(name)
        return .string("\(name) successfully deleted")
    }

    private static func nonEmpty(
        _ field: OperationRequest.Field, _ request: OperationRequest
    ) throws(HTTPError) -> String {
        let text = try request.text(field)
        guard !text.isEmpty else {
            throw HTTPError(.badRequest, "'\(field.names[0])' is not allowed to be empty")
        }
        return text
    }

    /// The id of a role that is given by its name or id; nil if there is none.
    private func knownRole(_ name: String) throws(HTTPError) -> String? {
        guard let role = try users.roles.role(named: name) else { return nil }
        return role["id"]?.stringValue ?? name
    }

    /// The role of a user to be added; HarperDB says so if a name can be no role's at all.
    private func newRole(_ name: String) throws(HTTPError) -> String {
        if let known = try knownRole(name) { return known }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        throw isPlain
            ? HTTPError(.notFound, "\(name) role not found")
            : HTTPError(.badRequest, "Role is invalid")
    }

    /// A user as others may see it: without the hash, the role as an object.
    private func shown(_ document: JSONObject) throws(HTTPError) -> JSONObject {
        var shown = document
        shown["hash"] = nil
        let role = document["role"]?.stringValue ?? ""
        shown["role"] = .object(
            try users.roles.role(id: role) ?? ["id": .string(role), "role": .string(role)])
        return shown
    }
}
