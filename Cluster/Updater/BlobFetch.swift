import BundleFormat
import ClusterFeed
import Foundation
import Integrity

/// The download of one blob into the store.
///
/// Goes on where an earlier attempt ended, at a whole piece, and believes the bytes only after all
/// of them were hashed.
struct BlobFetch {
    let blob: BlobDescription
    let store: ModelStore
    let source: any FeedSource
    /// Is told how many bytes have come; what it throws ends the download and keeps the part.
    let progress: (_ bytes: Int) throws(PullFailure) -> Void

    func run() throws(PullFailure) {
        let path = store.partPath(blob.digest)
        let offset = try arrivedBytes(path)
        let file = try PartFile(path: path, mode: ModelStore.fileMode, keeping: offset)
        let bytes = offset == blob.bytes ? offset : try receive(into: file, from: offset)
        try verify(path, bytes: bytes)
        try file.sync()
        try store.adopt(blob.digest)
    }

    /// How much of an earlier attempt is kept: all of it if it is the blob, else whole pieces.
    private func arrivedBytes(_ path: String) throws(PullFailure) -> Int {
        let arrived = store.partBytes(blob.digest)
        guard arrived >= blob.bytes else {
            return arrived / ModelStore.pieceBytes * ModelStore.pieceBytes
        }
        guard arrived == blob.bytes else { return 0 }
        return try digest(path) == blob.digest ? arrived : 0
    }

    private func receive(into file: PartFile, from offset: Int) throws(PullFailure) -> Int {
        var position = offset
        let answer = try source.get(
            "blobs/\(blob.digest.hex)", from: offset, bytesMax: blob.bytes, knownTag: nil,
            begin: { start throws(PullFailure) in
                position = start
                try file.restart(at: start)
            },
            piece: { bytes throws(PullFailure) in
                guard bytes.count <= blob.bytes - position else { throw tooLong() }
                try file.append(bytes)
                position += bytes.count
                try progress(bytes.count)
            })
        guard answer != nil else {
            throw PullFailure(
                code: PullFailure.originAnswer,
                "the origin has no blob \(blob.name) (\(blob.digest.hex))")
        }
        return position
    }

    private func tooLong() -> PullFailure {
        PullFailure(
            code: PullFailure.sizeMismatch,
            "the blob \(blob.name) (\(blob.digest.hex)) is longer than the signed \(blob.bytes) "
                + "bytes")
    }

    private func digest(_ path: String) throws(PullFailure) -> SHA256Digest {
        do throws(BundleError) {
            return try BlobFile.digest(of: path).0
        } catch {
            throw PullFailure(code: PullFailure.diskFailed, error.message, cause: error)
        }
    }

    private func verify(_ path: String, bytes: Int) throws(PullFailure) {
        let found = try digest(path)
        guard bytes == blob.bytes, found == blob.digest else {
            // Wrong bytes cannot be mended by more of them.
            unlink(path)
            throw PullFailure(
                code: PullFailure.digestMismatch,
                "what came as blob \(blob.name) (\(blob.digest.hex)) has \(bytes) of \(blob.bytes) "
                    + "bytes and the digest \(found.hex)")
        }
    }
}
