import Components
import HTTPCore
import Integrity
import JSON
import TableStorage
import Telemetry

/// HarperDB's operations API: one JSON operation in, one JSON answer out.
package struct OperationsAPI: Sendable {
    /// A body of the operations port; bulk loads come in one piece.
    package static let bodyBytesMax = 128 << 20
    /// Nesting of a request: records may hold objects in objects.
    private static let depthMax = 128
    /// A body that is read before anybody logged in.
    private static let openBodyBytesMax = 16 << 10

    package let table: OperationTable
    private let users: UserStore
    private let login: LoginRules
    private let log: Log

    /// - Parameter csvFolders: Folders, with their real paths, that `csv_file_load` may read.
    package init(
        store: TableStore, users: UserStore, jobs: JobRunner, csvFolders: [String],
        components: ComponentStore, facts: NodeFacts, login: LoginRules = LoginRules(), log: Log
    ) {
        self.users = users
        self.login = login
        self.log = log
        table = OperationTable(
            SchemaOperations(store: store).all + RecordOperations(store: store).all
                + SearchOperations(store: store).all + UserOperations(users: users).all
                + RoleOperations(users: users).all
                + TokenOperations(users: users, lifetimes: login.tokens).all
                + JobOperations(store: store, jobs: jobs, csvFolders: csvFolders).all
                + ComponentOperations(components: components).all
                + CustomFunctionOperations(components: components, facts: facts).all
                + ClusterOperations(records: ClusterRecords(store.system), facts: facts).all)
    }

    package var routes: [HTTPRoute] {
        [
            HTTPRoute(
                .post, "/", bodyBytesMax: Self.bodyBytesMax,
                .waiting { request throws(HTTPError) in try answer(request) }),
            HTTPRoute(
                .get, "/health",
                .immediate { _ throws(HTTPError) in .text("HarperDB is running.") }),
        ]
    }

    private func answer(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        if let answer = try answerWithoutLogin(request) { return Self.response(answer) }
        // First, so that nobody without a login makes the node read what may be large.
        let user = try user(of: request)
        let body = try Self.body(of: request)
        let operation = try operation(of: body)
        let operationRequest = OperationRequest(
            body: body, user: user, authorization: request.fields["Authorization"])
        try Self.authorize(operationRequest, for: operation)
        try operation.checkRequired(operationRequest)
        return Self.response(try operation.run(operationRequest))
    }

    private func user(of request: HTTPRequest) throws(HTTPError) -> User {
        if request.isFromDomainSocket { return UserStore.local }
        let field = request.fields["Authorization"]
        if field == nil, login.trustsLoopback, request.isFromLoopback { return UserStore.local }
        return try users.authenticate(field)
    }

    /// Who wants a token may come with nothing, or with a token that is good for this only.
    private func answerWithoutLogin(_ request: HTTPRequest) throws(HTTPError) -> JSONValue? {
        let field = request.fields["Authorization"]
        let isBasic = field?.lowercased().hasPrefix("basic ") ?? false
        guard !isBasic, request.body.count <= Self.openBodyBytesMax,
            let body = try? Self.body(of: request), let name = body["operation"]?.stringValue,
            let operation = table[name], case .nobody = operation.access
        else { return nil }
        let isLocal =
            request.isFromDomainSocket
            || (field == nil && login.trustsLoopback && request.isFromLoopback)
        return try operation.run(
            OperationRequest(
                body: body, user: isLocal ? UserStore.local : nil, authorization: field))
    }

    private func operation(of body: JSONObject) throws(HTTPError) -> Operation {
        guard let name = body["operation"]?.stringValue, !name.isEmpty else {
            throw HTTPError(.badRequest, "Request body must include an 'operation' property.")
        }
        guard let operation = table[name] else {
            throw HTTPError(.badRequest, "Operation '\(name)' not found")
        }
        return operation
    }

    private static func response(_ answer: JSONValue) -> HTTPResponse {
        guard case .string = answer else { return .json(answer.encoded()) }
        return .json(JSONValue.object(["message": answer]).encoded())
    }

    private static func body(of request: HTTPRequest) throws(HTTPError) -> JSONObject {
        do throws(JSONError) {
            let value = try JSONValue(
                parsing: request.body, limits: JSONLimits(depthMax: depthMax))
            guard let object = value.objectValue else {
                throw JSONError(.unexpectedShape, "Invalid JSON.")
            }
            return object
        } catch {
            throw HTTPError(.badRequest, "Invalid JSON.", cause: error)
        }
    }

    private static func authorize(
        _ request: OperationRequest, for operation: Operation
    ) throws(HTTPError) {
        guard !request.permission.isSuperUser else { return }
        switch operation.access {
        case .nobody, .everyRole, .permission: return
        case .superUser(let name): throw AccessDenial.superUsersOnly(name)
        case .structure(let name):
            let database = try request.databaseName()
            guard request.permission.mayChangeStructure(of: database) else {
                throw AccessDenial.superUsersOnly(name)
            }
        }
    }
}

/// Who gets in without a password, and for how long a token lets in.
package struct LoginRules: Sendable {
    /// Whether a request from this machine without a login acts as a super user.
    package var trustsLoopback: Bool
    package var tokens: TokenLifetimes

    package init(trustsLoopback: Bool = false, tokens: TokenLifetimes = TokenLifetimes()) {
        self.trustsLoopback = trustsLoopback
        self.tokens = tokens
    }
}

/// The answers that refuse: the one place where a storage error becomes a status.
enum OperationRefusal {
    /// - Parameter missing: The status for a database or table that does not exist: 400 when
    ///   something was to be written there, 404 when something was to be found.
    static func of(_ error: TableStorageError, missing: HTTPStatus) -> HTTPError {
        let status: HTTPStatus =
            switch error.code {
            case .databaseNotFound, .tableNotFound, .attributeNotFound: missing
            case .alreadyExists, .invalidName, .invalidRecord, .invalidSearch, .invalidSQL,
                .limitExceeded, .queryTooLong:
                .badRequest
            case .protected: .forbidden
            case .diskFull: .insufficientStorage
            case .cancelled, .storageFailed: .internalError
            }
        return HTTPError(status, error.message, cause: error)
    }
}

/// Runs a piece of work on the store and turns its failure into an answer.
func storing<Answer>(
    missing: HTTPStatus, _ body: () throws(TableStorageError) -> Answer
) throws(HTTPError) -> Answer {
    do throws(TableStorageError) {
        return try body()
    } catch {
        throw OperationRefusal.of(error, missing: missing)
    }
}
