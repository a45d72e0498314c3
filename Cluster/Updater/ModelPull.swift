import BundleFormat
import ClusterFeed
import Foundation
import Integrity

/// One pull, step by step; see ``PullStep``.
struct ModelPull {
    let updater: ModelUpdater

    var store: ModelStore { updater.store }
    var configuration: ModelUpdater.Configuration { updater.configuration }

    /// - Parameter held: A bundle that failed a moment ago and is not tried yet.
    /// - Returns: True if another version serves afterwards.
    func run(holding held: SHA256Digest?) throws(PullFailure) -> Bool {
        try enter(.entry)
        guard let (accepted, tag) = try newestEntry() else { return false }
        let wanted = accepted.entry.bundle(for: configuration.nodeName)
        let serving = updater.state.withLock { $0.status.current }
        guard wanted != serving else {
            try settle(accepted, tag)
            return false
        }
        guard wanted.manifest != held else { return false }
        try install(wanted, accepted.position)
        updater.state.withLock { $0.latestTag = tag }
        return true
    }

    /// Brings a bundle from wherever its bytes are to where it serves.
    func install(_ wanted: BundleReference, _ position: FeedPosition) throws(PullFailure) {
        let activate: @Sendable () -> Void
        do throws(PullFailure) {
            let manifest = try manifest(wanted)
            try plan(manifest)
            try fetch(manifest)
            activate = try probe(try stage(wanted))
            try commit(wanted, position)
        } catch {
            throw error.concerning(wanted)
        }
        try enter(.swap)
        activate()
        updater.state.withLock { state in
            state.status.current = wanted
            state.status.pulls += 1
            state.status.lastFailure = nil
        }
        updater.log.info(
            "a new model serves",
            [
                "channel": configuration.channel, "version": wanted.version,
                "manifest": wanted.manifest.hex,
            ])
        collectGarbage()
    }

    private func enter(_ step: PullStep) throws(PullFailure) {
        updater.enter(step)
        try configuration.onStep(step)
    }

    /// Nothing to fetch, but the position moves.
    private func settle(_ accepted: AcceptedEntry, _ tag: String?) throws(PullFailure) {
        var stored = updater.state.withLock { $0.stored }
        if stored.position != accepted.position {
            stored.position = accepted.position
            try store.commit(stored)
        }
        let committed = stored
        updater.state.withLock { state in
            state.stored = committed
            state.latestTag = tag
        }
    }
}

// MARK: Steps

extension ModelPull {
    private func manifest(_ wanted: BundleReference) throws(PullFailure) -> BundleManifest {
        try enter(.manifest)
        guard wanted.manifestBytes <= BundleLimits.manifestBytesMax else {
            throw PullFailure(
                code: PullFailure.sizeMismatch,
                "the manifest has \(wanted.manifestBytes) bytes, the limit is "
                    + "\(BundleLimits.manifestBytesMax)")
        }
        let bytes = try manifestBytes(wanted)
        do throws(BundleError) {
            let manifest = try BundleManifest(parsing: bytes)
            guard UInt64(exactly: manifest.version) == wanted.version,
                manifest.modelName == configuration.channel
            else {
                throw BundleError(
                    .inconsistent,
                    "the entry announces \(configuration.channel) \(wanted.version), the manifest "
                        + "is of \(manifest.modelName) \(manifest.version)")
            }
            return manifest
        } catch {
            throw Self.failure(error)
        }
    }

    private func manifestBytes(_ wanted: BundleReference) throws(PullFailure) -> [UInt8] {
        if let stored = try storedManifest(wanted) { return stored }
        return try fetchedManifest(wanted)
    }

    /// The manifest if it is on this disk and still what its name says.
    private func storedManifest(_ wanted: BundleReference) throws(PullFailure) -> [UInt8]? {
        guard store.hasBlob(wanted.manifest) else { return nil }
        let bytes = try? BlobFile.read(
            store.blobPath(wanted.manifest), bytesMax: wanted.manifestBytes)
        if let bytes, SHA256Digest.of(bytes) == wanted.manifest { return bytes }
        try updater.discard(wanted.manifest, of: wanted)
        return nil
    }

