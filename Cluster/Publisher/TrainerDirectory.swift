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
    let releaseKey: SigningKey
    let keys: KeyFile
    let now: @Sendable () -> Date
    /// One publication at a time in this process; other processes meet at the entry's name.
    let publishing = Mutex<Void>(())

    /// How long an entry is believed; the trainer signs a new one long before.
    static let entryLife: TimeInterval = 7 * 24 * 3_600
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
