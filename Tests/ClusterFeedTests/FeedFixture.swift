import Foundation
import Integrity

@testable import ClusterFeed

/// A root key, a release key, the first key file and entries signed by them.
struct FeedFixture {
    static let now = Date(timeIntervalSince1970: 1_772_359_200)
    static let tomorrow = now.addingTimeInterval(86_400)

    let root: SigningKey
    let release: SigningKey
    let keys: KeyFile

    init(keysExpire: Date = tomorrow, epoch: UInt64 = 1) throws {
        root = try SigningKey()
        release = try SigningKey()
        keys = KeyFile(
            number: 1, epoch: epoch, expires: keysExpire, rootThreshold: 1,
            rootKeys: [root.verifyingKey], releaseKeys: [release.verifyingKey])
    }

    func feed(at position: FeedPosition? = nil) -> TrustedFeed {
        TrustedFeed(channel: "books", keys: keys, position: position)
    }

    static func bundle(_ version: UInt64) -> BundleReference {
        BundleReference(
            version: version, manifest: SHA256Digest.of([UInt8(truncatingIfNeeded: version)]),
            manifestBytes: 1_000)
    }

    static func entry(
        seq: UInt64, version: UInt64 = 5, epoch: UInt64 = 1, previous: SHA256Digest? = nil
    ) -> FeedEntry {
        FeedEntry(
            channel: "books", epoch: epoch, seq: seq, previous: previous, issued: now,
            expires: tomorrow, stable: bundle(version))
    }

    func signed(_ entry: FeedEntry) throws -> [UInt8] {
        try SignedText.sign(entry.body(), with: [release])
    }

    /// The code by which a feed refuses a file; nil if it accepts it.
    func refusal(
        of file: [UInt8], by feed: TrustedFeed, now: Date = now
    ) -> FeedRefusal.Code? {
        var feed = feed
        let before = feed.position
        do throws(FeedRefusal) {
            _ = try feed.accept(file, now: now)
            return nil
        } catch {
            // What is refused leaves no trace.
            return feed.position == before ? error.code : nil
        }
    }

    func refusal(of entry: FeedEntry, by feed: TrustedFeed) throws -> FeedRefusal.Code? {
        refusal(of: try signed(entry), by: feed)
    }
}
