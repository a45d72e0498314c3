import Foundation
import HTTPCore
import HTTPTransport
import JSON
import NodeRuntime
import SQLite
import Synchronization
import Telemetry

/// The measurements of `ledge bench store`, against a node in this process and over loopback.
struct StoreBench: Sendable {
    let root: String
    let ratings: String?
    let rows: Int
    let time: Duration
    /// Microseconds that each sync of the inserts takes longer.
    let syncDelay: Int

    private static let readers = 16
    private static let writers = 64
    private let disk = SlowDisk()
    private static let login = Credentials(username: "bench", password: "bench")
    private static let readRows = 10_000

    init(root: String, ratings: String?, rows: Int, time: Duration, syncDelay: Int) {
        self.root = root
        self.ratings = ratings
        self.rows = rows
        self.time = time
        self.syncDelay = syncDelay
    }

    func run() async throws -> [BenchFigure] {
        if syncDelay > 0 {
            SQLiteFileObservation.begin(
                URL(fileURLWithPath: root).resolvingSymlinksInPath().path, disk)
        }
        let node: Node
        let port: Int
        do throws(NodeError) {
            var configuration = NodeConfiguration(root: "\(root)/node", name: "bench")
            (configuration.operationsPort, configuration.functionsPort) = (0, 0)
            configuration.superUser = Self.login
            node = try Node(configuration, log: .silent)
            port = try node.start().operationsPort
        } catch {
            throw CommandError(error.message)
        }
        let server = OperationsClient(port: port, login: Self.login)
        let figures = try measure(server)
        await node.stop()
        return figures
    }

    private func measure(_ server: OperationsClient) throws -> [BenchFigure] {
        for table in ["ratings", "read", "written"] {
            _ = try server.ask([
                "operation": "create_table", "database": "bench", "table": .string(table),
                "primary_key": "id",
            ])
        }
        let load = try bulkLoad(server)
        let reads = try pointReads(server)
        disk.delay.store(UInt32(syncDelay), ordering: .relaxed)
        let inserts = try inserts(server)
        disk.delay.store(0, ordering: .relaxed)
        return [load] + reads + [inserts]
    }
}

// MARK: Bulk load

extension StoreBench {
    private func bulkLoad(_ server: OperationsClient) throws -> BenchFigure {
        let file = "\(root)/node/csv/ratings.csv"
        let lines = try ratingLines()
        try write(["user_id,isbn,rating"] + lines, to: file)
        let started = ContinuousClock.now
        let answer = try server.ask([
            "operation": "csv_file_load", "database": "bench", "table": "ratings",
            "file_path": .string(file),
        ])
        let id = answer["job_id"] ?? .null
        while true {
            let job = try server.ask(["operation": "get_job", "id": id]).arrayValue?.first
            if job?["status"] == "COMPLETE" { break }
            guard job?["status"] == "IN_PROGRESS" else {
                throw CommandError("the bulk load failed: \(job?.text ?? "no job")")
            }
            usleep(5_000)
        }
        let own = (ContinuousClock.now - started).seconds
        return BenchFigure(
            what: "bulk load of \(lines.count) ratings", unit: "s", own: own,
            peer: try importWithProgram(lines), peerName: "sqlite3 .import",
            largerIsBetter: false)
    }

    private func ratingLines() throws -> [String] {
        guard let ratings else {
            return (0..<rows).map { "\($0 / 12),\(1_000_000_000 + $0 &* 7919 % 90_000),\($0 % 11)" }
        }
        guard let text = try? String(contentsOfFile: ratings, encoding: .utf8) else {
            throw CommandError("\(ratings) cannot be read as UTF-8")
        }
        return text.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
    }

