import JSON

/// What the asker of a statement may do.
///
/// Both questions are asked of names that a statement holds and of none that it does not.
package struct SQLAccess: Sendable {
    package enum Action: String, Sendable, Hashable {
        case read, insert, update, delete
    }

    /// Whether the table may be used so at all.
    package let allowsTable: @Sendable (Action, TableName) -> Bool
    /// Whether the attribute may be used so; asked if the table may be.
    package let allowsAttribute: @Sendable (Action, TableName, String) -> Bool
    /// Whether nothing is ever refused.
    let isEverything: Bool

    package init(
        allowsTable: @escaping @Sendable (Action, TableName) -> Bool,
        allowsAttribute: @escaping @Sendable (Action, TableName, String) -> Bool
    ) {
        self.allowsTable = allowsTable
        self.allowsAttribute = allowsAttribute
        isEverything = false
    }

    private init() {
        allowsTable = { _, _ in true }
        allowsAttribute = { _, _, _ in true }
        isEverything = true
    }

    /// A super user's.
    package static let everything = SQLAccess()
}

/// Everything that a statement wanted and its asker may not do; the cause of a `.denied`.
package struct SQLDenial: Error, Sendable, Hashable {
    /// What is not allowed with one table.
    package struct Missing: Sendable, Hashable {
        package let action: SQLAccess.Action
        package let table: TableName
        /// In the order in which the statement needs them; empty if the table itself is refused.
        package internal(set) var attributes: [String]
    }

    /// In the order in which the statement needs them; one entry for an action and a table.
    package private(set) var missing: [Missing] = []

    package init() {}

    mutating func add(_ action: SQLAccess.Action, _ table: TableName) {
        guard !has(action, table) else { return }
        missing.removeAll { $0.action == action && $0.table == table }
        missing.append(Missing(action: action, table: table, attributes: []))
    }

    mutating func add(_ action: SQLAccess.Action, _ table: TableName, attribute: String) {
        guard !has(action, table) else { return }
        let place = missing.firstIndex { $0.action == action && $0.table == table }
        guard let place else {
            missing.append(Missing(action: action, table: table, attributes: [attribute]))
            return
        }
        if !missing[place].attributes.contains(attribute) {
            missing[place].attributes.append(attribute)
        }
    }

    /// Whether the table as a whole is refused already, which says more than any attribute.
    private func has(_ action: SQLAccess.Action, _ table: TableName) -> Bool {
        missing.contains { $0.action == action && $0.table == table && $0.attributes.isEmpty }
    }

    /// - Throws: `.denied` if anything is missing.
    func check() throws(TableStorageError) {
        guard !missing.isEmpty else { return }
        throw TableStorageError(
            .denied,
            "This operation is not authorized due to role restrictions "
                + "and/or invalid database items",
            cause: self)
    }
}

/// What a statement does to records.
package enum SQLVerb: Sendable, Hashable {
    case insert, update, delete
}

/// What came of a statement.
package enum SQLAnswer: Sendable, Hashable {
    case rows([JSONObject])
    /// What a write did; `count` is the number of records that it was to do it to.
    case written(SQLVerb, WriteResult, count: Int)
}
