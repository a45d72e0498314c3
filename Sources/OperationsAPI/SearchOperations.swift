import HTTPCore
import JSON
import TableStorage

/// Finding records.
struct SearchOperations: Sendable {
    let store: TableStore

    var all: [Operation] {
        [
            Operation(
                "search_by_hash", "search_by_id", required: [.table, .ids],
                optional: [.getAttributes], access: .permission,
                run: searchByKey),
            Operation(
                "search_by_value", required: [.table, .attribute, .value],
                optional: [.getAttributes, .offset, .limit, .reverse, .sort], access: .permission,
                run: searchByValue),
            Operation(
                "search_by_conditions", required: [.table, .conditions],
                optional: [.getAttributes, .operator_, .offset, .limit, .sort], access: .permission,
                run: searchByConditions),
        ]
    }

    private func searchByKey(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let table = try request.tableName()
        let keys = try request.keys(status: .internalError)
        let attributes = try request.readableAttributes(
            try request.wantedAttributes(status: .internalError), of: table, in: store)
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            Self.array(try store.records(withKeys: keys, attributes: attributes, of: table))
        }
    }

    private func searchByValue(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let attribute = try request.text(.attribute)
        var search = Search(
            try request.tableName(), attributes: try request.wantedAttributes(),
            condition: .wildcard(attribute: attribute, value: request[.value] ?? .null))
        search.offset = try request.count(.offset) ?? 0
        search.limit = try request.count(.limit)
        search.order = try Self.order(request)
        if search.order == nil {
            let isReversed = request[.reverse]?.boolValue ?? false
            search.order = Search.Order(attribute: attribute, isDescending: isReversed)
        }
        return try found(search, request)
    }

    private func searchByConditions(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        var search = Search(
            try request.tableName(), attributes: try request.wantedAttributes(),
            condition: try Self.group(
                operator: request[.operator_], conditions: request[.conditions], depth: 0))
        search.offset = try request.count(.offset) ?? 0
        search.limit = try request.count(.limit)
        search.order = try Self.order(request)
        return try found(search, request)
    }

    private func found(
        _ search: Search, _ request: OperationRequest
    ) throws(HTTPError) -> JSONValue {
        var search = search
        search.attributes = try request.readableAttributes(
            search.attributes,
            touching: search.condition.attributes + [search.order?.attribute].compactMap(\.self),
            of: search.table, in: store)
        return try storing(missing: .notFound) { () throws(TableStorageError) in
            Self.array(try store.search(search))
        }
    }

    private static func array(_ records: [JSONObject]) -> JSONValue {
        .array(records.map { .object($0) })
    }
}

// MARK: Conditions

extension SearchOperations {
    private static func group(
        operator name: JSONValue?, conditions: JSONValue?, depth: Int
    ) throws(HTTPError) -> SearchCondition {
        guard let list = conditions?.arrayValue else {
            throw HTTPError(.badRequest, "'conditions' must be an array")
        }
        guard depth <= TableLimits.conditionDepthMax else {
            throw HTTPError(
                .badRequest, "conditions are nested more than \(TableLimits.conditionDepthMax) deep"
            )
        }
        let members = try list.map { value throws(HTTPError) in
            try condition(value, depth: depth)
        }
        switch (name?.stringValue ?? "and").lowercased() {
        case "and", "": return .every(members)
        case "or": return .any(members)
        default: throw HTTPError(.badRequest, "'operator' must be 'and' or 'or'")
        }
    }

    private static func condition(
        _ value: JSONValue, depth: Int
    ) throws(HTTPError) -> SearchCondition {
        guard let object = value.objectValue else {
            throw HTTPError(.badRequest, "'conditions' must hold objects")
        }
        if let nested = object["conditions"] {
            return try group(
                operator: object["operator"], conditions: nested, depth: depth + 1)
        }
        guard let attribute = (object["search_attribute"] ?? object["attribute"])?.stringValue
        else { throw HTTPError(.badRequest, "'search_attribute' is required") }
        guard let wanted = object["search_value"] ?? object["value"] else {
            throw HTTPError(.badRequest, "'search_value' is required")
        }
        let type = (object["search_type"] ?? object["comparator"])?.stringValue
        guard let comparator = Comparator(rawValue: type ?? Comparator.equals.rawValue) else {
            let known = Comparator.allCases.map(\.rawValue).joined(separator: ", ")
            throw HTTPError(.badRequest, "'search_type' must be one of \(known)")
        }
        return .compare(attribute: attribute, comparator, wanted)
    }

    private static func order(_ request: OperationRequest) throws(HTTPError) -> Search.Order? {
        guard let sort = request[.sort], sort != .null else { return nil }
        guard let attribute = sort["attribute"]?.stringValue else {
            throw HTTPError(.badRequest, "'sort' must be an object with an 'attribute'")
        }
        return Search.Order(
            attribute: attribute, isDescending: sort["descending"]?.boolValue ?? false)
    }
}
