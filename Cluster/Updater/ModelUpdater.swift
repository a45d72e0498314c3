import BundleFormat
import ClusterFeed
import Dispatch
import Foundation
import Integrity
import Synchronization
import Telemetry

/// What the updater does with a bundle; the composition root says how.
package struct ModelReceiver: Sendable {
    /// Loads a verified bundle and asks its golden queries; the returned closure lets it serve.
    package let prepare: @Sendable (ModelBundle) throws -> @Sendable () -> Void
    /// Says how to open the bundle that the store holds, when somebody first needs it.
    package let offer: @Sendable (@escaping @Sendable () throws(BundleError) -> ModelBundle) -> Void

    package init(
        prepare: @escaping @Sendable (ModelBundle) throws -> @Sendable () -> Void,
        offer:
            @escaping @Sendable (@escaping @Sendable () throws(BundleError) -> ModelBundle) ->
            Void
    ) {
        self.prepare = prepare
        self.offer = offer
    }
}

/// What an operator sees of a channel.
package struct UpdaterStatus: Sendable {
    package var step = PullStep.idle
    package var current: BundleReference?
    package var position: FeedPosition?
    /// When an entry was last accepted or found unchanged.
    package var lastContact: Date?
    /// How long the origin took to answer then, in milliseconds.
    package var latencyMilliseconds: Int?
    package var lastFailure: (time: Date, failure: PullFailure)?
    package var bytesFetched = 0
    package var pulls = 0

    /// Whether the origin was reached since something last went wrong.
    package var isInContact: Bool {
        guard let lastContact else { return false }
        return lastFailure.map { $0.time <= lastContact } ?? true
    }

    mutating func noteContact(at time: Date, asked: Date) {
        lastContact = time
        // A clock that was set back meanwhile makes no negative time.
        latencyMilliseconds = Int(
            exactly: (max(0, time.timeIntervalSince(asked)) * 1_000).rounded())
    }
}

