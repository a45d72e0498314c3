import BundleFormat
import ClusterFeed
import Foundation
import Integrity
import JSON

/// What a node remembers of a channel across restarts.
package struct StoredState: Sendable, Hashable {
    package var position: FeedPosition?
    /// What serves, or will after the start.
    package var current: BundleReference?
    package var previous: BundleReference?
}

/// A node's files of one channel.
///
/// | Path | Content |
/// |---|---|
/// | `lock` | the process id of the node that works here, locked while it does |
/// | `state` | position and versions; replaced by a rename, the one commit point |
/// | `blobs/ab/<digest>` | manifests and blobs, complete and verified, mode 0444 |
/// | `part/<digest>` | a blob on its way; its bytes are believed only after hashing all of them |
/// | `feed/entry` | the entry that was accepted last, as it was signed: how far the feed had come |
/// | `keys/<n>` | key files that followed the one which the operator gave |
///
/// Nothing unverified ever stands under a name of `blobs`. A file that nobody refers to is removed
/// after the next commit; links and foreign files are never followed.
package final class ModelStore: Sendable {
    package let root: String
    private let lock: Int32

    private static let stateFile = "state"
    private static let stateBytesMax = 1 << 16
    private static let entryFile = "feed/entry"
    private static let keysDirectory = "keys"
    static let blobMode: mode_t = 0o444
    static let fileMode: mode_t = 0o644
    static let directoryMode: mode_t = 0o755
    /// Blobs lie in directories named by the first digits of their digest.
    static let shardDigits = 2
    /// Downloads go on at multiples of this after an interruption.
    package static let pieceBytes = 256 << 10

    /// - Throws: `store.held` with the process that holds it; `disk.failed`.
    package init(root: String) throws(PullFailure) {
        self.root = root
        do {
            for directory in ["blobs", "part", "feed", Self.keysDirectory] {
                try FileManager.default.createDirectory(
                    atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
            }
        } catch {
            throw PullFailure(
                code: PullFailure.diskFailed, "the store \(root) cannot be made", cause: error)
        }
        lock = try Self.lock("\(root)/lock")
    }

    deinit { close(lock) }

    /// Lets another process, or another value of this one, work here.
    package func release() { flock(lock, LOCK_UN) }

    private static func lock(_ path: String) throws(PullFailure) -> Int32 {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw failed("opening", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var digits = [UInt8](repeating: 0, count: 20)
            let count = pread(descriptor, &digits, digits.count, 0)
            close(descriptor)
            let holder = String(decoding: digits.prefix(max(0, count)), as: UTF8.self)
            throw PullFailure(
                code: PullFailure.storeHeld,
                "another node (process \(holder.isEmpty ? "unknown" : holder)) works in \(path)")
        }
        let text = Array("\(getpid())".utf8)
        ftruncate(descriptor, 0)
        // The number is for people; the lock itself is what counts.
        _ = pwrite(descriptor, text, text.count, 0)
        return descriptor
    }

    static func failed(_ doing: String, _ path: String) -> PullFailure {
        PullFailure(
            code: PullFailure.diskFailed,
            "\(doing) \(path) failed: \(String(cString: strerror(errno)))")
    }
}

// MARK: State

extension ModelStore {
    /// What was committed last; empty if nothing was, or if the file is damaged.
    ///
    /// A damaged state costs the floor against old entries and a download, never the start.
    package func loadState() -> StoredState {
        guard
            let bytes = try? BlobFile.read(
                "\(root)/\(Self.stateFile)", bytesMax: Self.stateBytesMax),
            let value = try? JSONValue(parsing: bytes)
        else { return StoredState() }
        return StoredState(
            position: Self.position(value["position"]), current: Self.bundle(value["current"]),
            previous: Self.bundle(value["previous"]))
    }

    /// Replaces the state: after a crash it is the old one or this one.
    package func commit(_ state: StoredState) throws(PullFailure) {
        let value: JSONValue = [
            "position": state.position.map(Self.json) ?? .null,
            "current": state.current.map(Self.json) ?? .null,
            "previous": state.previous.map(Self.json) ?? .null,
        ]
        try replace(Self.stateFile, with: value.encodedForReading())
    }

    /// The entry that was accepted last; nil if none was, or if it cannot be read.
    ///
    /// It is signed, so it need not be believed: whoever reads it judges it again.
    func acceptedEntry() -> [UInt8]? {
        try? BlobFile.read("\(root)/\(Self.entryFile)", bytesMax: FeedLimits.fileBytesMax)
    }

    /// Remembers an entry before anything is done about it, so that no restart forgets it.
    func remember(entry: [UInt8]) throws(PullFailure) {
        try replace(Self.entryFile, with: entry)
    }

    /// A key file that was accepted before; to be judged again like every file that is signed.
    func keyFile(_ number: UInt64) -> [UInt8]? {
        try? BlobFile.read(
            "\(root)/\(Self.keysDirectory)/\(number)", bytesMax: FeedLimits.fileBytesMax)
    }

    /// Remembers a key file, so that who holds an old release key cannot hide it after a restart.
    func remember(keys: [UInt8], number: UInt64) throws(PullFailure) {
        try replace("\(Self.keysDirectory)/\(number)", with: keys)
    }

    private static func json(_ bundle: BundleReference) -> JSONValue {
        [
            "version": .string(String(bundle.version)), "manifest": .string(bundle.manifest.hex),
            "bytes": JSONValue(bundle.manifestBytes),
        ]
    }

    private static func json(_ position: FeedPosition) -> JSONValue {
        [
            "epoch": .string(String(position.epoch)), "seq": .string(String(position.seq)),
            "entry": .string(position.entry.hex),
            "stable_version": .string(String(position.stableVersion)),
        ]
    }

    private static func bundle(_ value: JSONValue?) -> BundleReference? {
        guard let version = value?["version"]?.stringValue.flatMap(UInt64.init),
            let manifest = value?["manifest"]?.stringValue.flatMap(SHA256Digest.init(hex:)),
            let bytes = value?["bytes"]?.integerValue, bytes > 0
        else { return nil }
        return BundleReference(version: version, manifest: manifest, manifestBytes: bytes)
    }

    private static func position(_ value: JSONValue?) -> FeedPosition? {
        guard let epoch = value?["epoch"]?.stringValue.flatMap(UInt64.init),
            let seq = value?["seq"]?.stringValue.flatMap(UInt64.init),
            let entry = value?["entry"]?.stringValue.flatMap(SHA256Digest.init(hex:)),
            let version = value?["stable_version"]?.stringValue.flatMap(UInt64.init)
        else { return nil }
        return FeedPosition(epoch: epoch, seq: seq, entry: entry, stableVersion: version)
    }
}

// MARK: Writing

extension ModelStore {
    /// Replaces a small file: after a crash it is the old one or this one.
    private func replace(_ name: String, with bytes: [UInt8]) throws(PullFailure) {
        let path = "\(root)/\(name)"
        let temporary = "\(path).tmp"
        unlink(temporary)
        try write(bytes, to: temporary)
        guard rename(temporary, path) == 0 else { throw Self.failed("renaming", path) }
        try sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    func write(_ bytes: [UInt8], to path: String) throws(PullFailure) {
        let file = try PartFile(path: path, mode: Self.fileMode, keeping: 0)
        try file.append(bytes)
        try file.sync()
    }

    func sync(_ directory: String) throws(PullFailure) {
        let descriptor = Foundation.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failed("opening", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failed("syncing", directory) }
    }
}
