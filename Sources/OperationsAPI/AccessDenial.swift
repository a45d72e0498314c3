import HTTPCore
import JSON
import TableStorage

/// Everything that a role lacks for a request, so that one answer can name all of it.
///
/// What a role cannot see at all is reported as if it did not exist.
struct AccessDenial: Sendable {
    private struct MissingTable: Sendable {
        let table: TableName
        var actions: [TableAction] = []
        var attributes: [(name: String, actions: [TableAction])] = []
    }

    private var sentences: [String] = []
    private var missing: [MissingTable] = []
    private var invalid: [String] = []

    var isEmpty: Bool { sentences.isEmpty && missing.isEmpty && invalid.isEmpty }

    mutating func add(sentence: String) { sentences.append(sentence) }

    mutating func add(invisibleDatabase name: String) {
        note(invalid: "database '\(name)' does not exist")
    }

    mutating func add(invisible table: TableName) {
        note(invalid: "Table '\(table)' does not exist")
    }

    mutating func add(invisible attribute: String, of table: TableName) {
        note(invalid: "Attribute '\(attribute)' does not exist on '\(table)'")
    }

    mutating func add(_ actions: [TableAction], on table: TableName) {
        missing[index(of: table)].actions += actions
    }

    mutating func add(_ actions: [TableAction], on attribute: String, of table: TableName) {
        missing[index(of: table)].attributes.append((attribute, actions))
    }

    private mutating func note(invalid item: String) {
        if !invalid.contains(item) { invalid.append(item) }
    }

    private mutating func index(of table: TableName) -> Int {
        if let index = missing.firstIndex(where: { $0.table == table }) { return index }
        missing.append(MissingTable(table: table))
        return missing.count - 1
    }
}

extension AccessDenial {
    private static let sentence =
        "This operation is not authorized due to role restrictions and/or invalid database items"

    /// HarperDB's 403; jobs show the same object as their message.
    var body: JSONValue {
        let tables = missing.map { entry -> JSONValue in
            [
                "schema": .string(entry.table.database), "table": .string(entry.table.table),
                "required_table_permissions": Self.list(entry.actions),
                "required_attribute_permissions": .array(
                    entry.attributes.map { attribute in
                        [
                            "attribute_name": .string(attribute.name),
                            "required_permissions": Self.list(attribute.actions),
                        ]
                    }),
            ]
        }
        return [
            "error": .string(Self.sentence),
            "unauthorized_access": .array(sentences.map { .string($0) } + tables),
            "invalid_schema_items": .array(invalid.map { .string($0) }),
        ]
    }

    var error: HTTPError {
        var error = HTTPError(.forbidden, Self.sentence)
        error.body = body.encoded()
        return error
    }

    /// The refusal of an operation that only super users may ask for.
    static func superUsersOnly(_ operation: String) -> HTTPError {
        var denial = AccessDenial()
        denial.add(sentence: "Operation '\(operation)' is restricted to 'super_user' roles")
        return denial.error
    }

    private static func list(_ actions: [TableAction]) -> JSONValue {
        .array(actions.map { .string($0.rawValue) })
    }
}

extension RolePermission {
    /// What the role lacks for these actions on a table and its attributes.
    ///
    /// - Parameter schema: Nil if there is no such table; then nothing but the table is judged.
    func denial(
        of actions: [TableAction], on table: TableName, attributes: some Sequence<String>,
        schema: TableSchema?
    ) -> AccessDenial {
        var denial = AccessDenial()
        guard !isSuperUser else { return denial }
        guard isVisible(database: table.database) else {
            denial.add(invisibleDatabase: table.database)
            return denial
        }
        guard isVisible(table), let schema else {
            denial.add(invisible: table)
            return denial
        }
        let lacking = actions.filter { !allows($0, on: table) }
        guard lacking.isEmpty else {
            denial.add(lacking, on: table)
            return denial
        }
        guard isRestricted(in: table) else { return denial }
        var seen: Set<String> = []
        for attribute in attributes where seen.insert(attribute).inserted {
            let granted = self.actions(on: attribute, of: schema, in: table)
            let lacking = actions.filter { $0 != .delete && !granted.contains($0) }
            if granted.isEmpty {
                denial.add(invisible: attribute, of: table)
            } else if !lacking.isEmpty {
                denial.add(lacking, on: attribute, of: table)
            }
        }
        return denial
    }

    /// The attributes that a star means for this role.
    func readable(of schema: TableSchema, in table: TableName) -> [String] {
        schema.attributes.map(\.name)
            .filter { allows(.read, on: $0, of: schema, in: table) }
    }

    /// The attributes that a description shows: those with which anything may be done.
    func visible(of schema: TableSchema, in table: TableName) -> [String] {
        let names = schema.attributes.map(\.name)
        guard isRestricted(in: table) else { return names }
        return names.filter { !actions(on: $0, of: schema, in: table).isEmpty }
    }
}
