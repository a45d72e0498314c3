import HTTPCore
import JSON
import TableStorage

/// Making, dropping and describing databases, tables and attributes.
struct SchemaOperations: Sendable {
    let store: TableStore
    let system: SystemTables
    /// Whether a table keeps a log if its request does not say whether it shall.
    let auditsTables: Bool

    var all: [Operation] {
        [
            Operation(
                "create_database", "create_schema", optional: [.database],
                access: .structure(name: "createSchema"),
                run: createDatabase),
            Operation(
                "drop_database", "drop_schema", demanded: [.database],
                access: .structure(name: "dropSchema"),
                run: dropDatabase),
            Operation(
                "create_table", required: [.table, .primaryKey],
                optional: [.attributes, .audit, .expiration],
                access: .structure(name: "createTable"), run: createTable),
            Operation(
                "drop_table", required: [.table], access: .structure(name: "dropTable"),
                run: dropTable),
            Operation(
                "create_attribute", required: [.table, .attribute],
                access: .structure(name: "createAttribute"), run: createAttribute),
            Operation(
                "drop_attribute", required: [.table, .attribute],
                access: .structure(name: "dropAttribute"), run: dropAttribute),
            Operation(
                "describe_table", demanded: [.table], optional: [.exactCount], access: .permission,
                run: describeTable),
            Operation(
                "describe_database", "describe_schema", optional: [.database], access: .permission,
                run: describeDatabase),
            Operation("describe_all", access: .permission, run: describeAll),
        ]
    }

    private func createDatabase(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try request.checkNamesAreText()
        let name = try request.databaseName()
        try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.createDatabase(name)
        }
        return .string("database '\(name)' successfully created")
    }

    private func dropDatabase(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try request.checkNamesAreText()
        guard request[.database] != nil else {
            throw HTTPError(.badRequest, "'schema' is required")
        }
        let name = try request.databaseName()
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.dropDatabase(name)
        }
        return .string("successfully deleted '\(name)'")
    }

    private func createTable(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try request.checkNamesAreText()
        let table = try request.tableName()
        let key = try request.text(.primaryKey)
        guard !key.isEmpty else { throw HTTPError(.badRequest, "'primary_key' is required") }
        let attributes = try Self.attributes(request[.attributes], without: key)
        let options = try options(request)
        try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.createTable(
                table, primaryKey: key, attributes: attributes, makesDatabase: true,
                options: options)
        }
        return .string("table '\(table)' successfully created.")
    }

    private func options(_ request: OperationRequest) throws(HTTPError) -> TableOptions {
        var options = TableOptions(audit: auditsTables)
        if let value = request[.audit], value != .null {
            guard let audit = value.boolValue else {
                throw HTTPError(.badRequest, "'audit' must be a boolean")
            }
            options.audit = audit
        }
        if let value = request[.expiration], value != .null {
            guard let seconds = value.integerValue else {
                throw HTTPError(.badRequest, "'expiration' must be a whole number of seconds")
            }
            options.expirationSeconds = seconds
        }
        return options
    }

    /// Names out of a list of names or of objects with a `name` or an `attribute`.
    private static func attributes(
        _ value: JSONValue?, without key: String
    ) throws(HTTPError) -> [String] {
        guard let value, value != .null else { return [] }
        guard let list = value.arrayValue else {
            throw HTTPError(.badRequest, "'attributes' must be an array")
        }
        var names: [String] = []
        for element in list {
            let name = element.stringValue ?? (element["name"] ?? element["attribute"])?.stringValue
            guard let name else {
                throw HTTPError(.badRequest, "'attributes' must hold names of attributes")
            }
            let isAutomatic = name == "__createdtime__" || name == "__updatedtime__"
            if name != key, !isAutomatic, !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func dropTable(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try request.checkNamesAreText()
        let table = try request.tableName()
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.dropTable(table)
        }
        return .string("successfully deleted table '\(table)'")
    }

    private func createAttribute(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try request.tableName()
        let attribute = try request.text(.attribute)
        try storing(missing: .badRequest) { () throws(TableStorageError) in
            try store.createAttribute(attribute, of: table)
        }
        return .string("attribute '\(table).\(attribute)' successfully created.")
    }

    private func dropAttribute(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try request.tableName()
        let attribute = try request.text(.attribute)
        do throws(TableStorageError) {
            try store.dropAttribute(attribute, of: table)
        } catch {
            // What may not be dropped is a mistake of the request, not of the asker's rights.
            guard error.code == .protected, table.database != TableName.systemDatabase else {
                throw OperationRefusal.of(error, missing: .notFound)
            }
            throw HTTPError(.badRequest, error.message, cause: error)
        }
        return .string("successfully deleted attribute '\(attribute)'")
    }
}

