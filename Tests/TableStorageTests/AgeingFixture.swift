import Foundation
import JSON
import Synchronization
import TestSupport

@testable import TableStorage

/// A store whose clock stands until it is moved, with the tables `dev.dog` (with a log) and
/// `dev.cat` (whose records live for a minute).
final class AgeingFixture: Sendable {
    static let dog = TableName("dev", "dog")
    static let cat = TableName("dev", "cat")

    let store: TableStore
    private let directory: TemporaryDirectory
    private let clock: Clock

    private final class Clock: Sendable {
        let seconds = Mutex(1_000)
    }

    init() throws {
        directory = try TemporaryDirectory()
        let clock = Clock()
        self.clock = clock
        store = try TableStore(root: directory.file("store"), log: .silent) {
            Date(timeIntervalSince1970: Double(clock.seconds.withLock { $0 }))
        }
        try store.createTable(
            Self.dog, primaryKey: "id", makesDatabase: true, options: TableOptions(audit: true))
        try store.createTable(
            Self.cat, primaryKey: "id", options: TableOptions(expirationSeconds: 60))
    }

    func wait(seconds: Int) { clock.seconds.withLock { $0 += seconds } }

    func reopened() throws -> TableStore {
        try TableStore(root: directory.file("store"), log: .silent)
    }

    /// Insert, update, upsert and delete, one second after the other from second 1,000 on.
    func writeDogs() throws {
        _ = try store.write(
            [["id": 1, "name": "Penny"], ["id": 2, "name": "Kato"]], to: Self.dog, mode: .insert,
            by: "ann")
        wait(seconds: 1)
        _ = try store.write(
            [["id": 1, "age": 8], ["id": 9]], to: Self.dog, mode: .update, by: "bob")
        wait(seconds: 1)
        _ = try store.write(
            [["id": 2, "name": "K"], ["id": "2", "name": "text"]], to: Self.dog, mode: .upsert,
            by: "ann")
        wait(seconds: 1)
        _ = try store.delete(keys: [1, 7], from: Self.dog, by: "bob")
    }
}
