import BundleFormat
import ClusterFeed
import Foundation
import Integrity

extension TrainerDirectory {
    /// Publishes a bundle that lies in a directory of this machine.
    ///
    /// - Throws: `.badBundle`, `.conflict`, `.diskFailed`.
    package func publish(
        bundleDirectory: String, channel: String
    ) throws(PublisherError) -> FeedEntry {
        let bundle = try Self.checking { () throws(BundleError) in
            try ModelBundle(directory: bundleDirectory)
        }
        for blob in bundle.manifest.blobs {
            let bytes = try Self.checking { () throws(BundleError) in
                try BlobFile.read("\(bundleDirectory)/\(blob.name)", bytesMax: blob.bytes)
            }
            try store(bytes, as: blob.digest)
        }
        let manifest = try Self.checking { () throws(BundleError) in
            try BlobFile.read(
                "\(bundleDirectory)/\(BundleFile.manifest)",
                bytesMax: BundleLimits.manifestBytesMax)
        }
        return try publish(manifest: manifest, channel: channel)
    }

    /// Publishes a bundle whose blobs were stored before.
    ///
    /// - Throws: `.notFound` that names the first missing blob; `.badBundle`, `.conflict`.
    package func publish(manifest: [UInt8], channel: String) throws(PublisherError) -> FeedEntry {
        guard FeedEntry.isValid(channel: channel) else {
            throw PublisherError(
                .badBundle,
                "a channel's name has 1 to \(FeedLimits.channelBytesMax) lower-case letters, "
                    + "digits and dashes")
        }
        let parsed = try Self.checking { () throws(BundleError) in
            try BundleManifest(parsing: manifest)
        }
        guard parsed.modelName == channel else {
            throw PublisherError(
                .badBundle,
                "the bundle holds the model \(parsed.modelName), the channel is \(channel)")
        }
        for blob in parsed.blobs where !hasBlob(blob.digest) {
            throw PublisherError(
                .notFound, "the blob \(blob.name) (\(blob.digest.hex)) was not uploaded")
        }
        try checkOpens(manifest)
        let digest = SHA256Digest.of(manifest)
        try store(manifest, as: digest)
        let reference = BundleReference(
            version: UInt64(parsed.version), manifest: digest, manifestBytes: manifest.count)
        return try publishing.withLock { _ throws(PublisherError) in
            try append(reference, to: channel)
        }
    }

    /// Announces an earlier version again and says that this is on purpose.
    ///
    /// The next version must be higher than any that was ever stable: a node that was away during
    /// the rollback still has the highest one, and would refuse less.
    ///
    /// - Throws: `.notFound` if the version was never stable or is no longer here, `.conflict` if
    ///   it is not an earlier one or must not run any more.
    package func rollBack(
        _ channel: String, to version: UInt64
    ) throws(PublisherError) -> FeedEntry {
        try publishing.withLock { _ throws(PublisherError) in
            guard let newest = try newest(of: channel) else {
                throw PublisherError(.notFound, "nothing was published to \(channel)")
            }
            let bundle = try published(version, before: newest, channel)
            guard version < newest.entry.stable.version, version >= newest.entry.floor,
                !newest.entry.bad.contains(bundle.manifest)
            else {
                throw PublisherError(
                    .conflict,
                    "version \(version) is not older than \(newest.entry.stable.version), or is "
                        + "below the floor \(newest.entry.floor), or is listed as bad")
            }
            let manifest = try Self.checking { () throws(BundleError) in
                try BlobFile.read(blobPath(bundle.manifest), bytesMax: bundle.manifestBytes)
            }
            try checkOpens(manifest)
            var entry = following(newest)
            entry.stable = bundle
            entry.candidate = nil
            entry.note = FeedEntry.rollbackNote
            try write(entry)
            return entry
        }
    }

    /// Signs the newest entry anew if less than half of its life is left, so that a feed without
    /// news does not expire, and mends a `latest` that a crash left behind.
    ///
    /// - Returns: The new entry, or nil if the newest one is young enough.
    package func refresh(_ channel: String) throws(PublisherError) -> FeedEntry? {
        try publishing.withLock { _ throws(PublisherError) in
            guard let newest = try newest(of: channel) else { return nil }
            guard newest.entry.expires.timeIntervalSince(now()) < Self.entryLife / 2 else {
                try announceNewest(of: channel)
                return nil
            }
            // All else stays, a rollback's note too: a node may have missed the entry before.
            let entry = following(newest)
            try write(entry)
            return entry
        }
    }

    /// The channels that have an entry, sorted.
    package var channels: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/public/feed")
        return (names ?? []).filter(FeedEntry.isValid(channel:)).sorted()
    }

    /// Opens a bundle as a node will: what no node would take is not announced.
    private func checkOpens(_ manifest: [UInt8]) throws(PublisherError) {
        _ = try Self.checking { () throws(BundleError) in
            try ModelBundle(manifestBytes: manifest) { blobPath($0.digest) }
        }
    }
}

