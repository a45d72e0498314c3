import BundleFormat
import Foundation
import FunctionRuntime
import HTTPCore
import JSON
import TableStorage
import Telemetry
import TestSupport
import Testing

@testable import Recommendation

/// A function with a model, asked without a server.
private struct Asked {
    private let directory: TemporaryDirectory
    let store: TableStore
    let function: RecommenderFunction
    let metrics = Metrics()
    private let prompt: @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse?
    private let patient: @Sendable (HTTPRequest) throws(HTTPError) -> HTTPResponse

    init() throws {
        directory = try TemporaryDirectory()
        store = try TableStore(root: directory.file("store"), log: .silent)
        function = RecommenderFunction(
            RecommenderDescription(
                project: "p", modelName: "books", database: "d", itemNoun: "book",
                keyNoun: "ISBN", searchRoute: "books", inputField: "isbns",
                spellings: { value in value.stringValue.map { [$0] } },
                record: { ["isbn": .string($0.key), "title": .string($0.title)] },
                reason: { ["isbn": .string($0.key)] },
                logRow: { liked, answer in
                    ["in": JSONValue(liked.count), "out": JSONValue(answer.count)]
                }, tables: [], page: []),
            context: FunctionContext(
                store: store, log: .silent, metrics: metrics, now: { Date() }))
        let bundle = directory.file("bundle")
        try SmallBundle.draft(version: 1).write(to: bundle)
        for binding in function.models {
            try binding.prepare(ModelBundle(directory: bundle))()
        }
        let route = try #require(function.routes.first { $0.pattern == "/recommend" })
        guard case .prompt(let prompt, let patient) = route.handler else {
            throw CocoaError(.featureUnsupported)
        }
        (self.prompt, self.patient) = (prompt, patient)
    }

    private static let question: HTTPRequest = {
        let keys = (0..<3).map { JSONValue.string(SmallBundle.isbn($0)) }
        return HTTPRequest(
            method: .post, path: "/p/recommend", fields: HTTPFields(),
            body: JSONValue.object(["isbns": .array(keys)]).encoded())
    }()

    func askPromptly() throws -> [UInt8]? { try prompt(Self.question).map(Self.bytes) }
    func ask() throws -> [UInt8] { Self.bytes(try patient(Self.question)) }

    private static func bytes(_ response: HTTPResponse) -> [UInt8] {
        if case .bytes(let bytes) = response.body { bytes } else { [] }
    }

    func rows() throws -> Int { try store.recordCount(of: TableName("d", "recommendations")) }
}

@Suite struct RecommenderFunctionTests {
    @Test func `a first question goes to a worker, and the second is answered at once`() throws {
        let asked = try Asked()

        #expect(try asked.askPromptly() == nil)
        let answer = try asked.ask()

        #expect(try asked.askPromptly() == answer)
        #expect(try asked.ask() == answer)
    }

    @Test func `an answer is JSON, with score and reason behind what the item is`() throws {
        let asked = try Asked()

        let answer = try JSONValue(parsing: try asked.ask())

        let first = try #require(answer.arrayValue?.first?.objectValue)
        #expect(
            first.members.map(\.name) == [
                "isbn", "title", "id", "__createdtime__", "__updatedtime__", "score", "because",
            ])
        #expect(first["because"]?["isbn"]?.stringValue != nil)
        #expect(first["score"]?.doubleValue != nil)
    }

    @Test func `each answered question has its row once the function has finished`() throws {
        let asked = try Asked()

        for _ in 0..<25 { _ = try asked.ask() }
        asked.function.finish()

        #expect(try asked.rows() == 25)
        #expect(try asked.store.commitCount(of: "d") <= 27)
        #expect(asked.metrics.counter("recommendations_not_recorded_total").value == 0)
    }

    @Test func `rows come again after the table was taken away`() throws {
        let asked = try Asked()
        _ = try asked.ask()
        asked.function.finish()

        try asked.store.dropTable(TableName("d", "recommendations"))
        _ = try asked.ask()
        asked.function.finish()
        #expect(asked.metrics.counter("recommendations_not_recorded_total").value == 1)
        _ = try asked.ask()
        asked.function.finish()

        #expect(try asked.rows() == 1)
    }
}
