import BundleFormat
import Dispatch
import FunctionRuntime
import JSON
import Synchronization
import TableStorage
import Telemetry

/// Writes a row of the table `recommendations` for each answered question.
///
/// Nobody waits for it: a row is there a moment after its answer, and rows of one moment share a
/// transaction. An answer is never lost because its row could not be written; rows that a full
/// disk or too many questions leave no room for are counted and told.
final class RecommendationJournal: Sendable {
    private struct Entry {
        let liked: [ItemRecord]
        let strangers: [CatalogueItem]
        let answer: [ItemRecord]
    }

    private struct State {
        var entries: [Entry] = []
        var isWriting = false
    }

    private let description: RecommenderDescription
    private let context: FunctionContext
    private let table: TableName
    private let isReady = Atomic<Bool>(false)
    private let failures: Counter
    private let state = Mutex(State())
    private let queue: DispatchQueue

    static let tableName = "recommendations"
    static let key = "id"
    /// Rows that may wait for the disk: a second's, at ten thousand questions a second.
    static let waitingRowsMax = 10_000
    /// Rows of one transaction.
    private static let batchRows = 1_000

    init(_ description: RecommenderDescription, context: FunctionContext) {
        self.description = description
        self.context = context
        table = TableName(description.database, Self.tableName)
        failures = context.metrics.counter("recommendations_not_recorded_total")
        queue = DispatchQueue(label: "journal of \(description.project)")
    }

    /// After a reset the table has to be made again.
    func forgetTable() { isReady.store(false, ordering: .releasing) }

    func note(
        liked: [ItemRecord], strangers: [LikedItems.Stranger], answer: ArraySlice<ItemRecord>
    ) {
        let entry = Entry(
            liked: liked, strangers: strangers.map(\.item), answer: Array(answer))
        let (isTaken, mustWake) = state.withLock { state in
            guard state.entries.count < Self.waitingRowsMax else { return (false, false) }
            state.entries.append(entry)
            defer { state.isWriting = true }
            return (true, !state.isWriting)
        }
        if !isTaken { failures.add() }
        if mustWake { queue.async { self.writeAll() } }
    }

    /// Returns when everything that was noted before is written.
    func finish() { queue.sync {} }

    private func writeAll() {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.entries.prefix(Self.batchRows))
                state.entries.removeFirst(batch.count)
                state.isWriting = !batch.isEmpty
                return batch
            }
            guard !batch.isEmpty else { return }
            write(batch)
        }
    }

    private func write(_ entries: [Entry]) {
        let rows = entries.map { entry in
            description.logRow(
                entry.liked.map(\.item) + entry.strangers, entry.answer.map(\.item))
        }
        do throws(TableStorageError) {
            if !isReady.load(ordering: .acquiring) {
                try context.store.makeTable(table, primaryKey: Self.key)
                isReady.store(true, ordering: .releasing)
            }
            _ = try context.store.write(rows, to: table, mode: .insert)
        } catch {
            isReady.store(false, ordering: .releasing)
            failures.add(rows.count)
            context.log.warning(
                "recommendations were answered but not recorded",
                ["count": rows.count, "cause": error.message])
        }
    }
}

extension TableStore {
    /// Makes a table and its database unless they are there; several may do so at once.
    func makeTable(_ table: TableName, primaryKey: String) throws(TableStorageError) {
        if !databaseNames.contains(table.database) {
            try unlessThere { () throws(TableStorageError) in
                try createDatabase(table.database)
            }
        }
        try unlessThere { () throws(TableStorageError) in
            try createTable(table, primaryKey: primaryKey)
        }
    }

    private func unlessThere(
        _ make: () throws(TableStorageError) -> Void
    ) throws(TableStorageError) {
        do throws(TableStorageError) {
            try make()
        } catch {
            guard error.code == .alreadyExists else { throw error }
        }
    }
}
