import HTTPCore
import JSON
import TableStorage

/// The body of one operation, read under either of HarperDB's two families of names.
///
/// Members that nobody asks for are ignored: HarperDB's clients send many of them empty.
package struct OperationRequest: Sendable {
    let body: JSONObject
    /// Who asks; nil only for the operations that need no login.
    let user: User?
    /// The header field, for the operations that need no login.
    var authorization: String?

    var permission: RolePermission { user?.permission ?? RolePermission([:]) }

    /// A member that operations read, with every name that it may have.
    enum Field: String, Sendable, CaseIterable {
        case database, table, records, operator_, conditions, limit, offset, sort, reverse, sql
        case data, action, id, username, password, role, active, permission
        case primaryKey = "primary_key"
        case attribute, value, attributes
        case ids = "hash_values"
        case getAttributes = "get_attributes"
        case filePath = "file_path"
        case csvURL = "csv_url"
        case passthroughHeaders = "passthrough_headers"
        case s3, path, filename, format, date, timestamp, from, to, audit, expiration
        case fromDate = "from_date"
        case toDate = "to_date"
        case searchOperation = "search_operation"
        case searchType = "search_type"
        case searchValues = "search_values"
        case exactCount = "exact_count"
        case start, until, order, level
        case logName = "log_name"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
        case key, company, service, status
        case project, type, file, payload, package, encoding, restart
        case functionContent = "function_content"
        case skipNodeModules = "skip_node_modules"
        case skipSymlinks = "skip_symlinks"
        case nodeName = "node_name"
        case name, host, hostname, port, url, server, routes, subscriptions, connections, timeout

        /// The names to look for; the first is the one that messages use.
        var names: [String] {
            switch self {
            case .database: ["database", "schema"]
            case .primaryKey: ["primary_key", "hash_attribute"]
            case .attribute: ["attribute", "search_attribute"]
            case .value: ["search_value", "value"]
            case .ids: ["hash_values", "ids"]
            case .operator_: ["operator"]
            case .reverse: ["reverse", "desc"]
            default: [rawValue]
            }
        }
    }

    subscript(field: Field) -> JSONValue? {
        field.names.lazy.compactMap { body[$0] }.first
    }

    /// The database when a request names none.
    static let databaseDefault = "data"

    /// Names of databases and tables may be numbers in data operations, as HarperDB coerces them.
    func tableName() throws(HTTPError) -> TableName {
        guard let table = self[.table].flatMap(Self.coerced) else {
            throw HTTPError(.badRequest, "'table' is required")
        }
        return TableName(try databaseName(), table)
    }

    func databaseName() throws(HTTPError) -> String {
        guard let value = self[.database] else { return Self.databaseDefault }
        guard let name = Self.coerced(value) else {
            throw HTTPError(.badRequest, "'schema' must be a string")
        }
        return name
    }

    /// Names that something is made or dropped by; numbers are refused as HarperDB refuses them.
    func checkNamesAreText() throws(HTTPError) {
        var problems: [String] = []
        for (field, shown) in [(Field.database, "schema"), (.table, "table")] {
            if let value = self[field], value.stringValue == nil {
                problems.append("'\(shown)' must be a string")
            }
        }
        guard problems.isEmpty else {
            throw HTTPError(.badRequest, problems.joined(separator: ". "))
        }
    }

    func text(_ field: Field) throws(HTTPError) -> String {
        guard let value = self[field] else {
            throw HTTPError(.badRequest, "'\(field.names[0])' is required")
        }
        guard let text = value.stringValue else {
            throw HTTPError(.badRequest, "'\(field.names[0])' must be a string")
        }
        return text
    }

    /// A number of rows; 0 or absent means none was given, as old clients send it.
    func count(_ field: Field) throws(HTTPError) -> Int? {
        guard let value = self[field], value != .null else { return nil }
        guard let count = value.integerValue, count >= 0 else {
            throw HTTPError(.badRequest, "'\(field.names[0])' must be a whole number of at least 0")
        }
        return count == 0 ? nil : count
    }

    /// The list of keys; a search answers 500 for anything else, which HarperDB's suites expect.
    func keys(status: HTTPStatus = .badRequest) throws(HTTPError) -> [JSONValue] {
        guard let keys = self[.ids]?.arrayValue else {
            throw HTTPError(status, "'hash_values' must be an array")
        }
        return keys
    }

    /// - Parameter status: For anything but a list; a search that answers 500 takes no bare star
    ///   either, which HarperDB's suites expect.
    func wantedAttributes(status: HTTPStatus = .badRequest) throws(HTTPError) -> [String] {
        guard let value = self[.getAttributes] else { return ["*"] }
        if value == "*", status == .badRequest { return ["*"] }
        guard let list = value.arrayValue else {
            throw HTTPError(status, "'get_attributes' must be an array")
        }
        let names = list.compactMap(\.stringValue)
        guard names.count == list.count else {
            throw HTTPError(.badRequest, "'get_attributes' must hold names of attributes")
        }
        return names.isEmpty ? ["*"] : names
    }

    private static func coerced(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let whole): String(whole)
        default: nil
        }
    }
}