// MARK: Describing

extension SchemaOperations {
    private func describeTable(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        // Who may not see a database is not told what the request lacks.
        try Self.refuseSystem(try request.databaseName(), request)
        let table = try request.tableName()
        if table.database == TableName.systemDatabase { return try system.describe(table.table) }
        guard request.permission.isVisible(table) else {
            var denial = AccessDenial()
            denial.add(invisible: table)
            throw denial.error
        }
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            .object(
                try describe(try store.table(table), in: table.database, for: request.permission))
        }
    }

    private func describeDatabase(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let name = try request.databaseName()
        try Self.refuseSystem(name, request)
        if name == TableName.systemDatabase { return .object(try system.describeAll()) }
        guard request.permission.isVisible(database: name) else {
            var denial = AccessDenial()
            denial.add(invisibleDatabase: name)
            throw denial.error
        }
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            .object(try describe(database: name, for: request.permission))
        }
    }

    private func describeAll(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            var answer = JSONObject()
            for name in store.databaseNames where request.permission.isVisible(database: name) {
                answer[name] = .object(try describe(database: name, for: request.permission))
            }
            return .object(answer)
        }
    }

    private static func refuseSystem(
        _ database: String, _ request: OperationRequest
    ) throws(HTTPError) {
        guard database == TableName.systemDatabase, !request.permission.isSuperUser else { return }
        var denial = AccessDenial()
        denial.add(
            sentence: "Your role does not have permission to view database metadata for 'system'")
        throw denial.error
    }

    private func describe(
        database: String, for role: RolePermission
    ) throws(TableStorageError) -> JSONObject {
        var answer = JSONObject()
        for table in try store.tables(of: database)
        where role.isVisible(TableName(database, table.name)) {
            answer[table.name] = .object(try describe(table, in: database, for: role))
        }
        return answer
    }

    private func describe(
        _ table: TableSchema, in database: String, for role: RolePermission
    ) throws(TableStorageError) -> JSONObject {
        let names = role.visible(of: table, in: TableName(database, table.name))
        let attributes = names.map { name -> JSONValue in
            // The name comes first in each object: HarperDB's tests take the first value.
            name == table.primaryKey
                ? ["attribute": .string(name), "is_primary_key": true]
                : ["attribute": .string(name)]
        }
        let name = TableName(database, table.name)
        return [
            "schema": .string(database), "name": .string(table.name),
            "hash_attribute": .string(table.primaryKey), "id": .string(table.id),
            "residence": .null, "attributes": .array(attributes), "schema_defined": false,
            "audit": .bool(table.options.audit),
            "record_count": JSONValue(try store.recordCount(of: name)),
            "last_updated_record": .integer(try store.lastWriteTime(of: name)),
            "db_size": JSONValue(try store.sizeBytes(of: database)),
            "table_size": try store.sizeBytes(of: name).map { JSONValue($0) } ?? .null,
            "__createdtime__": .integer(table.createdTime),
            "__updatedtime__": .integer(table.updatedTime),
        ]
    }
}
