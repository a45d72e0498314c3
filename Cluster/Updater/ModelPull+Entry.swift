import ClusterFeed
import Foundation
import Integrity

extension ModelPull {
    /// The newest entry, after the key files that came before it; nil if there is nothing new.
    func newestEntry() throws(PullFailure) -> (AcceptedEntry, tag: String?)? {
        let known = updater.state.withLock { $0.latestTag }
        let asked = updater.now()
        guard
            let (answer, bytes) = try updater.source.small(
                "feed/\(configuration.channel)/latest", bytesMax: FeedLimits.fileBytesMax,
                knownTag: known)
        else {
            try checkNothingWasPublished()
            return nil
        }
        let now = updater.now()
        guard !answer.isUnchanged else {
            updater.state.withLock { $0.status.noteContact(at: now, asked: asked) }
            return nil
        }
        var feed = updater.state.withLock { $0.feed }
        // Keys come first: who stole a release key could otherwise hide that it counts no more.
        if !feed.isAccepted(bytes) || feed.keys.expires <= now { try takeKeys(&feed) }
        let isNews = !feed.isAccepted(bytes)
        let accepted: AcceptedEntry
        do throws(FeedRefusal) {
            accepted = try feed.accept(bytes, now: now)
        } catch {
            throw PullFailure(error)
        }
        // On disk before anything else happens: no restart goes back behind it.
        if isNews { try store.remember(entry: bytes) }
        let moved = feed
        updater.state.withLock { state in
            state.feed = moved
            state.status.position = accepted.position
            state.status.noteContact(at: now, asked: asked)
        }
        return (accepted, answer.tag)
    }

    /// A trainer that has published nothing yet is no failure; one that has lost its feed is.
    private func checkNothingWasPublished() throws(PullFailure) {
        guard let position = updater.state.withLock({ $0.feed.position }) else { return }
        throw PullFailure(
            code: PullFailure.originAnswer,
            "the origin has no feed of the channel \(configuration.channel), entry "
                + "\(position.seq) was accepted before")
    }

    /// Takes over the key files that follow, as far as the origin has them.
    private func takeKeys(_ feed: inout TrustedFeed) throws(PullFailure) {
        for _ in 0..<FeedLimits.keyFilesPerPullMax where feed.keys.number < .max {
            let number = feed.keys.number + 1
            guard
                let (_, bytes) = try updater.source.small(
                    "keys/\(number)", bytesMax: FeedLimits.fileBytesMax)
            else { return }
            do throws(FeedRefusal) {
                try feed.accept(keys: bytes)
            } catch {
                throw PullFailure(error)
            }
            try store.remember(keys: bytes, number: number)
            let moved = feed
            updater.state.withLock { $0.feed = moved }
            updater.log.info("took over a key file", ["number": number, "epoch": moved.keys.epoch])
        }
    }
}