    /// The same rows into the same schema, with keys in order: nothing in it slows SQLite down.
    private func importWithProgram(_ lines: [String]) throws -> Double? {
        let rows = lines.enumerated().map { index, line in
            "\(String(format: "%036d", index)),1700000000000,1700000000000,\(line)"
        }
        try write(rows, to: "\(root)/peer.csv")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", "\(root)/peer.sqlite"]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let script = """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE t(id NOT NULL PRIMARY KEY, c, u, user_id, isbn, rating) WITHOUT ROWID;
            .mode csv
            .import \(root)/peer.csv t

            """
        let started = ContinuousClock.now
        do {
            try process.run()
        } catch {
            return nil
        }
        input.fileHandleForWriting.write(Data(script.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? (ContinuousClock.now - started).seconds : nil
    }

    private func write(_ lines: [String], to path: String) throws {
        try Data((lines.joined(separator: "\n") + "\n").utf8)
            .write(to: URL(fileURLWithPath: path))
    }
}

// MARK: Reads and inserts

extension StoreBench {
    /// A point read through HTTP, beside an answer that touches no table and beside SQLite alone.
    private func pointReads(_ server: OperationsClient) throws -> [BenchFigure] {
        let records = (0..<Self.readRows).map { number -> JSONValue in
            ["id": JSONValue(number), "title": .string("Book \(number)"), "year": 1990]
        }
        _ = try server.ask([
            "operation": "insert", "database": "bench", "table": "read",
            "records": .array(records),
        ])
        let reads = rate(of: Self.readers) { worker in
            let client = OperationsClient(port: server.port, login: Self.login)
            return { step in
                let id = (worker &* 7919 &+ step &* 104_729) % Self.readRows
                _ = try client.ask([
                    "operation": "search_by_hash", "database": "bench", "table": "read",
                    "hash_values": [JSONValue(id)], "get_attributes": ["*"],
                ])
            }
        }
        let empty = rate(of: Self.readers) { _ in
            let client = OperationsClient(port: server.port, login: Self.login)
            return { _ in try client.askNothing() }
        }
        return [
            BenchFigure(
                what: "point reads, \(Self.readers) clients", unit: "/s", own: reads,
                peer: empty, peerName: "GET /health, which does nothing", largerIsBetter: true),
            BenchFigure(
                what: "the same reads by SQLite alone, one thread", unit: "/s",
                own: try directReads(), peer: reads, peerName: "through HTTP",
                largerIsBetter: true),
        ]
    }

    private func directReads() throws -> Double {
        let connection = try SQLiteConnection(path: "\(root)/direct.sqlite", mode: .readWrite)
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE t(id NOT NULL PRIMARY KEY, title, year) WITHOUT ROWID;
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
            INSERT INTO t SELECT i, 'Book ' || i, 1990 FROM n;
            """)
        let statement = try connection.prepare("SELECT * FROM t WHERE id = ?")
        let end = ContinuousClock.now + time
        var count = 0
        while ContinuousClock.now < end {
            try statement.rebind([.integer(Int64(count &* 104_729 % Self.readRows))])
            if try statement.step() { _ = statement.column(1) }
            count += 1
        }
        statement.reset()
        return Double(count) / time.seconds
    }

    /// Acknowledged inserts of many clients, beside one transaction with its fsync for each.
    private func inserts(_ server: OperationsClient) throws -> BenchFigure {
        let own = rate(of: Self.writers) { worker in
            let client = OperationsClient(port: server.port, login: Self.login)
            return { step in
                _ = try client.ask([
                    "operation": "insert", "database": "bench", "table": "written",
                    "records": [["id": JSONValue(worker &* 10_000_000 + step), "value": "x"]],
                ])
            }
        }
        return BenchFigure(
            what: "inserts, \(Self.writers) clients" + (syncDelay > 0 ? ", slow disk" : ""),
            unit: "/s", own: own,
            peer: try directInserts(), peerName: "one fsync for each insert",
            largerIsBetter: true)
    }

    private func directInserts() throws -> Double {
        let connection = try SQLiteConnection(path: "\(root)/single.sqlite", mode: .readWrite)
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE t(id NOT NULL PRIMARY KEY, c, u, value) WITHOUT ROWID;
            """)
        let end = ContinuousClock.now + time
        var count = 0
        while ContinuousClock.now < end {
            try connection.prepare("INSERT INTO t VALUES (?, 1, 1, 'x')")
                .run([.integer(Int64(count))])
            count += 1
        }
        return Double(count) / time.seconds
    }

    /// Steps a second that some threads finish together.
    private func rate(
        of workers: Int, _ make: @Sendable @escaping (Int) -> (Int) throws -> Void
    ) -> Double {
        let count = Atomic<Int>(0)
        let counted = Counted(count)
        let end = ContinuousClock.now + time
        let group = DispatchGroup()
        for worker in 0..<workers {
            group.enter()
            Thread.detachNewThread {
                let step = make(worker)
                var number = 0
                while ContinuousClock.now < end, (try? step(number)) != nil { number += 1 }
                counted.count.add(number, ordering: .relaxed)
                group.leave()
            }
        }
        group.wait()
        return Double(counted.count.load(ordering: .relaxed)) / time.seconds
    }

    /// Carries an atomic, which cannot be copied, into threads.
    private final class Counted: Sendable {
        let count: Atomic<Int>
        init(_ count: consuming Atomic<Int>) { self.count = count }
    }
}

/// A disk whose syncs take longer than this machine's.
private final class SlowDisk: SQLiteFileObserver {
    /// Microseconds.
    let delay = Atomic<UInt32>(0)

    func willWrite(_ bytes: UnsafeRawBufferPointer, at offset: Int, of path: String) {}
    func willTruncate(_ path: String, to size: Int) {}
    func willSync(_ path: String) { usleep(delay.load(ordering: .relaxed)) }
    func didSync(_ path: String) {}
    func willRemove(_ path: String) {}
}

/// One client of the operations API.
final class OperationsClient: Sendable {
    let port: Int
    private let client = HTTPClient()
    private let authorization: String

    init(port: Int, login: Credentials) {
        self.port = port
        authorization =
            "Basic " + Data("\(login.username):\(login.password)".utf8).base64EncodedString()
    }

    /// A request that costs the node nothing but its HTTP.
    func askNothing() throws {
        _ = try client.send(HTTPClientRequest(.get, "http://127.0.0.1:\(port)/health"))
    }

    func ask(_ body: JSONValue) throws(CommandError) -> JSONValue {
        do {
            let answer = try client.send(
                HTTPClientRequest(
                    .post, "http://127.0.0.1:\(port)/", fields: ["Authorization": authorization],
                    body: body.encoded()))
            guard answer.status == .ok else {
                throw CommandError(String(decoding: answer.body, as: UTF8.self))
            }
            return try JSONValue(parsing: answer.body)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("the node does not answer: \(error)")
        }
    }
}

extension Duration {
    /// The time as a number of seconds.
    fileprivate var seconds: Double { self / .seconds(1) }
}