// MARK: Entries

extension TrainerDirectory {
    /// An entry with the bytes that were signed.
    struct PublishedEntry {
        let entry: FeedEntry
        let file: [UInt8]
        let digest: SHA256Digest
    }

    private func feedDirectory(_ channel: String) -> String { "\(root)/public/feed/\(channel)" }

    private func append(
        _ bundle: BundleReference, to channel: String
    ) throws(PublisherError) -> FeedEntry {
        guard let newest = try newest(of: channel) else {
            let first = FeedEntry(
                channel: channel, epoch: keys.epoch, seq: 1, previous: nil, issued: now(),
                expires: now().addingTimeInterval(Self.entryLife), stable: bundle)
            try write(first)
            return first
        }
        let highest = try highestVersion(upTo: newest, channel)
        guard bundle.version > highest else {
            // Whoever tries again after a crash shall find what did get through announced.
            try announceNewest(of: channel)
            throw PublisherError(
                .conflict,
                "version \(bundle.version) is not newer than the published \(highest); train with "
                    + "a higher --version")
        }
        var entry = following(newest)
        entry.stable = bundle
        entry.candidate = nil
        entry.note = nil
        try write(entry)
        return entry
    }

    /// The next entry, so far with the same statement.
    private func following(_ newest: PublishedEntry) -> FeedEntry {
        var entry = newest.entry
        entry.epoch = keys.epoch
        entry.seq += 1
        entry.previous = newest.digest
        entry.issued = now()
        entry.expires = entry.issued.addingTimeInterval(Self.entryLife)
        return entry
    }

    /// The highest version that was ever stable: that of the last entry which is no rollback.
    private func highestVersion(
        upTo newest: PublishedEntry, _ channel: String
    ) throws(PublisherError) -> UInt64 {
        var entry = newest.entry
        while entry.isRollback, entry.seq > 1 {
            entry = try read(entry.seq - 1, of: channel).entry
        }
        return entry.stable.version
    }

    private func published(
        _ version: UInt64, before newest: PublishedEntry, _ channel: String
    ) throws(PublisherError) -> BundleReference {
        var entry = newest.entry
        while entry.stable.version != version {
            guard entry.seq > 1 else {
                throw PublisherError(
                    .notFound, "version \(version) of \(channel) was never published")
            }
            entry = try read(entry.seq - 1, of: channel).entry
        }
        return entry.stable
    }

    private func write(_ entry: FeedEntry) throws(PublisherError) {
        let directory = feedDirectory(entry.channel)
        try DurableFile.makeDirectory(directory)
        let file: [UInt8]
        do throws(IntegrityError) {
            file = try SignedText.sign(entry.body(), with: [releaseKey])
        } catch {
            throw PublisherError(.keys, error.message, cause: error)
        }
        let isNew = try DurableFile.create(
            "\(directory)/\(entry.seq)", with: file, mode: DurableFile.publicMode)
        guard isNew else {
            throw PublisherError(
                .conflict, "entry \(entry.seq) was published by somebody else at the same time")
        }
        try announceNewest(of: entry.channel)
    }

    /// Makes `latest` a copy of the newest entry.
    ///
    /// Two trainers that write one after the other may finish in the other order, so each looks
    /// again: the last to write has seen the newest.
    private func announceNewest(of channel: String) throws(PublisherError) {
        let latest = "\(feedDirectory(channel))/latest"
        while let newest = try newest(of: channel) {
            let announced = FileManager.default.contents(atPath: latest).map { [UInt8]($0) }
            guard announced != newest.file else { return }
            try DurableFile.replace(latest, with: newest.file, mode: DurableFile.publicMode)
        }
    }

    /// The newest entry of a channel; after a crash it may be one ahead of `latest`.
    func newest(of channel: String) throws(PublisherError) -> PublishedEntry? {
        let directory = feedDirectory(channel)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory),
            let seq = names.compactMap({ UInt64($0) }).max()
        else { return nil }
        return try read(seq, of: channel)
    }

    /// Our own entries are judged by the rules of the nodes, but for their expiry.
    private func read(_ seq: UInt64, of channel: String) throws(PublisherError) -> PublishedEntry {
        guard let file = FileManager.default.contents(atPath: "\(feedDirectory(channel))/\(seq)")
        else {
            throw PublisherError(.diskFailed, "entry \(seq) of \(channel) cannot be read")
        }
        var feed = TrustedFeed(channel: channel, keys: keys, position: nil)
        do throws(FeedRefusal) {
            let accepted = try feed.resume(from: [UInt8](file))
            guard accepted.entry.seq == seq, seq < .max else {
                throw FeedRefusal(.entryMalformed, "it calls itself \(accepted.entry.seq)")
            }
            return PublishedEntry(
                entry: accepted.entry, file: [UInt8](file), digest: accepted.position.entry)
        } catch {
            throw PublisherError(
                .diskFailed, "entry \(seq) of \(channel) is damaged: \(error.message)", cause: error
            )
        }
    }
}
