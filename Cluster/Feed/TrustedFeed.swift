import Foundation
import Integrity

/// How far a node has followed a feed; survives restarts.
package struct FeedPosition: Sendable, Hashable {
    package let epoch: UInt64
    package let seq: UInt64
    package let entry: SHA256Digest
    /// The version that was stable then.
    package let stableVersion: UInt64

    package init(epoch: UInt64, seq: UInt64, entry: SHA256Digest, stableVersion: UInt64) {
        self.epoch = epoch
        self.seq = seq
        self.entry = entry
        self.stableVersion = stableVersion
    }
}

/// An entry that passed every rule.
package struct AcceptedEntry: Sendable, Hashable {
    package let entry: FeedEntry
    package let position: FeedPosition
}

/// The rules by which both sides of the feed agree what is true.
///
/// Pure: no clock, no disk, no network.
///
/// An entry is accepted if, in this order:
/// 1. it is a signed text of at most 24 KiB whose first line says that it is an entry;
/// 2. a release key of the current key file signed exactly these bytes, and that file is not
///    expired;
/// 3. its members are well-formed and it belongs to this channel;
/// 4. its epoch is the key file's, and (epoch, seq) not below the position: only root keys begin
///    an epoch, so a stolen release key cannot run ahead to where nobody can follow;
/// 5. with the same (epoch, seq) it is the same entry, and the next one names it as `prev`;
/// 6. it is not expired;
/// 7. stable and candidate are not below the floor and not listed as bad;
/// 8. stable is not below the version that was stable before, unless a note says rollback.
///
/// Only an accepted entry moves the position: what is refused leaves no trace.
package struct TrustedFeed: Sendable {
    package let channel: String
    package private(set) var keys: KeyFile
    package private(set) var position: FeedPosition?

    package init(channel: String, keys: KeyFile, position: FeedPosition?) {
        self.channel = channel
        self.keys = keys
        self.position = position
    }

    /// Takes over the key file that follows the current one.
    package mutating func accept(keys file: [UInt8]) throws(FeedRefusal) {
        keys = try keys.successor(file)
    }

    /// Whether this file is the entry that was accepted last.
    package func isAccepted(_ file: [UInt8]) -> Bool {
        position?.entry == SHA256Digest.of(file)
    }

    /// Goes on from an entry that was accepted before, in an earlier life of the process.
    ///
    /// Judges by the rules 1 to 4 without any expiry: what was believed once still says how far
    /// the feed had come.
    package mutating func resume(from file: [UInt8]) throws(FeedRefusal) -> AcceptedEntry {
        let entry = try signedEntry(file, now: nil)
        let accepted = Self.accepted(entry, SHA256Digest.of(file))
        try checkEpoch(entry)
        let found = (accepted.position.epoch, accepted.position.seq)
        if let position, (position.epoch, position.seq) > found {
            throw FeedRefusal(
                .feedRollback, "entry \(entry.seq) is older than the accepted \(position.seq)")
        }
        position = accepted.position
        return accepted
    }

    /// Judges an entry and, if it passes, remembers it.
    package mutating func accept(_ file: [UInt8], now: Date) throws(FeedRefusal) -> AcceptedEntry {
        let entry = try signedEntry(file, now: now)
        let digest = SHA256Digest.of(file)
        try checkOrder(entry, digest)
        guard entry.expires > now else {
            throw FeedRefusal(
                .feedExpired,
                "entry \(entry.seq) expired at \(entry.expires.formatted(.iso8601)); the trainer "
                    + "must sign a new one")
        }
        try checkVersions(entry)
        let accepted = Self.accepted(entry, digest)
        position = accepted.position
        return accepted
    }

    private static func accepted(_ entry: FeedEntry, _ digest: SHA256Digest) -> AcceptedEntry {
        AcceptedEntry(
            entry: entry,
            position: FeedPosition(
                epoch: entry.epoch, seq: entry.seq, entry: digest,
                stableVersion: entry.stable.version))
    }

    /// The rules 1 to 3; without a time, keys do not expire.
    private func signedEntry(_ file: [UInt8], now: Date?) throws(FeedRefusal) -> FeedEntry {
        let text = try SignedText(parsing: file)
        try checkType(text)
        if let now, keys.expires <= now {
            throw FeedRefusal(
                .keysExpired,
                "key file \(keys.number) expired at \(keys.expires.formatted(.iso8601))")
        }
        try checkSignature(text)
        let entry = try FeedEntry(parsing: text.body)
        guard entry.channel == channel else {
            throw FeedRefusal(
                .entryChannel, "the entry is of channel \(entry.channel), not \(channel)")
        }
        return entry
    }

    private func checkType(_ text: SignedText) throws(FeedRefusal) {
        guard text.body.starts(with: "\(FeedEntry.type)\n".utf8) else {
            throw FeedRefusal(
                .signatureDomain, "the file is signed as something else than an entry")
        }
    }

    private func checkSignature(_ text: SignedText) throws(FeedRefusal) {
        guard text.signers(among: keys.releaseKeys) > 0 else {
            let known = keys.releaseKeys.map(\.id).joined(separator: ", ")
            throw FeedRefusal(
                .signatureInvalid,
                "the entry is not signed by a release key of key file \(keys.number) (\(known))")
        }
    }

    private func checkEpoch(_ entry: FeedEntry) throws(FeedRefusal) {
        guard entry.epoch >= keys.epoch else {
            throw FeedRefusal(
                .feedRollback, "epoch \(entry.epoch) is over, the key file says \(keys.epoch)")
        }
        guard entry.epoch == keys.epoch else {
            throw FeedRefusal(
                .entryEpoch,
                "epoch \(entry.epoch) was begun by no key file, number \(keys.number) says "
                    + "\(keys.epoch)")
        }
    }

    private func checkOrder(_ entry: FeedEntry, _ digest: SHA256Digest) throws(FeedRefusal) {
        try checkEpoch(entry)
        guard let position else { return }
        guard (entry.epoch, entry.seq) >= (position.epoch, position.seq) else {
            throw FeedRefusal(
                .feedRollback,
                "entry \(entry.epoch)/\(entry.seq) is older than the accepted "
                    + "\(position.epoch)/\(position.seq)")
        }
        guard entry.epoch == position.epoch else { return }
        if entry.seq == position.seq, digest != position.entry {
            throw FeedRefusal(
                .feedFork, "another entry \(entry.seq) was accepted before: \(position.entry.hex)")
        }
        if entry.seq > position.seq, entry.seq - position.seq == 1,
            entry.previous != position.entry
        {
            throw FeedRefusal(
                .feedFork, "entry \(entry.seq) does not follow the accepted \(position.entry.hex)")
        }
    }

    private func checkVersions(_ entry: FeedEntry) throws(FeedRefusal) {
        for bundle in [entry.stable, entry.candidate?.bundle].compactMap(\.self) {
            guard bundle.version >= entry.floor else {
                throw FeedRefusal(
                    .versionFloor,
                    "version \(bundle.version) is below the floor \(entry.floor)")
            }
            guard !entry.bad.contains(bundle.manifest) else {
                throw FeedRefusal(
                    .versionBad, "the manifest \(bundle.manifest.hex) is listed as bad")
            }
        }
        if let position, entry.stable.version < position.stableVersion, !entry.isRollback {
            throw FeedRefusal(
                .versionDowngrade,
                "version \(entry.stable.version) is older than \(position.stableVersion), and the "
                    + "entry does not say that this is a rollback")
        }
    }
}
