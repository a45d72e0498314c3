import Foundation
import JSON
import SQLite
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import TableStorage

/// The power goes while several threads write; what the disk then holds is opened again.
@Suite struct PowerCutTests {
    private static let table = TableName("dev", "log")
    private static let writers = 4
    private static let requests = 60

    /// Each request raises its writer's counter and adds two records with the counter's number,
    /// large enough that the log is moved into the database many times.
    private static func request(_ number: Int, of writer: Int) -> [JSONObject] {
        let padding = JSONValue.string(String(repeating: "x", count: 6_000))
        return [
            ["id": .string("counter-\(writer)"), "number": JSONValue(number)],
            ["id": .string("\(writer)-\(number)-a"), "padding": padding],
            ["id": .string("\(writer)-\(number)-b"), "padding": padding],
        ]
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a power cut takes nothing that was acknowledged and leaves no half request`(
        seed: UInt64
    ) throws {
        let directory = try TemporaryDirectory()
        let root = directory.url.resolvingSymlinksInPath().appendingPathComponent("store").path
        let promises = Promises(seed: seed)
        SQLiteFileObservation.begin(root, PowerCutRecorder { promises.maybeCut($0) })
        let store = try TableStore(root: root, log: .silent)
        try store.createTable(Self.table, primaryKey: "id", makesDatabase: true)
        promises.begin()

        onThreads(Self.writers) { writer in
            for number in 1...Self.requests {
                do throws(TableStorageError) {
                    _ = try store.write(
                        Self.request(number, of: writer), to: Self.table, mode: .upsert)
                    promises.acknowledge(number, of: writer)
                } catch {
                    Issue.record(error)
                }
            }
        }

        var (generator, lost) = (SeededGenerator(seed: seed), 0)
        for (index, cut) in promises.cuts.enumerated() {
            let image = directory.file("image-\(index)")
            lost += try cut.moment.cut(root, to: image, using: &generator)
            try Self.check(image, holds: cut.promised)
            try FileManager.default.removeItem(atPath: image)
        }
        // A cut that never lost anything would show nothing.
        #expect(lost > 0)
    }

    private static func check(_ image: String, holds promised: [Int]) throws {
        let store = try TableStore(root: image, log: .silent)
        let found = try store.search(Search(Self.table, attributes: ["id", "number"]))
        let ids = Set(found.compactMap { $0["id"]?.stringValue })
        var expected = Set<String>()
        for writer in 0..<writers {
            let counter = found.first { $0["id"] == .string("counter-\(writer)") }
            let number = counter?["number"]?.integerValue ?? 0
            #expect(number >= promised[writer], "writer \(writer) lost what was acknowledged")
            guard number > 0 else { continue }
            expected.formUnion(
                (1...number).flatMap { ["\(writer)-\($0)-a", "\(writer)-\($0)-b"] }
                    + ["counter-\(writer)"])
        }
        #expect(ids == expected, "some request is there in part")
    }

    /// What was acknowledged to whom, and the cuts, each with what had been promised by then.
    private final class Promises: Sendable {
        struct Cut {
            let promised: [Int]
            let moment: PowerCutRecorder.Moment
        }

        private struct State {
            var generator: SeededGenerator
            var hasBegun = false
            var promised = Array(repeating: 0, count: writers)
            var cuts: [Cut] = []
        }

        private let state: Mutex<State>

        init(seed: UInt64) {
            state = Mutex(State(generator: SeededGenerator(seed: seed)))
        }

        var cuts: [Cut] { state.withLock { $0.cuts } }

        func begin() { state.withLock { $0.hasBegun = true } }

        func acknowledge(_ number: Int, of writer: Int) {
            state.withLock { $0.promised[writer] = number }
        }

        /// Cuts the power at about one sync of four.
        func maybeCut(_ recorder: PowerCutRecorder) {
            state.withLock { state in
                guard state.hasBegun, Int.random(in: 0..<4, using: &state.generator) == 0 else {
                    return
                }
                let promised = state.promised
                state.cuts.append(Cut(promised: promised, moment: recorder.moment()))
            }
        }
    }
}
