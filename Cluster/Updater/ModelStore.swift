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
///
/// Nothing unverified ever stands under a name of `blobs`. A file that nobody refers to is removed
/// after the next commit; links and foreign files are never followed.
package final class ModelStore: Sendable {
    package let root: String
    private let lock: Int32

    private static let stateFile = "state"
    private static let stateBytesMax = 1 << 16
    private static let blobMode: mode_t = 0o444
    /// Downloads go on at multiples of this after an interruption.
    package static let pieceBytes = 256 << 10

    /// - Throws: `store.held` with the process that holds it; `disk.failed`.
    package init(root: String) throws(PullFailure) {
        self.root = root
        do {
            for directory in ["blobs", "part"] {
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
        let temporary = "\(root)/\(Self.stateFile).tmp"
        unlink(temporary)
        try write(value.encodedForReading(), to: temporary, mode: 0o644)
        let path = "\(root)/\(Self.stateFile)"
        guard rename(temporary, path) == 0 else { throw Self.failed("renaming", path) }
        try sync(root)
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

// MARK: Blobs

extension ModelStore {
    package func blobPath(_ digest: SHA256Digest) -> String {
        "\(root)/blobs/\(digest.hex.prefix(2))/\(digest.hex)"
    }

    func partPath(_ digest: SHA256Digest) -> String { "\(root)/part/\(digest.hex)" }

    package func hasBlob(_ digest: SHA256Digest) -> Bool {
        var status = stat()
        return lstat(blobPath(digest), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Opens a bundle out of the store, with every check.
    package func open(_ reference: BundleReference) throws(BundleError) -> ModelBundle {
        let manifest = try BlobFile.read(
            blobPath(reference.manifest), bytesMax: reference.manifestBytes)
        guard SHA256Digest.of(manifest) == reference.manifest else {
            throw BundleError(
                .digestMismatch, "the manifest \(reference.manifest.hex) is damaged on this disk")
        }
        return try ModelBundle(manifestBytes: manifest) { blobPath($0.digest) }
    }

    /// The bundle's blobs whose bytes are no longer what their names say.
    package func damagedBlobs(of reference: BundleReference) -> [SHA256Digest] {
        let damaged: (SHA256Digest) -> Bool = { [self] digest in
            (try? BlobFile.digest(of: blobPath(digest)))?.0 != digest
        }
        guard !damaged(reference.manifest),
            let bytes = try? BlobFile.read(
                blobPath(reference.manifest), bytesMax: reference.manifestBytes),
            let manifest = try? BundleManifest(parsing: bytes)
        else { return [reference.manifest] }
        return manifest.blobs.map(\.digest).filter(damaged)
    }

    /// Removes a blob whose bytes are wrong, so that it is fetched again.
    package func discard(_ digest: SHA256Digest) throws(PullFailure) {
        guard unlink(blobPath(digest)) == 0 || errno == ENOENT else {
            throw Self.failed("removing", blobPath(digest))
        }
    }

    /// Gives a complete and verified part its final name.
    func adopt(_ digest: SHA256Digest) throws(PullFailure) {
        let path = blobPath(digest)
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw PullFailure(
                code: PullFailure.diskFailed, "\(directory) cannot be made", cause: error)
        }
        guard chmod(partPath(digest), Self.blobMode) == 0,
            rename(partPath(digest), path) == 0
        else { throw Self.failed("renaming", partPath(digest)) }
        try sync(directory)
    }

    /// Writes a small verified blob.
    func store(_ bytes: [UInt8], as digest: SHA256Digest) throws(PullFailure) {
        let part = partPath(digest)
        unlink(part)
        try write(bytes, to: part, mode: 0o644)
        try adopt(digest)
    }

    /// Removes blobs and parts that none of these digests names.
    package func collectGarbage(keeping digests: Set<SHA256Digest>) {
        let files = FileManager.default
        for shard in (try? files.contentsOfDirectory(atPath: "\(root)/blobs")) ?? [] {
            let directory = "\(root)/blobs/\(shard)"
            for name in (try? files.contentsOfDirectory(atPath: directory)) ?? [] {
                // What is no digest is not ours to remove.
                guard let digest = SHA256Digest(hex: name), !digests.contains(digest) else {
                    continue
                }
                unlink("\(directory)/\(name)")
            }
        }
        for name in (try? files.contentsOfDirectory(atPath: "\(root)/part")) ?? [] {
            guard let digest = SHA256Digest(hex: name), !digests.contains(digest) else { continue }
            unlink("\(root)/part/\(name)")
        }
    }

    /// The digests that a bundle needs, as far as its manifest can be read.
    package func reachable(from reference: BundleReference) -> Set<SHA256Digest> {
        guard
            let bytes = try? BlobFile.read(
                blobPath(reference.manifest), bytesMax: reference.manifestBytes),
            let manifest = try? BundleManifest(parsing: bytes)
        else { return [reference.manifest] }
        return Set(manifest.blobs.map(\.digest) + [reference.manifest])
    }

    /// Bytes that the file system has left for this store.
    package func freeBytes() throws(PullFailure) -> Int {
        var status = statvfs()
        guard statvfs(root, &status) == 0 else { throw Self.failed("measuring", root) }
        let (bytes, overflow) = Int(clamping: status.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        return overflow ? Int.max : bytes
    }
}

// MARK: Writing

extension ModelStore {
    private func write(
        _ bytes: [UInt8], to path: String, mode: mode_t
    ) throws(PullFailure) {
        let file = try PartFile(path: path, mode: mode, keeping: 0)
        try file.append(bytes)
        try file.sync()
    }

    private func sync(_ directory: String) throws(PullFailure) {
        let descriptor = Foundation.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failed("opening", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failed("syncing", directory) }
    }
}

/// A file that grows at its end.
final class PartFile {
    private let descriptor: Int32
    private let path: String

    /// Opens or creates the file and cuts it to what is kept of an earlier attempt.
    init(path: String, mode: mode_t = 0o644, keeping bytes: Int) throws(PullFailure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw ModelStore.failed("opening", path) }
        guard ftruncate(descriptor, bytes) == 0, lseek(descriptor, bytes, SEEK_SET) == bytes else {
            throw ModelStore.failed("cutting", path)
        }
    }

    deinit { close(descriptor) }

    func restart(at offset: Int) throws(PullFailure) {
        guard ftruncate(descriptor, offset) == 0, lseek(descriptor, offset, SEEK_SET) == offset
        else { throw ModelStore.failed("cutting", path) }
    }

    func append(_ bytes: [UInt8]) throws(PullFailure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ModelStore.failed("writing", path) }
            written += count
        }
    }

    func sync() throws(PullFailure) {
        guard fsync(descriptor) == 0 else { throw ModelStore.failed("syncing", path) }
    }
}
