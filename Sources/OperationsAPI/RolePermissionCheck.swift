import HTTPCore
import JSON
import TableStorage

/// Finds what is wrong with a permission document, in HarperDB's words and two lists.
struct RolePermissionCheck {
    private let store: TableStore
    private var main: [JSONValue] = []
    private var bySchema = JSONObject()

    private static let attributeActions: [TableAction] = [.read, .insert, .update]

    private init(store: TableStore) { self.store = store }

    /// - Throws: 400 with everything that is wrong.
    static func check(_ document: JSONObject, in store: TableStore) throws(HTTPError) {
        var check = RolePermissionCheck(store: store)
        check.checkKinds(document)
        for (database, value) in document.members where !isKind(database) {
            check.check(database, value)
        }
        guard !check.main.isEmpty || !check.bySchema.isEmpty else { return }
        var error = HTTPError(.badRequest, "Errors in the role permissions JSON provided")
        let body: JSONValue = [
            "error": .string(error.message), "main_permissions": .array(check.main),
            "schema_permissions": .object(check.bySchema),
        ]
        error.body = body.encoded()
        throw error
    }

    private static func isKind(_ name: String) -> Bool {
        [
            RolePermission.superUserKey, RolePermission.clusterUserKey,
            RolePermission.structureUserKey,
        ].contains(name)
    }

    private mutating func checkKinds(_ document: JSONObject) {
        let isSuper = document[RolePermission.superUserKey] == true
        let isCluster = document[RolePermission.clusterUserKey] == true
        if isSuper && isCluster {
            note(
                "Roles cannot have both 'super_user' and 'cluster_user' values included in their "
                    + "permissions set.")
        } else if (isSuper || isCluster) && document.members.contains(where: { !isFlag($0) }) {
            let kind = isSuper ? RolePermission.superUserKey : RolePermission.clusterUserKey
            note("Roles with '\(kind)' set to true cannot have other permissions set.")
        }
        for kind in [RolePermission.superUserKey, RolePermission.clusterUserKey] {
            if let value = document[kind], value.boolValue == nil {
                note("Value for '\(kind)' permission must be a boolean")
            }
        }
        if let value = document[RolePermission.structureUserKey] { checkStructure(value) }
    }

    /// A flag that is false says nothing.
    private func isFlag(_ member: JSONObject.Member) -> Bool {
        Self.isKind(member.name)
            && (member.value == false || member.name != RolePermission.structureUserKey)
    }

    private mutating func checkStructure(_ value: JSONValue) {
        if value.boolValue != nil { return }
        guard let databases = value.arrayValue?.map(\.stringValue), !databases.contains(nil) else {
            return note("Value for 'structure_user' permission must be a boolean or Array")
        }
        for case let name? in databases where !store.databaseNames.contains(name) {
            note("database '\(name)' does not exist")
        }
    }

    private mutating func check(_ database: String, _ value: JSONValue) {
        guard let tables = try? store.tables(of: database) else {
            return note("database '\(database)' does not exist")
        }
        guard let wanted = value["tables"] else { return }
        guard let members = wanted.objectValue?.members else {
            return note("'tables' of '\(database)' must be an object")
        }
        for (name, grant) in members {
            if let schema = tables.first(where: { $0.name == name }) {
                check(grant, of: schema, TableName(database, name))
            } else {
                note("Table '\(TableName(database, name))' does not exist")
            }
        }
    }

    private mutating func check(_ value: JSONValue, of schema: TableSchema, _ table: TableName) {
        guard let grant = value.objectValue else {
            return note("the permissions of a table must be an object", table)
        }
        let keys = TableAction.allCases.map(\.rawValue) + ["attribute_permissions"]
        for name in grant.names where !keys.contains(name) {
            note("Invalid table permission key value '\(name)'", table)
        }
        for action in TableAction.allCases {
            let shown = action.rawValue.uppercased()
            if grant[action.rawValue] == nil {
                note("Missing table \(shown) permission", table)
            } else if grant[action.rawValue]?.boolValue == nil {
                note("Table \(shown) permission must be a boolean", table)
            }
        }
        guard let attributes = grant["attribute_permissions"], attributes != .null else {
            return note("Missing 'attribute_permissions' array", table)
        }
        guard let list = attributes.arrayValue else {
            return note("Value for 'attribute_permissions' must be an array", table)
        }
        for attribute in list { check(attribute: attribute, of: schema, table) }
        // What is said of an attribute that does not exist conflicts with nothing.
        let names = Set(schema.attributes.map(\.name))
        let known = list.filter { names.contains($0["attribute_name"]?.stringValue ?? "") }
        let conflicts = Self.attributeActions.contains { action in
            grant[action.rawValue] == false && known.contains { $0[action.rawValue] == true }
        }
        if conflicts {
            note(
                "You have a conflict with TABLE permissions for '\(table)' being false and "
                    + "ATTRIBUTE permissions being true", table)
        }
    }

    private mutating func check(
        attribute value: JSONValue, of schema: TableSchema, _ table: TableName
    ) {
        guard let name = value["attribute_name"]?.stringValue else {
            return note(
                "Permission object in 'attribute_permission' missing an 'attribute_name'", table)
        }
        guard schema.attributes.contains(where: { $0.name == name }) else {
            return note("Invalid attribute '\(name)' in 'attribute_permissions'", table)
        }
        for action in Self.attributeActions {
            let shown = action.rawValue.uppercased()
            if value[action.rawValue] == nil {
                note("\(shown) attribute permission missing for '\(name)'", table)
            } else if value[action.rawValue]?.boolValue == nil {
                note("\(shown) attribute permission for '\(name)' must be a boolean", table)
            }
        }
    }

    private mutating func note(_ problem: String) { main.append(.string(problem)) }

    private mutating func note(_ problem: String, _ table: TableName) {
        let key = "\(table.database)_\(table.table)"
        bySchema[key] = .array((bySchema[key]?.arrayValue ?? []) + [.string(problem)])
    }
}
