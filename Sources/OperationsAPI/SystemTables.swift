import HTTPCore
import JSON
import TableStorage

/// Those tables of HarperDB's database `system` that clients have described.
///
/// A node keeps no such tables. Tools look there for users and roles, and get a description that
/// is true of what the operations on users and roles work on; their records stay hidden.
struct SystemTables: Sendable {
    private struct Table {
        let name: String
        let key: String
        let attributes: [String]
        let records: [JSONObject]
    }

    let users: UserStore

    func describeAll() throws(HTTPError) -> JSONObject {
        var answer = JSONObject()
        for table in try tables() { answer[table.name] = Self.description(of: table) }
        return answer
    }

    /// - Throws: 404 if there is no such table.
    func describe(_ name: String) throws(HTTPError) -> JSONValue {
        guard let table = try tables().first(where: { $0.name == name }) else {
            throw HTTPError(
                .notFound, "Table '\(TableName(TableName.systemDatabase, name))' does not exist")
        }
        return Self.description(of: table)
    }

    private func tables() throws(HTTPError) -> [Table] {
        [
            Table(
                name: "hdb_info", key: "info_id",
                attributes: ["data_version_num", "hdb_version_num"], records: [[:]]),
            Table(
                name: "hdb_role", key: "id", attributes: ["role", "permission"],
                records: try users.roles.roles()),
            Table(
                name: "hdb_user", key: "username", attributes: ["password", "role", "active"],
                records: try users.users()),
        ]
    }

    private static func description(of table: Table) -> JSONValue {
        let created = table.records.compactMap { $0["__createdtime__"]?.integerValue }.min()
        let updated = table.records.compactMap { $0["__updatedtime__"]?.integerValue }.max()
        let others = table.attributes + ["__createdtime__", "__updatedtime__"]
        let attributes = others.map { name -> JSONValue in ["attribute": .string(name)] }
        let key: JSONValue = ["attribute": .string(table.key), "is_primary_key": true]
        return [
            "schema": .string(TableName.systemDatabase), "name": .string(table.name),
            "hash_attribute": .string(table.key), "id": .string(table.name), "residence": .null,
            "attributes": .array([key] + attributes), "schema_defined": true, "audit": false,
            "record_count": JSONValue(table.records.count),
            "last_updated_record": updated.map { JSONValue($0) } ?? .null, "db_size": .null,
            "table_size": .null, "__createdtime__": created.map { JSONValue($0) } ?? .null,
            "__updatedtime__": created.map { JSONValue($0) } ?? .null,
        ]
    }
}
