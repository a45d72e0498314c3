import Foundation
import JSON
import Synchronization
import Telemetry

/// Work that goes on after its request was answered, and what became of it.
///
/// A job's record outlives the node; one that the node's end interrupted says so. Of the jobs that
/// have ended, the oldest are forgotten when there are more than ``keptMax``.
package final class JobRunner: Sendable {
    /// What a job reports when it fails; HarperDB shows objects for role violations.
    package struct Failure: Error, Sendable {
        package let message: JSONValue
        package init(_ message: JSONValue) { self.message = message }
    }

    /// What a job reports when it is done.
    package struct Report: Sendable {
        package var message: String
        /// What else there is to say: where an export went.
        package var result: JSONValue?

        package init(_ message: String, result: JSONValue? = nil) {
            self.message = message
            self.result = result
        }
    }

    /// Tells a job that the node stops; long ones ask now and then.
    package final class Cancellation: Sendable {
        private let flag = Atomic(false)
        package var isRequested: Bool { flag.load(ordering: .relaxed) }
        fileprivate func request() { flag.store(true, ordering: .relaxed) }
    }

    package typealias Work = @Sendable (Cancellation) throws(Failure) -> Report

    private struct State {
        var running: [String: Cancellation] = [:]
        /// The ids of those that have ended, oldest first.
        var ended: [String] = []
        var isStopped = false
    }

    private let store: TableStore
    private let log: Log
    private let state = Mutex(State())
    /// Held while a record is looked at and written: the end of a job outlives its mark.
    private let recording = Mutex<Void>(())

    private static let kind = "job"
    /// Jobs that run at once; each has a thread of its own.
    package static let runningMax = 8
    /// Jobs that are remembered.
    package static let keptMax = 1_000
    private static let interrupted: JSONValue =
        "the node stopped while this job ran; start it again"

    package init(store: TableStore, log: Log) throws(TableStorageError) {
        self.store = store
        self.log = log
        let known = Self.byStart(try store.system.all(kind: Self.kind))
        for job in known where job["status"] == "IN_PROGRESS" {
            try Self.put(Self.ended(job, "ERROR", Self.interrupted, store.milliseconds), in: store)
        }
        state.withLock { $0.ended = known.map(Self.id) }
    }

    /// Starts a job and returns its id at once.
    ///
    /// - Throws: `.limitExceeded` if too many jobs run already, or the node stops.
    package func start(
        type: String, user: String, work: @escaping Work
    ) throws(TableStorageError) -> String {
        let id = TableStore.makeID()
        let cancellation = Cancellation()
        try state.withLock { state throws(TableStorageError) in
            guard !state.isStopped else {
                throw TableStorageError(.limitExceeded, "the node stops and takes no more jobs")
            }
            guard state.running.count < Self.runningMax else {
                throw TableStorageError(
                    .limitExceeded,
                    "\(Self.runningMax) jobs run already, the limit; try again later")
            }
            state.running[id] = cancellation
        }
        let now = JSONValue.integer(store.milliseconds)
        let job: JSONObject = [
            "id": .string(id), "type": .string(type), "status": "IN_PROGRESS", "message": .null,
            "user": .string(user), "created_datetime": now, "start_datetime": now,
            "end_datetime": .null,
        ]
        do throws(TableStorageError) {
            try Self.put(job, in: store)
            try forgetOldest()
        } catch {
            state.withLock { $0.running[id] = nil }
            throw error
        }
        Thread.detachNewThread { [self] in run(job, work, cancellation) }
        return id
    }

    /// Tells every job to end, marks it as interrupted and takes no more of them.
    ///
    /// A job that ends by itself before the node does corrects its mark.
    package func stop() {
        let running = state.withLock { state in
            state.isStopped = true
            return state.running
        }
        for (id, cancellation) in running {
            cancellation.request()
            do throws(TableStorageError) {
                try recording.withLock { _ throws(TableStorageError) in
                    guard let job = try job(id), job["status"] == "IN_PROGRESS" else { return }
                    try Self.put(
                        Self.ended(job, "ERROR", Self.interrupted, store.milliseconds), in: store)
                }
            } catch {
                log.error("a job could not be marked", ["job": id, "cause": error.message])
            }
        }
    }

    private func run(_ started: JSONObject, _ work: Work, _ cancellation: Cancellation) {
        var job: JSONObject
        do throws(Failure) {
            let report = try work(cancellation)
            job = Self.ended(started, "COMPLETE", .string(report.message), store.milliseconds)
            job["result"] = report.result
        } catch {
            job = Self.ended(started, "ERROR", error.message, store.milliseconds)
        }
        let id = Self.id(job)
        do throws(TableStorageError) {
            try recording.withLock { [job] _ throws(TableStorageError) in
                try Self.put(job, in: store)
            }
        } catch {
            log.error("a job's end could not be recorded", ["job": id, "cause": error.message])
        }
        state.withLock { state in
            state.running[id] = nil
            state.ended.append(id)
        }
    }

    private func forgetOldest() throws(TableStorageError) {
        let excess = state.withLock { state in
            let count = max(0, state.running.count + state.ended.count - Self.keptMax)
            let oldest = state.ended.prefix(count)
            state.ended.removeFirst(oldest.count)
            return oldest
        }
        for id in excess { try store.system.remove(kind: Self.kind, key: id) }
    }
}

// MARK: What is known of jobs

extension JobRunner {
    /// The job of that id, or nil.
    package func job(_ id: String) throws(TableStorageError) -> JSONObject? {
        try store.system.get(kind: Self.kind, key: id)
    }

    /// The jobs that started between two moments, both included, in milliseconds since 1970.
    package func jobs(startedFrom: Int64, to end: Int64) throws(TableStorageError) -> [JSONObject] {
        guard startedFrom <= end else { return [] }
        return Self.byStart(try store.system.all(kind: Self.kind)).filter {
            (startedFrom...end).contains(Self.start($0))
        }
    }

    private static func byStart(_ jobs: [JSONObject]) -> [JSONObject] {
        jobs.sorted { start($0) < start($1) }
    }

    private static func start(_ job: JSONObject) -> Int64 {
        Int64(job["start_datetime"]?.integerValue ?? 0)
    }

    private static func id(_ job: JSONObject) -> String { job["id"]?.stringValue ?? "" }

    private static func put(_ job: JSONObject, in store: TableStore) throws(TableStorageError) {
        try store.system.put(job, kind: kind, key: id(job))
    }

    private static func ended(
        _ job: JSONObject, _ status: JSONValue, _ message: JSONValue, _ now: Int64
    ) -> JSONObject {
        var job = job
        job["status"] = status
        job["message"] = message
        job["end_datetime"] = .integer(now)
        return job
    }
}
