/// A table and the database that it is in.
package struct TableName: Sendable, Hashable {
    package let database: String
    package let table: String

    package init(_ database: String, _ table: String) {
        self.database = database
        self.table = table
    }
}

extension TableName: CustomStringConvertible {
    package var description: String { "\(database).\(table)" }
}

/// One attribute: its name, and the column that holds it.
package struct AttributeSchema: Sendable, Hashable {
    package let name: String
    /// Differs from the name if SQLite would take two names for one.
    let column: String
}

/// What a table consists of.
package struct TableSchema: Sendable {
    package let name: String
    /// The name of the SQLite table.
    let physicalName: String
    package let id: String
    package let primaryKey: String
    /// In the order in which they came: the key first.
    package internal(set) var attributes: [AttributeSchema]
    /// In milliseconds since 1970.
    package let createdTime: Int64
    package internal(set) var updatedTime: Int64
    /// Columns with an index of their own.
    var indexedColumns: Set<String> = []

    /// The column of an attribute, or nil if the table has no such attribute.
    func column(_ attribute: String) -> String? {
        attributes.first { $0.name == attribute }?.column
    }

    /// The attribute that a column holds, by the name that SQLite gives the column.
    func attribute(ofColumn column: String) -> String? {
        attributes.first { $0.column == column }?.name
    }

    /// The attributes that a request names, each once, with their columns; a star means all.
    ///
    /// - Throws: `.attributeNotFound`.
    func columns(of wanted: [String]) throws(TableStorageError) -> [AttributeSchema] {
        if wanted.contains("*") { return attributes }
        var known: [String: AttributeSchema] = [:]
        for attribute in attributes { known[attribute.name] = attribute }
        var found: [AttributeSchema] = []
        var names: Set<String> = []
        for name in wanted where names.insert(name).inserted {
            guard let attribute = known[name] else {
                throw TableStorageError(.attributeNotFound, "unknown attribute '\(name)'")
            }
            found.append(attribute)
        }
        return found
    }

    /// The key's column.
    var keyColumn: String { attributes[0].column }
}

/// The tables of one database.
struct DatabaseSchema: Sendable {
    var tables: [String: TableSchema] = [:]
}