/// Follows one channel of a feed: polls, fetches what is missing, verifies, swaps.
///
/// All of it blocks, so it runs on a thread of its own. Nothing that arrives or fails to arrive
/// stops the model that serves.
package final class ModelUpdater: Sendable {
    package struct Configuration: Sendable {
        package var channel: String
        /// The node's name, which decides whether it takes part in a trial.
        package var nodeName: String
        package var pollInterval = Duration.seconds(1)
        /// Memory that a model may need, in bytes.
        package var memoryBytesMax = 4 << 30
        /// Disk that stays free beside a download, in bytes.
        package var diskReserveBytes = 64 << 20
        /// Called at each step; tests stop the node there.
        package var onStep: @Sendable (PullStep) throws(PullFailure) -> Void = { _ in }

        package init(channel: String, nodeName: String) {
            self.channel = channel
            self.nodeName = nodeName
        }
    }

    struct State {
        var feed: TrustedFeed
        var stored: StoredState
        var status = UpdaterStatus()
        /// The tag of the newest entry that was fully dealt with.
        var latestTag: String?
        /// The last failure that was logged, until something went well again.
        var loggedFailure: String?
    }

    package let configuration: Configuration
    let source: any FeedSource
    let store: ModelStore
    let receiver: ModelReceiver
    let log: Log
    let now: @Sendable () -> Date
    /// Only the updater's thread changes it, piece by piece; others read the status.
    let state: Mutex<State>
    private let random: @Sendable () -> Double
    /// The entry that an earlier life of the process had accepted.
    private let lastEntry: AcceptedEntry?
    private let isStopped = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)
    /// Left when ``run()`` has ended.
    private let running = DispatchGroup()
    private let failures: Counter

    /// - Parameter trust: The key file that the operator gave to this node.
    /// - Throws: `sig.*` or `keys.*` if the trust file does not hold what it should.
    package init(
        configuration: Configuration, trust: [UInt8], source: any FeedSource, store: ModelStore,
        receiver: ModelReceiver, log: Log, metrics: Metrics,
        now: @escaping @Sendable () -> Date = { Date() },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) throws(PullFailure) {
        self.configuration = configuration
        self.source = source
        self.store = store
        self.receiver = receiver
        self.log = log
        self.now = now
        self.random = random
        failures = metrics.counter("pulls_failed_total")
        let keys: KeyFile
        do throws(FeedRefusal) {
            keys = try KeyFile.trusting(trust)
        } catch {
            throw PullFailure(error)
        }
        let stored = store.loadState()
        var feed = TrustedFeed(
            channel: configuration.channel, keys: keys, position: stored.position)
        Self.takeStoredKeys(&feed, store, log)
        lastEntry = Self.resume(&feed, store, log)
        var initial = State(feed: feed, stored: stored)
        initial.status.current = stored.current
        initial.status.position = feed.position
        state = Mutex(initial)
    }

    /// Follows the key files of earlier lives; a damaged one is fetched again.
    private static func takeStoredKeys(_ feed: inout TrustedFeed, _ store: ModelStore, _ log: Log) {
        while feed.keys.number < .max, let file = store.keyFile(feed.keys.number + 1) {
            do throws(FeedRefusal) {
                try feed.accept(keys: file)
            } catch {
                return log.warning(
                    "a stored key file does not count",
                    ["code": error.code.rawValue, "reason": error.message])
            }
        }
    }

    /// The entry that was accepted last: it says how far the feed had come, whatever became of
    /// the state.
    private static func resume(
        _ feed: inout TrustedFeed, _ store: ModelStore, _ log: Log
    ) -> AcceptedEntry? {
        guard let file = store.acceptedEntry() else { return nil }
        do throws(FeedRefusal) {
            return try feed.resume(from: file)
        } catch {
            log.warning(
                "the stored entry does not count",
                ["code": error.code.rawValue, "reason": error.message])
            return nil
        }
    }

    package var status: UpdaterStatus { state.withLock { $0.status } }

    /// Offers what the store holds, so that the node answers before it has reached the trainer.
    ///
    /// Hashes the current bundle: a damaged blob is named, removed and fetched again by the next
    /// pull, and the previous version serves if there is one.
    package func boot() {
        let stored = state.withLock { $0.stored }
        for reference in [stored.current, stored.previous].compactMap(\.self) {
            let damaged = store.damagedBlobs(of: reference)
            guard damaged.isEmpty else {
                quarantine(damaged, of: reference)
                continue
            }
            let store = store
            receiver.offer { () throws(BundleError) in try store.open(reference) }
            state.withLock { $0.status.current = reference }
            log.info("found a model in the store", ["version": reference.version])
            return
        }
        recover()
    }

    /// Without a usable state, the accepted entry says what to serve, if all of it is here; each
    /// step of a pull is gone through, for nobody knows how far the last one came.
    private func recover() {
        guard let lastEntry else { return }
        let wanted = lastEntry.entry.bundle(for: configuration.nodeName)
        guard store.damagedBlobs(of: wanted).isEmpty else { return }
        do throws(PullFailure) {
            try ModelPull(updater: self).install(wanted, lastEntry.position)
        } catch {
            note(error)
        }
        enter(.idle)
    }

    private func quarantine(_ damaged: [SHA256Digest], of reference: BundleReference) {
        for digest in damaged {
            do throws(PullFailure) {
                try discard(digest, of: reference)
            } catch {
                note(error)
            }
        }
        state.withLock { state in
            if state.stored.current == reference { state.status.current = nil }
            state.latestTag = nil
        }
    }

    /// Pulls again and again until ``stop()``, then gives the store to whoever wants it next.
    package func run() {
        running.enter()
        defer {
            store.release()
            running.leave()
        }
        var pacing = Pacing(interval: configuration.pollInterval)
        while !isStopped.load(ordering: .acquiring) {
            let pause: Duration
            do throws(PullFailure) {
                let isNew = try pull(holding: pacing.held)
                if pacing.held == nil { state.withLock { $0.loggedFailure = nil } }
                pause = pacing.pause(afterSuccess: isNew, random: random())
            } catch {
                if error.code != PullFailure.stopped { note(error) }
                pause = pacing.pause(after: error, random: random())
            }
            let wait = DispatchTimeInterval.milliseconds(Int(pause / .milliseconds(1)))
            _ = wake.wait(timeout: .now() + wait)
            pacing.advance(by: pause)
        }
    }

    /// Removes a blob that is no longer what its name says, and names it.
    func discard(_ digest: SHA256Digest, of bundle: BundleReference) throws(PullFailure) {
        log.error(
            "a blob on this disk is damaged; it will be fetched again",
            [
                "code": PullFailure.digestMismatch, "blob": digest.hex,
                "version": bundle.version,
            ])
        try store.discard(digest)
    }

    /// Ends ``run()``, also in the middle of a download, and waits until it has ended.
    package func stop() {
        isStopped.store(true, ordering: .releasing)
        source.stop()
        wake.signal()
        _ = running.wait(timeout: .now() + Self.stopSeconds)
    }

    /// The longest step that cannot be interrupted is hashing a large blob.
    private static let stopSeconds = 10.0

    /// One look at the feed, and everything that follows from it.
    ///
    /// - Parameter held: The manifest of a bundle that is not tried this time.
    /// - Returns: True if another version serves afterwards.
    @discardableResult
    package func pull(holding held: SHA256Digest? = nil) throws(PullFailure) -> Bool {
        defer { enter(.idle) }
        return try ModelPull(updater: self).run(holding: held)
    }

    func enter(_ step: PullStep) { state.withLock { $0.status.step = step } }

    private func note(_ failure: PullFailure) {
        failures.add()
        let time = now()
        let isRepeated = state.withLock { state in
            defer { state.loggedFailure = failure.message }
            state.status.lastFailure = (time, failure)
            return state.loggedFailure == failure.message
        }
        // The same failure every few seconds is one line, not a thousand.
        guard !isRepeated else { return }
        log.warning(
            "a pull failed; the serving model stays",
            [
                "code": failure.code, "channel": configuration.channel,
                "reason": failure.message,
            ])
    }
}
