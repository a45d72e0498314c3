import SQLite

/// A table and the database that it is in.
package struct TableName: Sendable, Hashable {
    package let database: String
    package let table: String

    /// The database that a node keeps for itself.
    package static let systemDatabase = "system"

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

/// What `create_table` may ask for beside names.
package struct TableOptions: Sendable, Hashable {
    /// Whether a log is kept of who wrote what.
    package var audit: Bool
    /// How long a record lives after it was last written; nil for ever.
    package var expirationSeconds: Int?

    package init(audit: Bool = false, expirationSeconds: Int? = nil) {
        self.audit = audit
        self.expirationSeconds = expirationSeconds
    }

    /// - Throws: `.limitExceeded`.
    func check() throws(TableStorageError) {
        guard let seconds = expirationSeconds else { return }
        guard (1...TableLimits.expirationSecondsMax).contains(seconds) else {
            throw TableStorageError(
                .limitExceeded,
                "'expiration' must be 1 to \(TableLimits.expirationSecondsMax) seconds")
        }
    }
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
    package let options: TableOptions
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

/// Which records of an expiring table are still there.
///
/// Whoever reads a table adds this to the conditions, whatever else is asked for: a record that
/// expired is gone from the second on, though the sweep takes its place back later.
struct LiveCondition {
    /// SQL with one parameter, true for records that are there.
    let sql: String
    /// The same parameter, true for those that are not.
    let opposite: String
    /// The last moment of writing that is too long ago.
    let parameter: SQLiteValue
}

extension TableSchema {
    /// - Parameter now: Milliseconds since 1970.
    /// - Returns: Nil if records never expire.
    func liveCondition(now: Int64) -> LiveCondition? {
        guard let seconds = options.expirationSeconds, let column = column(Names.updatedTime)
        else { return nil }
        let name = Names.quoted(column)
        return LiveCondition(
            sql: "\(name) > ?", opposite: "\(name) <= ?",
            parameter: .integer(now - Int64(seconds) * 1_000))
    }
}

/// The tables of one database.
struct DatabaseSchema: Sendable {
    var tables: [String: TableSchema] = [:]
}
