import HTTPCore
import JSON
import Synchronization
import TableStorage

/// The roles of a node; two of them are always there.
package final class RoleStore: Sendable {
    static let superUserRole = "super_user"
    static let clusterUserRole = "cluster_user"

    private let store: TableStore
    /// Changes are judged against what is stored, so they come one at a time.
    private let changing = Mutex<Void>(())

    private static let kind = "role"
    private static let rolesMax = 1_000

    init(store: TableStore) throws(HTTPError) {
        self.store = store
        for (name, flag) in [
            (Self.superUserRole, RolePermission.superUserKey),
            (Self.clusterUserRole, RolePermission.clusterUserKey),
        ] where try role(id: name) == nil {
            // Dropped on purpose, the role of clusters stays away until the next start.
            try put(document(id: name, name: name, permission: [flag: true]))
        }
    }

    func roles() throws(HTTPError) -> [JSONObject] {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.all(kind: Self.kind)
        }
    }

    func role(id: String) throws(HTTPError) -> JSONObject? {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.get(kind: Self.kind, key: id)
        }
    }

    /// The role by its name or, as clients of 2020 have it, by its id.
    func role(named name: String) throws(HTTPError) -> JSONObject? {
        if let role = try role(id: name) { return role }
        return try roles().first { $0["role"] == .string(name) }
    }

    /// What a role may do; one that is gone may do nothing.
    func permission(ofRole id: String) throws(HTTPError) -> RolePermission {
        RolePermission(try role(id: id)?["permission"]?.objectValue ?? [:])
    }

    func add(name: String, permission: JSONObject) throws(HTTPError) -> JSONObject {
        try changing.withLock { _ throws(HTTPError) in
            guard try role(named: name) == nil else {
                throw HTTPError(.conflict, "A role with name '\(name)' already exists")
            }
            guard try roles().count < Self.rolesMax else {
                throw HTTPError(.badRequest, "a node has at most \(Self.rolesMax) roles")
            }
            try RolePermissionCheck.check(permission, in: store)
            let role = document(id: name, name: name, permission: permission)
            try put(role)
            return role
        }
    }

    func alter(
        id: String, name: String?, permission: JSONObject?
    ) throws(HTTPError) -> JSONObject {
        try changing.withLock { _ throws(HTTPError) in
            guard var role = try role(id: id) else {
                throw HTTPError(.badRequest, "Invalid role id")
            }
            if let name {
                if let other = try self.role(named: name), other["id"] != .string(id) {
                    throw HTTPError(.conflict, "A role with name '\(name)' already exists")
                }
                role["role"] = .string(name)
            }
            if let permission {
                guard id != Self.superUserRole else {
                    throw HTTPError(.badRequest, "the role super_user is always a super user")
                }
                try RolePermissionCheck.check(permission, in: store)
                role["permission"] = .object(permission)
            }
            role["__updatedtime__"] = .integer(store.milliseconds)
            try put(role)
            return role
        }
    }

    /// - Parameter hasUsers: Whether active users have a role of that id.
    func drop(
        id: String, unless hasUsers: (String) throws(HTTPError) -> Bool
    ) throws(HTTPError) -> String {
        try changing.withLock { _ throws(HTTPError) in
            guard let role = try role(id: id) else {
                throw HTTPError(.notFound, "Role not found")
            }
            let name = role["role"]?.stringValue ?? id
            guard try hasUsers(id) == false else {
                throw HTTPError(
                    .conflict,
                    "Cannot drop role \(name) as it has active user(s) tied to this role")
            }
            try storing(missing: .notFound) { () throws(TableStorageError) in
                try store.system.remove(kind: Self.kind, key: id)
            }
            return name
        }
    }

    private func document(id: String, name: String, permission: JSONObject) -> JSONObject {
        let time = JSONValue.integer(store.milliseconds)
        return [
            "__createdtime__": time, "__updatedtime__": time, "id": .string(id),
            "permission": .object(permission), "role": .string(name),
        ]
    }

    private func put(_ role: JSONObject) throws(HTTPError) {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.put(role, kind: Self.kind, key: role["id"]?.stringValue ?? "")
        }
    }
}
