import HTTPCore
import JSON
import TableStorage

/// Whether the asker's role allows what a request is about to touch.
extension OperationRequest {
    private static let automaticTimesSentence =
        "Internal timestamp attributes - '__createdtime_' and '__updatedtime__' - cannot be "
        + "inserted to or updated by HDB users."

    /// - Parameter attributes: Those that are read or written, in the order of the request.
    /// - Throws: 403 that names everything that is missing.
    func demand(
        _ actions: [TableAction], on table: TableName, attributes: some Sequence<String> = [],
        in store: TableStore
    ) throws(HTTPError) {
        guard !permission.isSuperUser else { return }
        guard table.database != TableName.systemDatabase else {
            throw Self.refusal(of: actions, onSystem: table)
        }
        let denial = permission.denial(
            of: actions, on: table, attributes: attributes, schema: try? store.table(table))
        guard denial.isEmpty else { throw denial.error }
    }

    /// Everybody knows that this database is there; what may not be is told as HarperDB tells it.
    private static func refusal(
        of actions: [TableAction], onSystem table: TableName
    ) -> HTTPError {
        if actions.contains(.update) || actions.contains(.delete) {
            return OperationRefusal.of(.systemIsProtected, missing: .notFound)
        }
        var denial = AccessDenial()
        denial.add(actions, on: table)
        return denial.error
    }

    /// Demands a write of these records; their automatic times are nobody's to set.
    func demandWrite(
        _ actions: [TableAction], of records: [JSONObject], to table: TableName,
        in store: TableStore
    ) throws(HTTPError) {
        guard !permission.isSuperUser else { return }
        let attributes = records.lazy.flatMap(\.names)
        try demand(
            actions, on: table,
            attributes: attributes.filter { !AutomaticAttribute.names.contains($0) }, in: store)
        guard !attributes.contains(where: AutomaticAttribute.names.contains) else {
            throw HTTPError(.forbidden, Self.automaticTimesSentence)
        }
    }

    /// The attributes of an answer, a star being those that the role may read.
    ///
    /// - Parameter touched: Attributes that a search compares or sorts by: they tell as much.
    func readableAttributes(
        _ wanted: [String], touching touched: [String] = [], of table: TableName,
        in store: TableStore
    ) throws(HTTPError) -> [String] {
        guard !permission.isSuperUser else { return wanted }
        let named = wanted.filter { $0 != "*" }
        try demand([.read], on: table, attributes: touched + named, in: store)
        guard wanted.contains("*"), permission.isRestricted(in: table) else { return wanted }
        let schema = try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.table(table)
        }
        return permission.readable(of: schema, in: table)
    }
}

extension SearchCondition {
    /// The attributes that are compared.
    var attributes: [String] {
        switch self {
        case .all: []
        case .compare(let attribute, _, _): [attribute]
        case .every(let members), .any(let members): members.flatMap(\.attributes)
        }
    }
}
