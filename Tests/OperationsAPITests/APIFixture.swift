import Foundation
import HTTPCore
import JSON
import OperationsAPI
import TableStorage
import Telemetry
import TestSupport

/// The operations API on a store of its own, asked without sockets.
final class APIFixture: Sendable {
    struct Answer: Sendable {
        let status: Int
        let value: JSONValue

        var message: String? { value["message"]?.stringValue }
        var error: String? { value["error"]?.stringValue }
    }

    let directory: TemporaryDirectory
    let api: OperationsAPI
    let store: TableStore
    private let route: @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse

    struct NoRoute: Error {}

    init() throws {
        directory = try TemporaryDirectory()
        store = try TableStore(root: directory.file("tables"), log: .silent)
        let csv = directory.file("csv")
        try FileManager.default.createDirectory(atPath: csv, withIntermediateDirectories: true)
        api = OperationsAPI(
            store: store,
            users: try UserStore(store: store, firstSuperUser: ("admin", "secret")),
            jobs: try JobRunner(store: store, log: .silent),
            csvFolders: [URL(fileURLWithPath: csv).resolvingSymlinksInPath().path], log: .silent)
        guard case .waiting(let handler)? = api.routes.first(where: { $0.method == .post })?.handler
        else { throw NoRoute() }
        route = handler
    }

    static func basic(_ name: String, _ password: String) -> String {
        "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()
    }

    /// Sends a body as it is.
    func send(
        _ body: [UInt8], login: String? = APIFixture.basic("admin", "secret")
    ) throws -> Answer {
        var fields = HTTPFields()
        fields["Authorization"] = login
        let request = HTTPRequest(method: .post, path: "/", fields: fields, body: body)
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try route(request)
        } catch {
            response = error.response
        }
        guard case .bytes(let bytes) = response.body else { throw NoRoute() }
        return Answer(status: response.status.code, value: try JSONValue(parsing: bytes))
    }

    func ask(
        _ operation: JSONValue, login: String? = APIFixture.basic("admin", "secret")
    ) throws -> Answer {
        try send(operation.encoded(), login: login)
    }

    /// A table `dev.dog` with the key `id`.
    func makeDogs(_ records: [JSONValue] = []) throws {
        _ = try ask(
            ["operation": "create_table", "schema": "dev", "table": "dog", "hash_attribute": "id"])
        _ = try ask([
            "operation": "insert", "schema": "dev", "table": "dog", "records": .array(records),
        ])
    }

    /// Waits for a job's end.
    func job(_ id: String) throws -> JSONValue {
        while true {
            let job = try ask(["operation": "get_job", "id": .string(id)]).value.arrayValue?.first
            guard let job else { throw NoRoute() }
            if job["status"] != "IN_PROGRESS" { return job }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }
}
