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

    package let table: OperationTable
    private let users: UserStore
    private let log: Log

    /// - Parameter csvFolders: Folders, with their real paths, that `csv_file_load` may read.
    package init(
        store: TableStore, users: UserStore, jobs: JobRunner, csvFolders: [String], log: Log
    ) {
        self.users = users
        self.log = log
        table = OperationTable(
            SchemaOperations(store: store).all + RecordOperations(store: store).all
                + SearchOperations(store: store).all + UserOperations(users: users).all
                + JobOperations(store: store, jobs: jobs, csvFolders: csvFolders).all)
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
        // First, so that nobody without a login makes the node read what may be large.
        let user = try users.authenticate(request.fields["Authorization"])
        let body = try Self.body(of: request)
        guard let name = body["operation"]?.stringValue, !name.isEmpty else {
            throw HTTPError(.badRequest, "Request body must include an 'operation' property.")
        }
        guard let operation = table[name] else {
            throw HTTPError(.badRequest, "Operation '\(name)' not found")
        }
        try Self.authorize(user, for: operation)
        let operationRequest = OperationRequest(body: body, user: user)
        try operation.checkRequired(operationRequest)
        let answer = try operation.run(operationRequest)
        if case .string = answer {
            return .json(JSONValue.object(["message": answer]).encoded())
        }
        return .json(answer.encoded())
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
        _ user: User, for operation: Operation
    ) throws(HTTPError) {
        guard !user.isSuperUser else { return }
        let denied: String
        switch operation.access {
        case .superUser(let name):
            denied = "Operation '\(name)' is restricted to 'super_user' roles"
        case .everyRole:
            return
        case .permission:
            // Roles with permissions of their own do not exist: no other role has any.
            denied = "Operation '\(operation.names[0])' is restricted to 'super_user' roles"
        }
        throw OperationRefusal.roleRestriction(denied)
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
            case .databaseNotNamed, .storageFailed: .internalError
            }
        return HTTPError(status, error.message, cause: error)
    }

    /// HarperDB's 403, which names what is denied in a list beside the sentence.
    static func roleRestriction(_ denied: String) -> HTTPError {
        var error = HTTPError(
            .forbidden,
            "This operation is not authorized due to role restrictions "
                + "and/or invalid database items"
        )
        let body: JSONValue = [
            "error": .string(error.message), "unauthorized_access": [.string(denied)],
            "invalid_schema_items": [],
        ]
        error.body = body.encoded()
        return error
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
