import JSON
import TableStorage

/// What may be done with the records of a table.
package enum TableAction: String, Sendable, CaseIterable {
    case read, insert, update, delete
}

/// What a role may do, as its permission document says.
///
/// ```json
/// {"super_user": false, "structure_user": ["dev"],
///  "dev": {"tables": {"dog": {"read": true, "insert": false, "update": false, "delete": false,
///    "attribute_permissions": [
///      {"attribute_name": "name", "read": true, "insert": false, "update": false}]}}}}
/// ```
package struct RolePermission: Sendable, Hashable {
    /// Which actions a table grants, and on which attributes if not on all.
    package struct TableGrant: Sendable, Hashable {
        var actions: Set<TableAction>
        /// Empty if the table's actions hold for every attribute.
        var attributes: [String: Set<TableAction>]

        /// A role that may do nothing with a table does not see it.
        var isVisible: Bool { !actions.isEmpty }

        /// What the role may do with an attribute.
        ///
        /// A list of attributes hides all others but the key: what is allowed with any of them is
        /// allowed with the key.
        func actions(on attribute: String, of schema: TableSchema) -> Set<TableAction> {
            guard !attributes.isEmpty else { return actions }
            if let own = attributes[attribute] { return own }
            guard attribute == schema.primaryKey else { return [] }
            return attributes.values.reduce(into: []) { $0.formUnion($1) }
        }
    }

    /// Whose databases and tables the role may make and drop.
    enum Structure: Sendable, Hashable {
        case none, every
        case databases(Set<String>)
    }

    private(set) var isSuperUser = false
    private(set) var structure = Structure.none
    private(set) var tables: [TableName: TableGrant] = [:]

    static let superUserKey = "super_user"
    static let clusterUserKey = "cluster_user"
    static let structureUserKey = "structure_user"

    /// Everything is allowed.
    static let superUser = RolePermission(["super_user": true])

    /// Reads a document that was checked when it was stored; what it does not say is not allowed.
    init(_ document: JSONObject) {
        for (name, value) in document.members {
            switch name {
            case Self.superUserKey: isSuperUser = value == true
            case Self.clusterUserKey: break
            case Self.structureUserKey:
                structure =
                    value == true
                    ? .every : .databases(Set(value.arrayValue?.compactMap(\.stringValue) ?? []))
            default: read(tables: value["tables"], of: name)
            }
        }
    }

    private mutating func read(tables: JSONValue?, of database: String) {
        for (table, value) in tables?.objectValue?.members ?? [] {
            var grant = TableGrant(actions: Self.actions(value), attributes: [:])
            for attribute in value["attribute_permissions"]?.arrayValue ?? [] {
                guard let name = attribute["attribute_name"]?.stringValue else { continue }
                grant.attributes[name] = Self.actions(attribute)
            }
            self.tables[TableName(database, table)] = grant
        }
    }

    private static func actions(_ value: JSONValue) -> Set<TableAction> {
        Set(TableAction.allCases.filter { value[$0.rawValue] == true })
    }
}

extension RolePermission {
    /// Whether the role may make and drop things in this database.
    func mayChangeStructure(of database: String) -> Bool {
        switch structure {
        case _ where isSuperUser: true
        case .every: true
        case .none: false
        case .databases(let names): names.contains(database)
        }
    }

    func isVisible(_ table: TableName) -> Bool {
        isSuperUser || tables[table]?.isVisible ?? false
    }

    func isVisible(database: String) -> Bool {
        isSuperUser || tables.contains { $0.key.database == database && $0.value.isVisible }
    }

    func allows(_ action: TableAction, on table: TableName) -> Bool {
        isSuperUser || tables[table]?.actions.contains(action) ?? false
    }

    func allows(
        _ action: TableAction, on attribute: String, of schema: TableSchema, in table: TableName
    ) -> Bool {
        actions(on: attribute, of: schema, in: table).contains(action)
    }

    /// What the role may do with an attribute; nothing at all hides it.
    func actions(
        on attribute: String, of schema: TableSchema, in table: TableName
    ) -> Set<TableAction> {
        guard !isSuperUser else { return Set(TableAction.allCases) }
        return tables[table]?.actions(on: attribute, of: schema) ?? []
    }

    /// Whether only some of a table's attributes are open to the role.
    func isRestricted(in table: TableName) -> Bool {
        !isSuperUser && !(tables[table]?.attributes.isEmpty ?? true)
    }
}

/// The attributes that every table has and nobody writes.
enum AutomaticAttribute {
    static let names: Set<String> = ["__createdtime__", "__updatedtime__"]
}
