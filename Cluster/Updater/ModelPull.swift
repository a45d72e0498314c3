import BundleFormat
import ClusterFeed
import Foundation
import Integrity

/// One pull, step by step; see ``PullStep``.
struct ModelPull {
    let updater: ModelUpdater

    private var store: ModelStore { updater.store }
    private var configuration: ModelUpdater.Configuration { updater.configuration }

    mutating func run() throws(PullFailure) -> Bool {
        try enter(.entry)
        guard let (accepted, tag) = try entry() else { return false }
        let wanted = accepted.entry.bundle(for: configuration.nodeName)
        let serving = updater.state.withLock { $0.status.current }
        guard wanted != serving else {
            try remember(accepted, tag)
            return false
        }
        let manifest = try manifest(wanted)
        try plan(manifest, wanted)
        try fetch(manifest)
        let bundle = try stage(wanted)
        let activate = try probe(bundle)
        try commit(accepted, wanted, tag)
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
        return true
    }

    private func enter(_ step: PullStep) throws(PullFailure) {
        updater.enter(step)
        try configuration.onStep(step)
    }

    /// The newest entry if it is news, after the key files that may have come before it.
    private func entry() throws(PullFailure) -> (AcceptedEntry, tag: String?)? {
        let known = updater.state.withLock { $0.latestTag }
        let path = "feed/\(configuration.channel)/latest"
        guard
            let (answer, bytes) = try updater.source.small(
                path, bytesMax: FeedLimits.fileBytesMax, knownTag: known)
        else { return nil }
        let now = updater.now()
        guard !answer.isUnchanged else {
            updater.state.withLock { $0.status.lastContact = now }
            return nil
        }
        do throws(FeedRefusal) {
            return (try accept(bytes, now), answer.tag)
        } catch {
            guard error.code == .signatureInvalid, try takeNextKeys() else {
                throw PullFailure(error)
            }
        }
        do throws(FeedRefusal) {
            return (try accept(bytes, now), answer.tag)
        } catch {
            throw PullFailure(error)
        }
    }

    private func accept(_ bytes: [UInt8], _ now: Date) throws(FeedRefusal) -> AcceptedEntry {
        var feed = updater.state.withLock { $0.feed }
        let accepted = try feed.accept(bytes, now: now)
        let moved = feed
        updater.state.withLock { state in
            state.feed = moved
            state.status.lastContact = now
        }
        return accepted
    }

    /// Takes over one following key file, if the origin has one.
    private func takeNextKeys() throws(PullFailure) -> Bool {
        var feed = updater.state.withLock { $0.feed }
        guard feed.keys.number < .max,
            let (_, bytes) = try updater.source.small(
                "keys/\(feed.keys.number + 1)", bytesMax: FeedLimits.fileBytesMax)
        else { return false }
        do throws(FeedRefusal) {
            try feed.accept(keys: bytes)
        } catch {
            throw PullFailure(error)
        }
        let moved = feed
        updater.state.withLock { $0.feed = moved }
        return true
    }

    /// Nothing to fetch, but the position moves and with it the floor.
    private func remember(_ accepted: AcceptedEntry, _ tag: String?) throws(PullFailure) {
        var stored = updater.state.withLock { $0.stored }
        if stored.position != accepted.position {
            stored.position = accepted.position
            try store.commit(stored)
        }
        let committed = stored
        updater.state.withLock { state in
            state.stored = committed
            state.status.position = accepted.position
            state.latestTag = tag
        }
    }

    private func manifest(_ wanted: BundleReference) throws(PullFailure) -> BundleManifest {
        try enter(.manifest)
        guard wanted.manifestBytes <= BundleLimits.manifestBytesMax else {
            throw PullFailure(
                code: PullFailure.sizeMismatch,
                "the manifest has \(wanted.manifestBytes) bytes, the limit is "
                    + "\(BundleLimits.manifestBytesMax)")
        }
        if !store.hasBlob(wanted.manifest) {
            let path = "blobs/\(wanted.manifest.hex)"
            guard
                let (_, bytes) = try updater.source.small(path, bytesMax: wanted.manifestBytes)
            else {
                throw PullFailure(
                    code: PullFailure.originAnswer, "the origin has no manifest \(path)")
            }
            guard bytes.count == wanted.manifestBytes,
                SHA256Digest.of(bytes) == wanted.manifest
            else {
                throw PullFailure(
                    code: PullFailure.digestMismatch,
                    "what came as manifest \(wanted.manifest.hex) is something else",
                    subject: wanted.manifest.hex)
            }
            count(bytes.count)
            try store.store(bytes, as: wanted.manifest)
        }
        do throws(BundleError) {
            let bytes = try BlobFile.read(
                store.blobPath(wanted.manifest), bytesMax: wanted.manifestBytes)
            let manifest = try BundleManifest(parsing: bytes)
            guard UInt64(manifest.version) == wanted.version,
                manifest.modelName == configuration.channel
            else {
                throw BundleError(
                    .inconsistent, "the manifest is of \(manifest.modelName) \(manifest.version)")
            }
            return manifest
        } catch {
            throw Self.failure(error, wanted)
        }
    }

