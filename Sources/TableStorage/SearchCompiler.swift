import JSON
import SQLite

/// A search as SQL: text of ours with quoted identifiers, every value a parameter.
struct SearchCompiler {
    private let schema: TableSchema
    private let name: TableName
    private(set) var parameters: [SQLiteValue] = []
    private var conditionCount = 0
    /// The attribute of the first comparison, whose index drives the search.
    private(set) var drivingAttribute: String?

    private let live: LiveCondition?

    /// - Parameter now: Milliseconds since 1970, by which records expire.
    init(schema: TableSchema, name: TableName, now: Int64) {
        self.schema = schema
        self.name = name
        live = schema.liveCondition(now: now)
    }

    /// The attributes of the answer and the SQL that gives their columns.
    mutating func compile(
        _ search: Search
    ) throws(TableStorageError) -> (attributes: [String], sql: String) {
        let wanted = try schema.columns(of: search.attributes)
        let columns = wanted.map { Names.quoted($0.column) }
        var condition = try sql(search.condition, depth: 0)
        if let live {
            condition = "(\(condition)) AND \(live.sql)"
            parameters.append(live.parameter)
        }
        var order = try [search.order?.attribute ?? drivingAttribute].compactMap(\.self)
            .map { attribute throws(TableStorageError) in try column(attribute) }
        order.append(Names.quoted(schema.keyColumn))
        let direction = search.order?.isDescending == true ? " DESC" : ""
        let ordering = order.map { $0 + direction }.joined(separator: ", ")
        parameters.append(.integer(Int64(search.limit ?? -1)))
        parameters.append(.integer(Int64(search.offset)))
        return (
            wanted.map(\.name),
            """
            SELECT \(columns.joined(separator: ", ")) FROM \(Names.quoted(schema.physicalName)) \
            WHERE \(condition) ORDER BY \(ordering) LIMIT ? OFFSET ?
            """
        )
    }

    private func column(_ attribute: String) throws(TableStorageError) -> String {
        guard let column = schema.column(attribute) else {
            throw TableStorageError(.attributeNotFound, "unknown attribute '\(attribute)'")
        }
        return Names.quoted(column)
    }

    private mutating func sql(
        _ condition: SearchCondition, depth: Int
    ) throws(TableStorageError) -> String {
        conditionCount += 1
        guard depth <= TableLimits.conditionDepthMax,
            conditionCount <= TableLimits.conditionsMax
        else {
            throw TableStorageError(
                .limitExceeded,
                "a search has at most \(TableLimits.conditionsMax) conditions, nested at most "
                    + "\(TableLimits.conditionDepthMax) deep")
        }
        switch condition {
        case .all: return "1"
        case .compare(let attribute, let comparator, let value):
            return try compare(attribute, comparator, value)
        case .every(let conditions): return try group(conditions, " AND ", empty: "1", depth)
        case .any(let conditions): return try group(conditions, " OR ", empty: "0", depth)
        }
    }

    private mutating func group(
        _ conditions: [SearchCondition], _ separator: String, empty: String, _ depth: Int
    ) throws(TableStorageError) -> String {
        var parts: [String] = []
        for condition in conditions { parts.append(try sql(condition, depth: depth + 1)) }
        return parts.isEmpty ? empty : Self.balanced(parts[...], separator)
    }

    /// Halves in parentheses: a chain of a thousand is nested deeper than SQLite's parser goes.
    private static func balanced(_ parts: ArraySlice<String>, _ separator: String) -> String {
        guard parts.count > 1 else { return parts.first ?? "" }
        let middle = parts.startIndex + parts.count / 2
        return "(\(balanced(parts[..<middle], separator))\(separator)"
            + "\(balanced(parts[middle...], separator)))"
    }

    private mutating func compare(
        _ attribute: String, _ comparator: Comparator, _ value: JSONValue
    ) throws(TableStorageError) -> String {
        let column = try column(attribute)
        if drivingAttribute == nil { drivingAttribute = attribute }
        switch comparator {
        case .equals:
            if value == .null { return "\(column) IS NULL" }
            parameters.append(try StoredValue.encode(value))
            return "\(column) = ?"
        case .notEqual:
            if value == .null { return "\(column) IS NOT NULL" }
            parameters.append(try StoredValue.encode(value))
            return "(\(column) <> ? OR \(column) IS NULL)"
        case .contains, .startsWith, .endsWith:
            return text(column, comparator, try text(value, comparator))
        case .greaterThan: return try range(column, ">", value)
        case .greaterThanOrEqual: return try range(column, ">=", value)
        case .lessThan: return try range(column, "<", value)
        case .lessThanOrEqual: return try range(column, "<=", value)
        case .between:
            guard let bounds = value.arrayValue, bounds.count == 2 else {
                throw TableStorageError(
                    .invalidSearch, "the search value of 'between' must be an array of two values")
            }
            let lower = try range(column, ">=", bounds[0])
            let upper = try range(column, "<=", bounds[1])
            return "(\(lower) AND \(upper))"
        }
    }

