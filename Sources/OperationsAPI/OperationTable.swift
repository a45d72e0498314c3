import HTTPCore
import JSON

/// One operation: its name, what it needs, who may ask and what happens.
package struct Operation: Sendable {
    /// Who may ask for an operation.
    enum Access: Sendable {
        /// Everybody, also without a login: who asks for tokens has none yet.
        case nobody
        /// Everybody with a login.
        case everyRole
        /// The operation asks the role's permission itself, once it knows what is to be touched.
        case permission
        /// Who may make and drop things in the database that the request names; `name` is what
        /// HarperDB calls the operation in its refusal.
        case structure(name: String)
        /// Super users only; `name` is what HarperDB calls the operation in its refusal.
        case superUser(name: String)
    }

    package let names: [String]
    /// Members without which the operation makes no sense; a missing one is named.
    let required: [OperationRequest.Field]
    /// Further members that it needs, and whose absence it words itself.
    let demanded: [OperationRequest.Field]
    /// Other members that mean something, for those who describe or attack the operation.
    let optional: [OperationRequest.Field]
    let access: Access
    let run: @Sendable (OperationRequest) throws(HTTPError) -> JSONValue
    /// Whether its answer is the last on its connection, which a restart would cut off.
    let endsConnection: Bool
    /// What runs instead if the answer is no JSON but a stream of bytes.
    var stream: (@Sendable (OperationRequest) throws(HTTPError) -> HTTPResponse)?

    init(
        _ names: String..., required: [OperationRequest.Field] = [],
        demanded: [OperationRequest.Field] = [],
        optional: [OperationRequest.Field] = [], access: Access, endsConnection: Bool = false,
        run: @escaping @Sendable (OperationRequest) throws(HTTPError) -> JSONValue
    ) {
        self.names = names
        self.required = required
        self.demanded = demanded
        self.optional = optional
        self.access = access
        self.endsConnection = endsConnection
        self.run = run
    }

    init(
        _ name: String, optional: [OperationRequest.Field], access: Access,
        stream: @escaping @Sendable (OperationRequest) throws(HTTPError) -> HTTPResponse
    ) {
        self.init(name, optional: optional, access: access) { _ in .null }
        self.stream = stream
    }

    /// Every member that means something; who names a table may name its database.
    var fields: [OperationRequest.Field] {
        let needed = required + demanded
        return needed + optional + (needed.contains(.table) ? [.database] : [])
    }

    /// - Throws: 400 that names every missing member, joined as HarperDB joins them.
    func checkRequired(_ request: OperationRequest) throws(HTTPError) {
        let missing = required.filter { request[$0] == nil }.map { "'\($0.names[0])' is required" }
        guard missing.isEmpty else {
            throw HTTPError(.badRequest, missing.joined(separator: ". "))
        }
    }
}

/// Every operation under each of its names: what the API can do is what stands here.
package struct OperationTable: Sendable {
    package let operations: [Operation]
    private let byName: [String: Operation]

    init(_ operations: [Operation]) {
        self.operations = operations
        byName = Dictionary(
            operations.flatMap { operation in operation.names.map { ($0, operation) } },
            uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> Operation? { byName[name] }
}
