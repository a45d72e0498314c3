import Foundation

/// A file that grows at its end.
final class PartFile {
    private let descriptor: Int32
    private let path: String

    /// Opens or creates the file and cuts it to what is kept of an earlier attempt.
    init(path: String, mode: mode_t, keeping bytes: Int) throws(PullFailure) {
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