    /// Values of another kind than the bound never fall into a range, and null never does.
    private mutating func range(
        _ column: String, _ sign: String, _ value: JSONValue
    ) throws(TableStorageError) -> String {
        parameters.append(try StoredValue.encode(value))
        switch value {
        case .integer, .number:
            return "(\(column) \(sign) ? AND typeof(\(column)) IN ('integer', 'real'))"
        case .string: return "(\(column) \(sign) ? AND typeof(\(column)) = 'text')"
        case .null, .bool, .array, .object:
            throw TableStorageError(
                .invalidSearch, "a range is bounded by numbers or by strings")
        }
    }

    private mutating func text(
        _ column: String, _ comparator: Comparator, _ text: String
    ) -> String {
        switch comparator {
        case .startsWith:
            // Two bounds, so that an index can be used; no text is larger than U+10FFFF.
            parameters.append(.text(text))
            parameters.append(.text(text + "\u{10FFFF}"))
            return "(\(column) >= ? AND \(column) < ? AND typeof(\(column)) = 'text')"
        case .endsWith:
            guard !text.isEmpty else { return "(typeof(\(column)) = 'text')" }
            // Ends are compared as bytes: text ends with a text exactly when its bytes do, and
            // SQLite's length of a text stops at a NUL.
            parameters.append(.integer(Int64(text.utf8.count)))
            parameters.append(.blob(Array(text.utf8)))
            return "(typeof(\(column)) = 'text' AND substr(CAST(\(column) AS BLOB), -?) = ?)"
        default:
            parameters.append(.text(text))
            return "(typeof(\(column)) = 'text' AND instr(\(column), ?) > 0)"
        }
    }

    private func text(
        _ value: JSONValue, _ comparator: Comparator
    ) throws(TableStorageError) -> String {
        guard let text = value.stringValue else {
            throw TableStorageError(
                .invalidSearch, "the search value of '\(comparator.rawValue)' must be a string")
        }
        return text
    }
}

extension Database {
    /// The records that a search finds, in its order.
    func search(_ search: Search, now: Int64) throws(TableStorageError) -> [JSONObject] {
        let schema = try table(search.table.table)
        var compiler = SearchCompiler(schema: schema, name: search.table, now: now)
        let (attributes, sql) = try compiler.compile(search)
        if let attribute = compiler.drivingAttribute {
            try indexIfWorthwhile(attribute, of: schema, now: now)
        }
        let parameters = compiler.parameters
        return try read { connection throws(SQLiteError) in
            let statement = try connection.prepare(sql)
            try statement.bind(parameters)
            var records: [JSONObject] = []
            while try statement.step() {
                records.append(Self.record(attributes, statement))
            }
            return records
        }
    }

    /// The records with these keys, in the order of the keys; missing ones are left out.
    func records(
        withKeys keys: [JSONValue], attributes wanted: [String], of table: String, now: Int64
    ) throws(TableStorageError) -> [JSONObject] {
        let schema = try self.table(table)
        let found = try schema.columns(of: wanted)
        let (attributes, columns) = (found.map(\.name), found.map { Names.quoted($0.column) })
        return try read { connection throws(SQLiteError) in
            var records: [JSONObject] = []
            let lookup = try KeyLookup(schema, now: now, connection)
            for key in keys {
                guard let stored = try lookup.stored(key) else { continue }
                let statement = try connection.prepare(
                    """
                    SELECT \(columns.joined(separator: ", ")) \
                    FROM \(Names.quoted(schema.physicalName)) \
                    WHERE \(Names.quoted(schema.keyColumn)) = ?
                    """)
                try statement.bind([stored])
                if try statement.step() { records.append(Self.record(attributes, statement)) }
            }
            return records
        }
    }

    func recordCount(of table: String, now: Int64) throws(TableStorageError) -> Int {
        let schema = try self.table(table)
        let live = schema.liveCondition(now: now)
        return try read { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                """
                SELECT count(*) FROM \(Names.quoted(schema.physicalName))\
                \(live.map { " WHERE \($0.sql)" } ?? "")
                """)
            if let live { try statement.bind(live.parameter, at: 0) }
            return try statement.step() ? Int(statement.integer(0)) : 0
        }
    }

    private func indexIfWorthwhile(
        _ attribute: String, of schema: TableSchema, now: Int64
    ) throws(TableStorageError) {
        guard let column = schema.column(attribute), attribute != schema.primaryKey,
            !schema.indexedColumns.contains(column),
            try recordCount(of: schema.name, now: now) >= TableLimits.indexRowsMin
        else { return }
        try createIndex(on: attribute, of: schema.name)
    }

    /// The whole record that has exactly this key, without what is null in it.
    static func record(
        stored key: SQLiteValue, of schema: TableSchema, _ connection: SQLiteConnection
    ) throws(SQLiteError) -> JSONObject? {
        let columns = schema.attributes.map { Names.quoted($0.column) }
        let statement = try connection.prepare(
            """
            SELECT \(columns.joined(separator: ", ")) FROM \(Names.quoted(schema.physicalName)) \
            WHERE \(Names.quoted(schema.keyColumn)) = ?
            """)
        try statement.bind([key])
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        let members = record(schema.attributes.map(\.name), statement).members
        return JSONObject(members.filter { $0.value != .null }.map { ($0.name, $0.value) })
    }

    static func record(_ attributes: [String], _ statement: SQLiteStatement) -> JSONObject {
        JSONObject(
            attributes.enumerated().map { column, attribute in
                (attribute, StoredValue.decode(statement.column(column)))
            })
    }
}
