import Foundation
import JSON
import Synchronization
import Telemetry

/// Work that goes on after its request was answered, and what became of it.
///
/// A job's record outlives the node; one that the node's end interrupted says so after the start.
package final class JobRunner: Sendable {
    /// What a job reports when it fails; HarperDB shows objects for role violations.
    package struct Failure: Error, Sendable {
        package let message: JSONValue
        package init(_ message: JSONValue) { self.message = message }
    }

    private let store: TableStore
    private let log: Log
    private let running = Mutex(0)

    private static let kind = "job"
    /// Jobs that run at once; each has a thread of its own.
    private static let runningMax = 8

    package init(store: TableStore, log: Log) throws(TableStorageError) {
        self.store = store
        self.log = log
        for var job in try store.system.all(kind: Self.kind)
        where job["status"] == "IN_PROGRESS" {
            job["status"] = "ERROR"
            job["message"] = "the node stopped while this job ran; start it again"
            try store.system.put(job, kind: Self.kind, key: job["id"]?.stringValue ?? "")
        }
    }

    /// Starts a job and returns its id at once.
    ///
    /// - Throws: `.limitExceeded` if too many jobs run already.
    package func start(
        type: String, user: String,
        work: @escaping @Sendable () throws(Failure) -> String
    ) throws(TableStorageError) -> String {
        let mayRun = running.withLock { count in
            guard count < Self.runningMax else { return false }
            count += 1
            return true
        }
        guard mayRun else {
            throw TableStorageError(
                .limitExceeded, "\(Self.runningMax) jobs run already, the limit; try again later")
        }
        let id = TableStore.makeID()
        let job: JSONObject = [
            "id": .string(id), "type": .string(type), "status": "IN_PROGRESS", "message": .null,
            "user": .string(user), "created_datetime": .integer(store.milliseconds),
            "start_datetime": .integer(store.milliseconds), "end_datetime": .null,
        ]
        do throws(TableStorageError) {
            try store.system.put(job, kind: Self.kind, key: id)
        } catch {
            running.withLock { $0 -= 1 }
            throw error
        }
        Thread.detachNewThread { [self] in
            finish(job, id: id, work: work)
            running.withLock { $0 -= 1 }
        }
        return id
    }

    /// The job of that id, or nil.
    package func job(_ id: String) throws(TableStorageError) -> JSONObject? {
        try store.system.get(kind: Self.kind, key: id)
    }

    private func finish(
        _ started: JSONObject, id: String, work: () throws(Failure) -> String
    ) {
        var job = started
        do throws(Failure) {
            job["message"] = .string(try work())
            job["status"] = "COMPLETE"
        } catch {
            job["message"] = error.message
            job["status"] = "ERROR"
        }
        job["end_datetime"] = .integer(store.milliseconds)
        do throws(TableStorageError) {
            try store.system.put(job, kind: Self.kind, key: id)
        } catch {
            log.error("a job's end could not be recorded", ["job": id, "cause": error.message])
        }
    }
}
