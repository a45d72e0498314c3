import BundleFormat
import ClusterFeed
import Foundation
import Integrity
import Synchronization

/// The trainer's side of a feed, as files that any static host could serve.
///
/// | Path | Content |
/// |---|---|
/// | `secret/root.key` | seed of the root key; belongs off this machine once it has signed |
/// | `secret/release.key` | seed of the release key, which signs entries |
/// | `trust.keys` | the first key file: what an operator gives to each node |
/// | `public/keys/<n>` | key file n |
/// | `public/feed/<channel>/<seq>` | entry, never changed |
/// | `public/feed/<channel>/latest` | copy of the newest entry |
/// | `public/blobs/<sha256>` | manifests and blobs |
///
/// Publishing writes blobs, then the manifest, then the entry, then `latest`, each of them durable
/// before the next: whoever sees an entry finds everything that it names.
package final class TrainerDirectory: Sendable {
    package let root: String
    private let releaseKey: SigningKey
    private let keys: KeyFile
    private let now: @Sendable () -> Date
    /// One publication at a time in this process; other processes meet at the entry's name.
    private let publishing = Mutex<Void>(())

    /// How long an entry is believed; the trainer signs a new one long before.
    private static let entryLife: TimeInterval = 7 * 24 * 3_600
    /// How long the first key file is believed.
    private static let keysLife: TimeInterval = 5 * 365 * 24 * 3_600

    static let trustFile = "trust.keys"
    private static let rootKeyFile = "secret/root.key"
    private static let releaseKeyFile = "secret/release.key"

    /// Opens a directory that ``initialise(at:now:)`` has made.
    ///
    /// - Throws: `.keys` with the command that makes them.
    package init(
        at root: String, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(PublisherError) {
        self.root = root
        self.now = now
        guard let seed = FileManager.default.contents(atPath: "\(root)/\(Self.releaseKeyFile)"),
            let file = FileManager.default.contents(atPath: "\(root)/\(Self.trustFile)")
        else {
            throw PublisherError(
                .keys, "\(root) holds no keys; make them once with 'ledge trainer init'")
        }
        do {
            releaseKey = try Self.signingKey([UInt8](seed))
            keys = try KeyFile.trusting([UInt8](file))
        } catch {
            throw PublisherError(.keys, "the keys in \(root) are damaged: \(error)", cause: error)
        }
    }

    /// Makes the keys of a new trainer and signs the first key file with the root key.
    ///
    /// - Returns: The path of the trust file.
    /// - Throws: `.keys` if there are keys already.
    @discardableResult
    package static func initialise(at root: String, now: Date) throws(PublisherError) -> String {
        let trust = "\(root)/\(trustFile)"
        guard !isInitialised(at: root) else {
            throw PublisherError(.keys, "\(root) has keys already; they are not made twice")
        }
        for directory in ["secret", "public/keys", "public/feed", "public/blobs"] {
            try DurableFile.makeDirectory("\(root)/\(directory)")
        }
        do {
            let (rootKey, releaseKey) = (try SigningKey(), try SigningKey())
            let keys = KeyFile(
                number: 1, epoch: 1, expires: now.addingTimeInterval(keysLife), rootThreshold: 1,
                rootKeys: [rootKey.verifyingKey], releaseKeys: [releaseKey.verifyingKey])
            let file = try SignedText.sign(keys.body(), with: [rootKey])
            for (path, key) in [(rootKeyFile, rootKey), (releaseKeyFile, releaseKey)] {
                try DurableFile.replace(
                    "\(root)/\(path)", with: Array((key.seed.hexadecimal + "\n").utf8),
                    mode: DurableFile.secretMode)
            }
            try DurableFile.replace(
                "\(root)/public/keys/1", with: file, mode: DurableFile.publicMode)
            try DurableFile.replace(trust, with: file, mode: DurableFile.publicMode)
            return trust
        } catch let error as PublisherError {
            throw error
        } catch {
            throw PublisherError(.keys, "the keys cannot be made: \(error)", cause: error)
        }
    }

    /// Whether a trainer has keys there.
    package static func isInitialised(at root: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(trustFile)")
    }

    private static func signingKey(_ file: [UInt8]) throws(IntegrityError) -> SigningKey {
        let text = String(decoding: file, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard let seed = [UInt8](hexadecimal: text) else {
            throw IntegrityError(.malformedKey, "a key file holds hexadecimal digits")
        }
        return try SigningKey(seed: seed)
    }
}

// MARK: Publishing

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
        // Opens it as a node will: what no node would take is not announced.
        _ = try Self.checking { () throws(BundleError) in
            try ModelBundle(manifestBytes: manifest) { blobPath($0.digest) }
        }
        let digest = SHA256Digest.of(manifest)
        try store(manifest, as: digest)
        let reference = BundleReference(
            version: UInt64(parsed.version), manifest: digest, manifestBytes: manifest.count)
        return try append(reference, to: channel)
    }

    /// Writes the next entry, then `latest`.
    private func append(
        _ bundle: BundleReference, to channel: String
    ) throws(PublisherError) -> FeedEntry {
        do {
            return try publishing.withLock { _ in
                let newest = try newest(of: channel)
                if let newest { try repairLatest(of: channel, newest.file) }
                let entry = try next(after: newest, bundle, channel)
                try write(entry)
                return entry
            }
        } catch let error as PublisherError {
            throw error
        } catch {
            throw PublisherError(.diskFailed, "the entry cannot be written", cause: error)
        }
    }

    private func next(
        after newest: (entry: FeedEntry, digest: SHA256Digest, file: [UInt8])?,
        _ bundle: BundleReference, _ channel: String
    ) throws(PublisherError) -> FeedEntry {
        let issued = now()
        let expires = issued.addingTimeInterval(Self.entryLife)
        guard let newest else {
            return FeedEntry(
                channel: channel, epoch: keys.epoch, seq: 1, previous: nil, issued: issued,
                expires: expires, stable: bundle)
        }
        guard bundle.version > newest.entry.stable.version else {
            throw PublisherError(
                .conflict,
                "version \(bundle.version) is not newer than the published "
                    + "\(newest.entry.stable.version); train with a higher --version")
        }
        var entry = FeedEntry(
            channel: channel, epoch: newest.entry.epoch, seq: newest.entry.seq + 1,
            previous: newest.digest, issued: issued, expires: expires, stable: bundle,
            floor: newest.entry.floor)
        entry.bad = newest.entry.bad
        return entry
    }

    private func write(_ entry: FeedEntry) throws(PublisherError) {
        let directory = "\(root)/public/feed/\(entry.channel)"
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
        try DurableFile.replace(
            "\(directory)/latest", with: file, mode: DurableFile.publicMode)
    }

    /// Writes `latest` if a crash or a full disk came between an entry and its copy.
    private func repairLatest(of channel: String, _ file: [UInt8]) throws(PublisherError) {
        let path = "\(root)/public/feed/\(channel)/latest"
        guard FileManager.default.contents(atPath: path).map([UInt8].init) != file else { return }
        try DurableFile.replace(path, with: file, mode: DurableFile.publicMode)
    }

    /// The newest entry of a channel; after a crash it may be one ahead of `latest`.
    func newest(
        of channel: String
    ) throws(PublisherError) -> (entry: FeedEntry, digest: SHA256Digest, file: [UInt8])? {
        let directory = "\(root)/public/feed/\(channel)"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory),
            let seq = names.compactMap({ UInt64($0) }).max()
        else { return nil }
        guard let file = FileManager.default.contents(atPath: "\(directory)/\(seq)") else {
            throw PublisherError(.diskFailed, "entry \(seq) of \(channel) cannot be read")
        }
        // Our own entries are judged by the rules of the nodes, at the moment they were issued.
        var feed = TrustedFeed(channel: channel, keys: keys, position: nil)
        do throws(FeedRefusal) {
            let accepted = try feed.accept([UInt8](file), now: .distantPast)
            return (accepted.entry, accepted.position.entry, [UInt8](file))
        } catch {
            throw PublisherError(
                .diskFailed, "entry \(seq) of \(channel) is damaged: \(error.message)", cause: error
            )
        }
    }

    /// Signs the newest entry anew if less than half of its life is left, so that a feed without
    /// news does not expire.
    ///
    /// - Returns: The new entry, or nil if the newest one is young enough.
    package func refresh(_ channel: String) throws(PublisherError) -> FeedEntry? {
        guard let newest = try newest(of: channel) else { return nil }
        try repairLatest(of: channel, newest.file)
        guard newest.entry.expires.timeIntervalSince(now()) < Self.entryLife / 2 else { return nil }
        var entry = newest.entry
        entry.seq += 1
        entry.previous = newest.digest
        entry.issued = now()
        entry.expires = entry.issued.addingTimeInterval(Self.entryLife)
        entry.note = nil
        try write(entry)
        return entry
    }

    /// The channels that have an entry, sorted.
    package var channels: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/public/feed")
        return (names ?? []).filter(FeedEntry.isValid(channel:)).sorted()
    }

    static func checking<Answer>(
        _ body: () throws(BundleError) -> Answer
    ) throws(PublisherError) -> Answer {
        do throws(BundleError) {
            return try body()
        } catch {
            throw PublisherError(.badBundle, "\(error)", cause: error)
        }
    }
}

// MARK: Blobs

extension TrainerDirectory {
    func blobPath(_ digest: SHA256Digest) -> String { "\(root)/public/blobs/\(digest.hex)" }

    package func hasBlob(_ digest: SHA256Digest) -> Bool {
        FileManager.default.fileExists(atPath: blobPath(digest))
    }

    /// Stores bytes under their digest; a blob that is there already stays.
    ///
    /// - Throws: `.badBundle` if they have another digest.
    package func store(_ bytes: [UInt8], as digest: SHA256Digest) throws(PublisherError) {
        let found = SHA256Digest.of(bytes)
        guard found == digest else {
            throw PublisherError(
                .badBundle, "the bytes have the digest \(found.hex), not \(digest.hex)")
        }
        guard !hasBlob(digest) else { return }
        try DurableFile.replace(blobPath(digest), with: bytes, mode: DurableFile.publicMode)
    }
}
