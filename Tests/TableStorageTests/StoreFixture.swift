import Dispatch
import JSON
import Telemetry
import TestSupport
import Testing

@testable import TableStorage

/// A store in a directory of its own, with the empty table `dev.dog` whose key is `id`.
final class StoreFixture: Sendable {
    static let dog = TableName("dev", "dog")

    let directory: TemporaryDirectory
    let store: TableStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try TableStore(root: directory.file("store"), log: .silent)
        try store.createTable(Self.dog, primaryKey: "id", makesDatabase: true)
    }

    /// The same directory, opened a second time as after a restart.
    func reopened() throws -> TableStore {
        try TableStore(root: directory.file("store"), log: .silent)
    }

    @discardableResult
    func insert(_ records: JSONObject...) throws -> WriteResult {
        try store.write(records, to: Self.dog, mode: .insert)
    }

    /// The keys that a search finds.
    func keys(_ condition: SearchCondition) throws -> [JSONValue] {
        try store.search(Search(Self.dog, attributes: ["id"], condition: condition))
            .compactMap { $0["id"] }
    }
}

/// Runs a body on so many threads at once and returns when all have ended.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
}

/// Holds threads until it is opened once.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// Each thread that passes lets the next one through.
    func wait() {
        semaphore.wait()
        semaphore.signal()
    }
}
