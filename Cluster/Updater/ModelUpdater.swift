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
    package var lastFailure: (time: Date, failure: PullFailure)?
    package var bytesFetched = 0
    package var pulls = 0
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
        var initial = State(
            feed: TrustedFeed(
                channel: configuration.channel, keys: keys, position: stored.position),
            stored: stored)
        initial.status.current = stored.current
        initial.status.position = stored.position
        state = Mutex(initial)
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
    }

    private func quarantine(_ damaged: [SHA256Digest], of reference: BundleReference) {
        for digest in damaged {
            log.error(
                "a blob on this disk is damaged; it will be fetched again",
                [
                    "code": PullFailure.digestMismatch, "blob": digest.hex,
                    "version": reference.version,
                ])
            do throws(PullFailure) {
                try store.discard(digest)
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
        var backoff = Backoff()
        while !isStopped.load(ordering: .acquiring) {
            let pause: Duration
            do throws(PullFailure) {
                try pull()
                backoff.reset()
                // Between half and one and a half of the interval: many nodes spread by themselves.
                pause = configuration.pollInterval * (0.5 + random())
            } catch {
                if error.code != PullFailure.stopped { note(error) }
                pause = backoff.next(random: random())
            }
            let wait = DispatchTimeInterval.milliseconds(Int(pause / .milliseconds(1)))
            _ = wake.wait(timeout: .now() + wait)
        }
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
    /// - Returns: True if another version serves afterwards.
    @discardableResult
    package func pull() throws(PullFailure) -> Bool {
        var pull = ModelPull(updater: self)
        do throws(PullFailure) {
            let isNew = try pull.run()
            enter(.idle)
            return isNew
        } catch {
            enter(.idle)
            throw error
        }
    }

    func enter(_ step: PullStep) { state.withLock { $0.status.step = step } }

    private func note(_ failure: PullFailure) {
        failures.add()
        let time = now()
        let isRepeated = state.withLock { state in
            defer { state.status.lastFailure = (time, failure) }
            return state.status.lastFailure?.failure.message == failure.message
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
