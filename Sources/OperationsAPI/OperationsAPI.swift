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
    static let depthMax = 128
    /// A body that is read before anybody logged in, packed or not.
    private static let openBodyBytesMax = 16 << 10

    package let table: OperationTable
    private let users: UserStore
    private let login: LoginRules
    private let log: Log

    /// - Parameters:
    ///   - bulk: What loads and exports may reach.
    ///   - auditsTables: Whether a table keeps a log if nobody says whether it shall.
    package init(
        store: TableStore, users: UserStore, jobs: JobRunner, bulk: BulkAccess,
        auditsTables: Bool = false, components: ComponentStore, facts: NodeFacts, node: NodeControl,
        login: LoginRules = LoginRules(), log: Log
    ) {
        self.users = users
        self.login = login
        self.log = log
        let jobs = JobOperations(store: store, jobs: jobs)
        let (searches, sql) = (SearchOperations(store: store), SQLOperations(store: store))
        table = OperationTable(
            SchemaOperations(
                store: store, system: SystemTables(users: users), auditsTables: auditsTables
            ).all
                + RecordOperations(store: store).all
                + searches.all + sql.all + UserOperations(users: users).all
                + RoleOperations(users: users).all
                + TokenOperations(users: users, lifetimes: login.tokens).all
                + jobs.all + LoadOperations(store: store, jobs: jobs, bulk: bulk).all
                + ExportOperations(searches: searches, sql: sql, jobs: jobs, bulk: bulk).all
                + DeletionOperations(store: store, jobs: jobs).all
                + AuditOperations(store: store).all
                + ComponentOperations(components: components).all
                + CustomFunctionOperations(components: components, facts: facts).all
                + ClusterOperations(
                    records: ClusterRecords(store.system), facts: facts, node: node
                ).all
                + SystemOperations(store: store, node: node, facts: facts).all
                + ConfigurationOperations(node: node).all + LogOperations(log: node.log).all
                + StatusOperations(store: store, node: node).all
                + BackupOperations(store: store).all)
    }

    package var routes: [HTTPRoute] {
        [
            HTTPRoute(
                .post, "/", bodyBytesMax: Self.bodyBytesMax,
                .waiting { request throws(HTTPError) in try answer(request) }),
            HTTPRoute(
                .get, "/health",
                .immediate { _ throws(HTTPError) in .text("HarperDB is running.") }),
            HTTPRoute(.get, "/", .immediate { _ throws(HTTPError) in Self.frontPage }),
        ]
    }

    /// What HarperDB shows to a browser when its Studio is off.
    private static let frontPage = HTTPResponse(
        type: "text/html; charset=utf-8",
        bytes: Array(
            "<!doctype html><title>HarperDB</title><p>HarperDB is running.</p>\n".utf8))

    /// The answer in the form that the client wants, with the time that it took.
    private func answer(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let format = AnswerFormat(request)
        let stopwatch = Stopwatch()
        do throws(HTTPError) {
            var response = try response(to: request, in: format)
            response.fields["Server-Timing"] = stopwatch.serverTiming
            return response
        } catch {
            var error = format.error(error)
            error.fields["Server-Timing"] = stopwatch.serverTiming
            throw error
        }
    }

    private func response(
        to request: HTTPRequest, in format: AnswerFormat
    ) throws(HTTPError) -> HTTPResponse {
        if let answer = try answerWithoutLogin(request) {
            return format.response(Self.wrapped(answer))
        }
        // First, so that nobody without a login makes the node read what may be large.
        let user = try user(of: request)
        let body = try Self.body(of: request, bytesMax: Self.bodyBytesMax)
        let operation = try operation(of: body)
        let operationRequest = OperationRequest(
            body: body, user: user, authorization: request.fields["Authorization"])
        try Self.authorize(operationRequest, for: operation)
        try operation.checkRequired(operationRequest)
        if let stream = operation.stream { return try stream(operationRequest) }
        var response = format.response(Self.wrapped(try operation.run(operationRequest)))
        if operation.endsConnection { response.fields["Connection"] = "close" }
        return response
    }

    private func user(of request: HTTPRequest) throws(HTTPError) -> User {
        if isTrusted(request) { return UserStore.local }
        return try users.authenticate(request.fields["Authorization"])
    }

    /// Who needs no login: the domain socket, and this machine if it was told so. A page that a
    /// browser shows comes from this machine too, and says so with its origin.
    private func isTrusted(_ request: HTTPRequest) -> Bool {
        if request.isFromDomainSocket { return true }
        return login.trustsLoopback && request.isFromLoopback
            && request.fields["Authorization"] == nil && request.fields["Origin"] == nil
    }

    /// Who wants a token may come with nothing, or with a token that is good for this only.
    private func answerWithoutLogin(_ request: HTTPRequest) throws(HTTPError) -> JSONValue? {
        let field = request.fields["Authorization"]
        let isBasic = field?.lowercased().hasPrefix("basic ") ?? false
        guard !isBasic, request.body.count <= Self.openBodyBytesMax,
            let body = try? Self.body(of: request, bytesMax: Self.openBodyBytesMax),
            let name = body["operation"]?.stringValue,
            let operation = table[name], case .nobody = operation.access
        else { return nil }
        return try operation.run(
            OperationRequest(
                body: body, user: isTrusted(request) ? UserStore.local : nil,
                authorization: field))
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

    private static func wrapped(_ answer: JSONValue) -> JSONValue {
        guard case .string = answer else { return answer }
        return ["message": answer]
    }

    private static func body(
        of request: HTTPRequest, bytesMax: Int
    ) throws(HTTPError) -> JSONObject {
        let value = try RequestBody.value(
            of: request, bytesMax: bytesMax, limits: JSONLimits(depthMax: depthMax))
        guard let object = value.objectValue else {
            throw HTTPError(.badRequest, "Invalid JSON.")
        }
        return object
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
            guard database != TableName.systemDatabase else {
                throw OperationRefusal.of(.systemIsProtected, missing: .notFound)
            }
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
            case .protected, .denied: .forbidden
            case .diskFull: .insufficientStorage
            // HarperDB's suites expect a 500 for a table without its database.
            case .databaseNotNamed, .cancelled, .storageFailed: .internalError
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
