import Components
import Foundation
import HTTPCore
import JSON
import Telemetry
import TestSupport
import Testing

@testable import OperationsAPI
@testable import TableStorage

/// An operations API on a directory of its own, asked through its routes, without sockets.
final class OperationsFixture: Sendable {
    /// What came back.
    struct Answer: Equatable, CustomStringConvertible {
        let status: Int
        let body: JSONValue
        let challenge: String?

        var error: String? { body["error"]?.stringValue }
        var message: String? { body["message"]?.stringValue }
        var description: String { "\(status) \(body.text)" }
    }

    static let admin = OperationsFixture.basic("admin", "secret")

    let store: TableStore
    let api: OperationsAPI
    let users: UserStore
    let components: ComponentStore
    let node: NodeDouble
    /// Holds what `csv_file_load` may read.
    let csvFolder: String
    /// Where `export_local` may write.
    let exportFolder: String
    /// The hosts that bulk operations ask.
    let remote = RemoteDouble()
    private let directory: TemporaryDirectory

    /// A node that has nothing compiled in and follows nobody.
    static let loneNode = NodeFacts(
        nodeName: "edge-1", isTrainer: false, functionsPort: 9_926, functions: { [] },
        followed: { [] })

    init(facts: NodeFacts = loneNode, login: LoginRules = LoginRules()) throws {
        directory = try TemporaryDirectory()
        let home = directory.url.resolvingSymlinksInPath()
        csvFolder = home.appendingPathComponent("csv").path
        exportFolder = home.appendingPathComponent("export").path
        for folder in [csvFolder, exportFolder] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        store = try TableStore(root: directory.file("store"), log: .silent)
        users = try UserStore(store: store, firstSuperUser: ("admin", "secret"))
        components = try ComponentStore(root: directory.file("components"))
        node = try NodeDouble()
        api = OperationsAPI(
            store: store, users: users, jobs: try JobRunner(store: store, log: .silent),
            bulk: BulkAccess(
                csvFolders: [csvFolder], exportFolders: [exportFolder], hosts: ["data.example"],
                send: remote.send, now: { Date(timeIntervalSince1970: 1_369_353_600) }),
            components: components, facts: facts,
            node: node.control, login: login, log: .silent)
    }

    /// A fixture with the empty table `dev.dog`, whose key is `id`.
    static func withDogs() throws -> OperationsFixture {
        let fixture = try OperationsFixture()
        try fixture.expectMessage(
            "table 'dev.dog' successfully created.",
            ["operation": "create_table", "schema": "dev", "table": "dog", "hash_attribute": "id"])
        return fixture
    }

    static func basic(_ name: String, _ password: String) -> String {
        "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()
    }

    /// The login of a user who is no super user.
    func loginOfAnotherRole() throws -> String {
        _ = try ask([
            "operation": "add_user", "username": "guest", "password": "guest", "active": true,
            "role": .string(RoleStore.clusterUserRole),
        ])
        return Self.basic("guest", "guest")
    }

    func file(outside name: String) -> String { directory.file(name) }

    /// Asks as the super user.
    func ask(_ body: JSONValue) throws -> Answer {
        try ask(bytes: body.encoded(), login: Self.admin)
    }

    func ask(_ body: JSONValue, login: String?) throws -> Answer {
        try ask(bytes: body.encoded(), login: login)
    }

    /// The whole answer to the super user, which may be a stream.
    func response(_ body: JSONValue) throws -> HTTPResponse {
        try response(bytes: body.encoded(), login: Self.admin)
    }

    private func response(bytes: [UInt8], login: String?) throws -> HTTPResponse {
        var request = HTTPRequest(method: .post, path: "/", body: bytes)
        request.fields["Authorization"] = login
        return try response(to: request)
    }

    func ask(bytes: [UInt8], login: String?) throws -> Answer {
        let response = try response(bytes: bytes, login: login)
        // A stream has no value; those who want its bytes ask for the response.
        let body: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
        let value = try body.isEmpty ? .null : JSONValue(parsing: body)
        return Answer(
            status: response.status.code, body: value,
            challenge: response.fields["WWW-Authenticate"])
    }

    /// What the transport would send.
    func response(to request: HTTPRequest) throws -> HTTPResponse {
        let route = try #require(api.routes.first { $0.method == .post && $0.pattern == "/" })
        guard case .waiting(let answer) = route.handler else {
            throw FixtureError(description: "operations may wait for the disk")
        }
        do throws(HTTPError) {
            return try answer(request)
        } catch {
            return error.response
        }
    }

    func expectMessage(_ message: String, _ body: JSONValue) throws {
        #expect(
            try ask(body) == Answer(status: 200, body: ["message": .string(message)]),
            "\(body.text)")
    }

    func expectError(_ status: Int, _ error: String, _ body: JSONValue) throws {
        #expect(
            try ask(body) == Answer(status: status, body: ["error": .string(error)]),
            "\(body.text)")
    }

    func expectAnswer(_ answer: JSONValue, _ body: JSONValue) throws {
        #expect(try ask(body) == Answer(status: 200, body: answer), "\(body.text)")
    }

    /// Inserts records into `dev.dog`.
    func insertDogs(_ records: [JSONValue]) throws {
        let answer = try ask([
            "operation": "insert", "schema": "dev", "table": "dog", "records": .array(records),
        ])
        #expect(answer.message == "inserted \(records.count) of \(records.count) records")
    }

    /// Everything in the store, for telling whether anything changed.
    func everything() throws -> JSONValue {
        var tables = JSONObject()
        for database in store.databaseNames {
            tables[database] = [:]
            for table in try store.tables(of: database) {
                let name = TableName(database, table.name)
                let records = try store.search(Search(name)).map(JSONValue.object)
                tables["\(name)"] = [
                    .array(table.attributes.map { .string($0.name) }), .array(records),
                ]
            }
        }
        tables["users"] = .array(try users.users().map(JSONValue.object))
        return .object(tables)
    }

    /// The end of a job, waited for without a clock: its thread gets the processor each time.
    func finishedJob(_ started: Answer) throws -> JSONValue {
        let id = try #require(started.message?.split(separator: " ").last)
        #expect(started.message == "Starting job with id \(id)")
        for _ in 0..<1_000_000 {
            let jobs = try ask(["operation": "get_job", "id": .string(String(id))])
            let job = try #require(jobs.body.arrayValue?.first)
            if job["status"] != "IN_PROGRESS" { return job }
            sched_yield()
        }
        throw FixtureError(description: "the job \(id) did not end")
    }
}

struct FixtureError: Error, CustomStringConvertible {
    let description: String
}

extension OperationsFixture.Answer {
    init(status: Int, body: JSONValue) {
        self.init(status: status, body: body, challenge: nil)
    }
}
