import ClusterFeed
import Foundation
import Integrity

/// A trainer's keys and what it signs, in memory.
struct Signer {
    let root: SigningKey
    let release: SigningKey
    let now = Date(timeIntervalSince1970: 1_772_359_200)

    init() throws {
        root = try SigningKey(seed: Array(repeating: 1, count: 32))
        release = try SigningKey(seed: Array(repeating: 2, count: 32))
    }

    var keys: KeyFile {
        KeyFile(
            number: 1, epoch: 1, expires: now.addingTimeInterval(1_000_000), rootThreshold: 1,
            rootKeys: [root.verifyingKey], releaseKeys: [release.verifyingKey])
    }

    func bundle(_ version: UInt64) -> BundleReference {
        BundleReference(
            version: version, manifest: SHA256Digest.of(Array("\(version)".utf8)),
            manifestBytes: 100)
    }

    func entry(seq: UInt64, version: UInt64 = 1, previous: [UInt8]? = nil) -> FeedEntry {
        FeedEntry(
            channel: "books", epoch: 1, seq: seq, previous: previous.map(SHA256Digest.of),
            issued: now, expires: now.addingTimeInterval(1_000), stable: bundle(version))
    }

    func sign(_ entry: FeedEntry) throws -> [UInt8] {
        try SignedText.sign(entry.body(), with: [release])
    }

    func feed() -> TrustedFeed { TrustedFeed(channel: "books", keys: keys, position: nil) }
}

/// The code by which something was refused; nil if it was not.
func refusal(_ body: () throws -> Void) -> FeedRefusal.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? FeedRefusal)?.code
    }
}
