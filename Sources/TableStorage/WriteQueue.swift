import Dispatch
import SQLite
import Synchronization

/// One writer for any number of threads: those who come while it writes share one commit.
///
/// The first thread that finds nobody writing leads: it takes what is queued, runs all of it in
/// one transaction, each piece in a savepoint of its own, commits once, and wakes the others. Then
/// the first who came meanwhile leads (as LevelDB's writers do). So an fsync costs as much for
/// sixty threads as for one, and a piece that fails takes nobody with it. A piece may run twice: if
/// a batch fails as a whole, it is undone and its pieces run again, one transaction for each.
///
/// A piece that belongs to a bulk load is committed alone, and takes turns with everybody else: who
/// writes one record meanwhile waits for one piece of the load, however many loads there are.
///
/// Invariant: the connection belongs to the thread that leads.
final class WriteQueue<Schema: Sendable>: Sendable {
    /// What a piece of work may touch.
    struct Access {
        let connection: SQLiteConnection
        /// The schema as this transaction has it; changes become visible at the commit.
        var schema: Schema
    }

    private typealias Outcome = Result<Void, TableStorageError>
    private typealias Work = @Sendable (inout Access) throws(TableStorageError) -> Void

    private final class Entry: Sendable {
        let work: Work
        let isBulk: Bool
        let wake = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Void, TableStorageError>?>(nil)

        init(isBulk: Bool, _ work: @escaping Work) {
            self.isBulk = isBulk
            self.work = work
        }
    }

    private struct State {
        var waiting: [Entry] = []
        var bulk: [Entry] = []
        var isLed = false

        mutating func append(_ entry: Entry) {
            if entry.isBulk { bulk.append(entry) } else { waiting.append(entry) }
        }

        /// What is written in one transaction when this entry's thread leads.
        mutating func takeBatch(of leader: Entry) -> [Entry] {
            if leader.isBulk {
                bulk.removeAll { $0 === leader }
                return [leader]
            }
            defer { waiting.removeAll() }
            return waiting
        }

        /// Whoever was not served last comes first.
        func next(after leader: Entry) -> Entry? {
            leader.isBulk ? waiting.first ?? bulk.first : bulk.first ?? waiting.first
        }
    }

    private let connection: SQLiteConnection
    private let state = Mutex(State())
    private let published: Mutex<Schema>
    private let commits = Atomic<Int>(0)

    init(connection: SQLiteConnection, schema: Schema) {
        self.connection = connection
        published = Mutex(schema)
    }

    /// The schema after the latest commit.
    var schema: Schema { published.withLock { $0 } }

    /// Writers that wait for the commit that is under way.
    var waitingCount: Int { state.withLock { $0.waiting.count + $0.bulk.count } }

    /// How many transactions were committed so far.
    var commitCount: Int { commits.load(ordering: .relaxed) }

    /// Runs a piece of work and returns when it is on the disk.
    ///
    /// - Parameter isBulk: Whether it is one piece of a long load, which others must not wait for.
    /// - Throws: What the work throws, after which nothing of it remains; `.diskFull`.
    func perform<Answer: Sendable>(
        isBulk: Bool = false,
        _ body: @escaping @Sendable (inout Access) throws(TableStorageError) -> Answer
    ) throws(TableStorageError) -> Answer {
        let answer = Mutex<Answer?>(nil)
        let box = Box(answer)
        let entry = Entry(isBulk: isBulk) { access throws(TableStorageError) in
            let result = try body(&access)
            box.answer.withLock { $0 = result }
        }
        let leads = state.withLock { state in
            state.append(entry)
            defer { state.isLed = true }
            return !state.isLed
        }
        if !leads { entry.wake.wait() }
        // Whoever is woken without an outcome was chosen to lead.
        if entry.outcome.withLock({ $0 == nil }) { lead(as: entry) }
        guard let outcome = entry.outcome.withLock({ $0 }) else {
            throw TableStorageError(.storageFailed, "a write was lost in the queue")
        }
        try outcome.get()
        guard let result = box.answer.withLock({ $0 }) else {
            throw TableStorageError(.storageFailed, "a write gave no answer")
        }
        return result
    }

    private func lead(as leader: Entry) {
        let batch = state.withLock { $0.takeBatch(of: leader) }
        let outcomes = run(batch)
        for (entry, outcome) in zip(batch, outcomes) { entry.outcome.withLock { $0 = outcome } }
        let next = state.withLock { state in
            let next = state.next(after: leader)
            state.isLed = next != nil
            return next
        }
        // The leader's own semaphore is signalled too and never waited for: it goes away unused.
        for entry in batch { entry.wake.signal() }
        next?.wake.signal()
    }

    private func run(_ batch: [Entry]) -> [Outcome] {
        defer {
            connection.resetStatements()
            connection.detachAll()
        }
        do throws(SQLiteError) {
            try connection.execute("BEGIN IMMEDIATE")
        } catch {
            let failure = TableStorageError(writing: error)
            return batch.map { _ in .failure(failure) }
        }
        do throws(SQLiteError) {
            return try runBegun(batch)
        } catch {
            rollBack()
            guard batch.count > 1 else { return [.failure(TableStorageError(writing: error))] }
            // One piece, or all of them together, were too much for the disk. Alone, each of them
            // is written as if it had come alone, and only those that do not fit are refused.
            return batch.flatMap { run([$0]) }
        }
    }

    private func runBegun(_ batch: [Entry]) throws(SQLiteError) -> [Outcome] {
        var access = Access(connection: connection, schema: published.withLock { $0 })
        let outcomes = try batch.map { entry throws(SQLiteError) in try run(entry, &access) }
        try connection.execute("COMMIT")
        commits.wrappingAdd(1, ordering: .relaxed)
        let schema = access.schema
        published.withLock { $0 = schema }
        return outcomes
    }

    private func run(_ entry: Entry, _ access: inout Access) throws(SQLiteError) -> Outcome {
        let before = access.schema
        try connection.execute("SAVEPOINT piece")
        do throws(TableStorageError) {
            try entry.work(&access)
        } catch {
            access.schema = before
            try undoPiece(because: error)
            return .failure(error)
        }
        try connection.execute("RELEASE piece")
        return .success(())
    }

    /// Takes back what the piece did; a full disk has ended the whole transaction already, and then
    /// the piece's own failure says more than the missing savepoint.
    private func undoPiece(because failure: TableStorageError) throws(SQLiteError) {
        do throws(SQLiteError) {
            try connection.execute("ROLLBACK TO piece; RELEASE piece")
        } catch {
            throw failure.cause as? SQLiteError ?? error
        }
    }

    private func rollBack() {
        do throws(SQLiteError) {
            try connection.execute("ROLLBACK")
        } catch {
            // SQLite rolls back by itself after some errors; then there is nothing to undo.
        }
    }

    /// Carries a mutex, which cannot be copied, into an escaping closure.
    private final class Box<Answer: Sendable>: Sendable {
        let answer: Mutex<Answer?>
        init(_ answer: consuming Mutex<Answer?>) { self.answer = answer }
    }
}

extension TableStorageError {
    /// A failure of SQLite while reading or writing.
    init(writing error: SQLiteError) {
        switch error.code {
        case .full:
            self.init(.diskFull, "the disk is full; nothing was written", cause: error)
        case .interrupted:
            self.init(.queryTooLong, "the query was ended: it took too long", cause: error)
        case .tooBig:
            self.init(.limitExceeded, "a record is too large to be stored", cause: error)
        default:
            self.init(.storageFailed, "the table store failed", cause: error)
        }
    }
}
