import Dispatch
import Foundation
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import TableStorage

@Suite struct WriteQueueTests {
    private typealias Piece =
        @Sendable (inout WriteQueue<Int>.Access) throws(TableStorageError) -> Void

    private let directory: TemporaryDirectory
    private let connection: SQLiteConnection
    private let queue: WriteQueue<Int>

    init() throws {
        directory = try TemporaryDirectory()
        connection = try SQLiteConnection(path: directory.file("q.sqlite"), mode: .readWrite)
        try connection.execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t(x, y)")
        queue = WriteQueue(connection: connection, schema: 0)
    }

    /// Stores a number beside as many bytes as asked for, and counts itself in the schema.
    private static func storing(_ number: Int64, bytes: Int64 = 0) -> Piece {
        { access throws(TableStorageError) in
            access.schema += 1
            try Database.run(access.connection) { connection throws(SQLiteError) in
                try connection.prepare("INSERT INTO t VALUES (?, zeroblob(?))")
                    .run([.integer(number), .integer(bytes)])
            }
        }
    }

    private func storedNumbers() throws -> [Int64] {
        let statement = try connection.prepareOnce("SELECT x FROM t ORDER BY x")
        var numbers: [Int64] = []
        while try statement.step() { numbers.append(statement.integer(0)) }
        return numbers
    }

    /// What became of each piece: nil for a success.
    private final class Outcomes: Sendable {
        private let codes: Mutex<[TableStorageError.Code?]>

        init(count: Int) { codes = Mutex(Array(repeating: .storageFailed, count: count)) }

        var all: [TableStorageError.Code?] { codes.withLock { $0 } }

        func run(_ index: Int, _ body: () throws(TableStorageError) -> Void) {
            var outcome: TableStorageError.Code?
            do throws(TableStorageError) { try body() } catch { outcome = error.code }
            codes.withLock { [outcome] in $0[index] = outcome }
        }
    }

    /// Runs the pieces as one batch: a first writer stays in its own piece until all of them wait
    /// behind it, each on a thread of its own.
    ///
    /// - Parameter isBulk: Whether a piece is one of a load, by its index; -1 is the first writer.
    private func batch(
        _ pieces: [Piece], isBulk: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) -> [TableStorageError.Code?] {
        let (entered, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let (outcomes, holder) = (Outcomes(count: pieces.count), Outcomes(count: 1))
        let (group, queue) = (DispatchGroup(), queue)
        func onThread(_ body: @escaping @Sendable () -> Void) {
            group.enter()
            Thread.detachNewThread {
                body()
                group.leave()
            }
        }
        onThread {
            holder.run(0) { () throws(TableStorageError) in
                try queue.perform(isBulk: isBulk(-1)) { _ throws(TableStorageError) in
                    entered.signal()
                    gate.wait()
                }
            }
        }
        entered.wait()
        for (index, piece) in pieces.enumerated() {
            onThread {
                outcomes.run(index) { () throws(TableStorageError) in
                    try queue.perform(isBulk: isBulk(index), piece)
                }
            }
            while queue.waitingCount <= index { sched_yield() }
        }
        gate.signal()
        group.wait()
        #expect(holder.all == [nil])
        return outcomes.all
    }

    @Test func `sixty-three writers that wait for one share a single commit`() throws {
        let pieces = (0..<63).map { Self.storing($0) }

        let outcomes = batch(pieces)

        #expect(outcomes.allSatisfy { $0 == nil })
        #expect(queue.commitCount == 2)
        #expect(try storedNumbers() == Array(0..<63))
        #expect(queue.schema == 63)
    }

    /// The order in which waiting pieces are written, by their index.
    private func order(ofBulk bulk: Set<Int>, count: Int) throws -> [Int] {
        let box = Order()
        let pieces = (0..<count).map { box.noting($0) }

        let outcomes = batch(pieces, isBulk: { bulk.contains($0) })

        #expect(outcomes.allSatisfy { $0 == nil })
        return box.noted.withLock { $0 }
    }

    private final class Order: Sendable {
        let noted = Mutex<[Int]>([])

        func noting(_ index: Int) -> Piece {
            { _ throws(TableStorageError) in self.noted.withLock { $0.append(index) } }
        }
    }

    @Test func `single writes that wait go before the next pieces of loads`() throws {
        #expect(try order(ofBulk: [-1, 0, 1], count: 4) == [2, 3, 0, 1])
        #expect(queue.commitCount == 4)
    }

    @Test func `a piece of a load has its turn before more single writes`() throws {
        #expect(try order(ofBulk: [1], count: 3) == [1, 0, 2])
    }

    @Test func `a piece that throws is undone alone, rows and schema`() throws {
        let failing: Piece = { access throws(TableStorageError) in
            try Self.storing(2)(&access)
            throw TableStorageError(.invalidRecord, "no")
        }

        let outcomes = batch([Self.storing(1), failing, Self.storing(3)])

        #expect(outcomes == [nil, .invalidRecord, nil])
        #expect(try storedNumbers() == [1, 3])
        #expect(queue.schema == 2)
        #expect(queue.commitCount == 2)
    }

    @Test func `a piece that fills the disk is refused, and the others are kept`() throws {
        try connection.execute("PRAGMA max_page_count = 64")

        let outcomes = batch([
            Self.storing(1), Self.storing(2, bytes: 4 << 20), Self.storing(3),
        ])

        #expect(outcomes == [nil, .diskFull, nil])
        #expect(try storedNumbers() == [1, 3])
        #expect(queue.schema == 2)
        // The queue goes on as if nothing had been.
        #expect(batch([Self.storing(4)]) == [nil])
    }

    @Test func `pieces that only together fill the disk are written as far as they fit`() throws {
        try connection.execute("PRAGMA max_page_count = 64")
        let half: Int64 = 160 << 10

        let outcomes = batch([Self.storing(1, bytes: half), Self.storing(2, bytes: half)])

        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(outcomes.filter { $0 == .diskFull }.count == 1)
        #expect(try storedNumbers().count == 1)
    }

    @Test func `a transaction that cannot begin fails every writer and no later one`() throws {
        let other = try SQLiteConnection(path: directory.file("q.sqlite"), mode: .readWrite)
        try connection.execute("PRAGMA busy_timeout = 0")
        try other.execute("BEGIN IMMEDIATE")

        let error = #expect(throws: TableStorageError.self) { try queue.perform(Self.storing(1)) }

        #expect(error?.code == .storageFailed)
        try other.execute("ROLLBACK")
        try queue.perform(Self.storing(2))
        #expect(try storedNumbers() == [2])
        #expect(queue.schema == 1)
    }
}
