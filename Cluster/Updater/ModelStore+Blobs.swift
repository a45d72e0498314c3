import BundleFormat
import ClusterFeed
import Foundation
import Integrity

extension ModelStore {
    package func blobPath(_ digest: SHA256Digest) -> String {
        "\(root)/blobs/\(digest.hex.prefix(Self.shardDigits))/\(digest.hex)"
    }

    func partPath(_ digest: SHA256Digest) -> String { "\(root)/part/\(digest.hex)" }

    package func hasBlob(_ digest: SHA256Digest) -> Bool {
        Self.isReal(blobPath(digest), S_IFREG)
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
        if mkdir(directory, Self.directoryMode) == 0 {
            // A blob is as durable as the directory that names it.
            try sync("\(root)/blobs")
        } else if errno != EEXIST {
            throw Self.failed("making", directory)
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
        try write(bytes, to: part)
        try adopt(digest)
    }

    /// Removes blobs and parts that none of these digests names.
    ///
    /// What cannot be removed now is garbage at the next time too, so failures are harmless.
    package func collectGarbage(keeping digests: Set<SHA256Digest>) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/blobs")) ?? []
        for name in names { removeDigests(in: "\(root)/blobs/\(name)", except: digests) }
        removeDigests(in: "\(root)/part", except: digests)
    }

    private func removeDigests(in directory: String, except kept: Set<SHA256Digest>) {
        // A link could lead to another node's store; what is no digest is not ours.
        guard Self.isReal(directory, S_IFDIR) else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            guard let digest = SHA256Digest(hex: name), !kept.contains(digest) else { continue }
            unlink("\(directory)/\(name)")
        }
    }

    /// Whether something of that type, and no link to it, has this path.
    private static func isReal(_ path: String, _ type: mode_t) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == type
    }

    /// How many bytes of a blob have arrived before.
    func partBytes(_ digest: SHA256Digest) -> Int {
        var status = stat()
        guard lstat(partPath(digest), &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return 0
        }
        return Int(clamping: status.st_size)
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