    /// Refuses before the first byte, with both numbers.
    private func plan(
        _ manifest: BundleManifest, _ wanted: BundleReference
    ) throws(PullFailure) {
        try enter(.plan)
        guard manifest.memoryBytes <= configuration.memoryBytesMax else {
            throw PullFailure(
                code: PullFailure.memoryPlan,
                "the model needs \(manifest.memoryBytes) bytes of memory, the limit is "
                    + "\(configuration.memoryBytesMax)", subject: wanted.manifest.hex)
        }
        let missing = manifest.blobs.filter { !store.hasBlob($0.digest) }
            .reduce(0) { $0 + $1.bytes }
        let free = try store.freeBytes()
        guard missing == 0 || missing <= free - configuration.diskReserveBytes else {
            throw PullFailure(
                code: PullFailure.diskPlan,
                "the model needs \(missing) bytes of disk and \(configuration.diskReserveBytes) to "
                    + "spare, \(free) are free", subject: wanted.manifest.hex)
        }
    }

    private func fetch(_ manifest: BundleManifest) throws(PullFailure) {
        try enter(.fetch)
        for blob in manifest.blobs where !store.hasBlob(blob.digest) { try fetch(blob) }
    }

    /// Goes on where an earlier attempt ended, then believes the bytes only as a whole.
    private func fetch(_ blob: BlobDescription) throws(PullFailure) {
        let part = store.partPath(blob.digest)
        let arrived = (try? FileManager.default.attributesOfItem(atPath: part))?[.size] as? Int ?? 0
        let whole = arrived / ModelStore.pieceBytes * ModelStore.pieceBytes
        let offset = arrived < blob.bytes ? whole : 0
        let file = try PartFile(path: part, keeping: offset)
        var position = offset
        let answer = try updater.source.get(
            "blobs/\(blob.digest.hex)", from: offset, bytesMax: blob.bytes, knownTag: nil,
            begin: { start throws(PullFailure) in
                position = start
                try file.restart(at: start)
            },
            piece: { bytes throws(PullFailure) in
                guard bytes.count <= blob.bytes - position else {
                    throw PullFailure(
                        code: PullFailure.sizeMismatch,
                        "the blob \(blob.name) is longer than the signed \(blob.bytes) bytes",
                        subject: blob.digest.hex)
                }
                try file.append(bytes)
                position += bytes.count
                count(bytes.count)
                try configuration.onStep(.fetch)
            })
        guard answer != nil else {
            throw PullFailure(
                code: PullFailure.originAnswer, "the origin has no blob \(blob.digest.hex)")
        }
        try verify(blob, at: part, bytes: position)
        try file.sync()
        try store.adopt(blob.digest)
    }

    private func verify(
        _ blob: BlobDescription, at path: String, bytes: Int
    ) throws(PullFailure) {
        let found: SHA256Digest
        do throws(BundleError) {
            found = try BlobFile.digest(of: path).0
        } catch {
            throw PullFailure(code: PullFailure.diskFailed, error.message, cause: error)
        }
        guard bytes == blob.bytes, found == blob.digest else {
            // Wrong bytes cannot be mended by more of them.
            unlink(path)
            throw PullFailure(
                code: PullFailure.digestMismatch,
                "what came as blob \(blob.name) (\(blob.digest.hex)) has \(bytes) bytes and the "
                    + "digest \(found.hex)", subject: blob.digest.hex)
        }
    }

    private func stage(_ wanted: BundleReference) throws(PullFailure) -> ModelBundle {
        try enter(.stage)
        do throws(BundleError) {
            return try store.open(wanted)
        } catch {
            throw Self.failure(error, wanted)
        }
    }

    private func probe(_ bundle: ModelBundle) throws(PullFailure) -> @Sendable () -> Void {
        try enter(.probe)
        do {
            return try updater.receiver.prepare(bundle)
        } catch {
            throw PullFailure(
                code: PullFailure.probeFailed,
                "version \(bundle.manifest.version) failed its trial: \(error)",
                subject: bundle.digest.hex, cause: error)
        }
    }

    private func commit(
        _ accepted: AcceptedEntry, _ wanted: BundleReference, _ tag: String?
    ) throws(PullFailure) {
        try enter(.commit)
        var stored = updater.state.withLock { $0.stored }
        stored.previous = stored.current == wanted ? stored.previous : stored.current
        stored.current = wanted
        stored.position = accepted.position
        try store.commit(stored)
        let committed = stored
        updater.state.withLock { state in
            state.stored = committed
            state.status.position = accepted.position
            state.latestTag = tag
        }
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

    private static func failure(_ error: BundleError, _ wanted: BundleReference) -> PullFailure {
        PullFailure(
            code: error.code.rawValue, error.message, subject: wanted.manifest.hex, cause: error)
    }
}
