import Dispatch
import Foundation
import Synchronization

/// A fixed number of threads that may wait, in front of them a queue that may not grow without end.
final class WorkerPool: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        /// Jobs before this index are taken.
        var first = 0
        var isStopped = false

        var count: Int { jobs.count - first }

        mutating func take() -> Job? {
            guard first < jobs.count else { return nil }
            let job = jobs[first]
            first += 1
            if first == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                first = 0
            } else if first > jobs.count / 2 {
                jobs.removeFirst(first)
                first = 0
            }
            return job
        }
    }

    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)
    private let limits: HTTPWorkerLimits

    init(limits: HTTPWorkerLimits) {
        precondition(limits.threads > 0, "A pool without threads would answer nothing.")
        self.limits = limits
        for index in 0..<limits.threads {
            let thread = Thread { self.work() }
            thread.name = "worker-\(index)"
            thread.start()
        }
    }

    /// Returns false if the queue is full: the caller has to say so to its client.
    func submit(_ job: @escaping Job) -> Bool {
        let isTaken = state.withLock { state in
            guard state.count < limits.queuedMax, !state.isStopped else { return false }
            state.jobs.append(job)
            return true
        }
        if isTaken { available.signal() }
        return isTaken
    }

    /// For the next piece of an answer that has begun: it waits its turn but is never refused,
    /// and each connection has at most one.
    func resume(_ job: @escaping Job) {
        state.withLock { $0.jobs.append(job) }
        available.signal()
    }

    /// Lets the threads end once the queue is empty.
    func stop() {
        state.withLock { $0.isStopped = true }
        for _ in 0..<limits.threads { available.signal() }
    }

    private func work() {
        while true {
            available.wait()
            let (job, isStopped) = state.withLock { ($0.take(), $0.isStopped) }
            if let job {
                job()
            } else if isStopped {
                return
            }
        }
    }
}