    private func fetchedManifest(_ wanted: BundleReference) throws(PullFailure) -> [UInt8] {
        let path = "blobs/\(wanted.manifest.hex)"
        guard let (_, bytes) = try updater.source.small(path, bytesMax: wanted.manifestBytes)
        else {
            throw PullFailure(code: PullFailure.originAnswer, "the origin has no manifest \(path)")
        }
        guard bytes.count == wanted.manifestBytes, SHA256Digest.of(bytes) == wanted.manifest
        else {
            throw PullFailure(
                code: PullFailure.digestMismatch,
                "what came as manifest \(wanted.manifest.hex) has \(bytes.count) of "
                    + "\(wanted.manifestBytes) bytes and the digest \(SHA256Digest.of(bytes).hex)")
        }
        count(bytes.count)
        try store.store(bytes, as: wanted.manifest)
        return bytes
    }

    /// Refuses before the first byte, with both numbers.
    private func plan(_ manifest: BundleManifest) throws(PullFailure) {
        try enter(.plan)
        guard manifest.memoryBytes <= configuration.memoryBytesMax else {
            throw PullFailure(
                code: PullFailure.memoryPlan,
                "the model needs \(manifest.memoryBytes) bytes of memory, the limit is "
                    + "\(configuration.memoryBytesMax)")
        }
        let missing = manifest.blobs.filter { !store.hasBlob($0.digest) }
            .reduce(0) { $0 + max(0, $1.bytes - store.partBytes($1.digest)) }
        let free = try store.freeBytes()
        guard missing == 0 || missing <= free - configuration.diskReserveBytes else {
            throw PullFailure(
                code: PullFailure.diskPlan,
                "the model needs \(missing) bytes of disk and \(configuration.diskReserveBytes) to "
                    + "spare, \(free) are free")
        }
    }

    private func fetch(_ manifest: BundleManifest) throws(PullFailure) {
        try enter(.fetch)
        for blob in manifest.blobs where !store.hasBlob(blob.digest) {
            let fetch = BlobFetch(blob: blob, store: store, source: updater.source) {
                bytes throws(PullFailure) in
                count(bytes)
                try configuration.onStep(.fetch)
            }
            try fetch.run()
        }
    }

    private func stage(_ wanted: BundleReference) throws(PullFailure) -> ModelBundle {
        try enter(.stage)
        do throws(BundleError) {
            return try store.open(wanted)
        } catch {
            // A blob that was on the disk before may have changed since: the next pull must not
            // find it there again.
            for digest in store.damagedBlobs(of: wanted) {
                try updater.discard(digest, of: wanted)
            }
            throw Self.failure(error)
        }
    }

    private func probe(_ bundle: ModelBundle) throws(PullFailure) -> @Sendable () -> Void {
        try enter(.probe)
        do {
            return try updater.receiver.prepare(bundle)
        } catch {
            throw PullFailure(
                code: PullFailure.probeFailed,
                "version \(bundle.manifest.version) failed its trial: \(error)", cause: error)
        }
    }

    private func commit(
        _ wanted: BundleReference, _ position: FeedPosition
    ) throws(PullFailure) {
        try enter(.commit)
        var (stored, serving) = updater.state.withLock { ($0.stored, $0.status.current) }
        // What serves now is known to be sound; what was committed before it may be damaged.
        if let serving, serving != wanted { stored.previous = serving }
        stored.current = wanted
        stored.position = position
        try store.commit(stored)
        let committed = stored
        updater.state.withLock { $0.stored = committed }
    }

    private func collectGarbage() {
        let stored = updater.state.withLock { $0.stored }
        let kept = [stored.current, stored.previous].compactMap(\.self)
            .map(store.reachable(from:)).reduce(into: Set()) { $0.formUnion($1) }
        store.collectGarbage(keeping: kept)
    }

    private func count(_ bytes: Int) {
        updater.state.withLock { $0.status.bytesFetched += bytes }
    }

    private static func failure(_ error: BundleError) -> PullFailure {
        PullFailure(code: error.code.rawValue, error.message, cause: error)
    }
}
