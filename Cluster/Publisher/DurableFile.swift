import Foundation

/// Writing files so that they are there after a power cut, whole or not at all.
enum DurableFile {
    static let publicMode: mode_t = 0o644
    static let secretMode: mode_t = 0o600

    /// Replaces a file: readers see the old bytes or the new ones.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(PublisherError) {
        let temporary = "\(path).\(UUID().uuidString).tmp"
        try write(bytes, to: temporary, mode: mode)
        guard rename(temporary, path) == 0 else {
            let failure = failed("renaming", path)
            unlink(temporary)
            throw failure
        }
        try syncDirectory(of: path)
    }

    /// Creates a file that must not be there yet.
    ///
    /// - Returns: False if it is there already; then nothing was changed.
    static func create(
        _ path: String, with bytes: [UInt8], mode: mode_t
    ) throws(PublisherError) -> Bool {
        let temporary = "\(path).\(UUID().uuidString).tmp"
        try write(bytes, to: temporary, mode: mode)
        defer { unlink(temporary) }
        // A link, unlike a rename, fails if the name is taken: of two writers one gets it.
        guard link(temporary, path) == 0 else {
            if errno == EEXIST { return false }
            throw failed("creating", path)
        }
        try syncDirectory(of: path)
        return true
    }

    /// Makes a directory and what is missing above it; a new one is as durable as its files.
    static func makeDirectory(_ path: String) throws(PublisherError) {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw PublisherError(.diskFailed, "the directory \(path) cannot be made", cause: error)
        }
        try syncDirectory(of: path)
    }

    static func syncDirectory(of path: String) throws(PublisherError) {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed("opening", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failed("syncing", directory) }
    }

    private static func write(
        _ bytes: [UInt8], to path: String, mode: mode_t
    ) throws(PublisherError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failed("creating", path) }
        defer { close(descriptor) }
        do throws(PublisherError) {
            try write(bytes, to: descriptor, path)
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: Int32, _ path: String
    ) throws(PublisherError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.write(
                    descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failed("writing", path) }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failed("syncing", path) }
    }

    private static func failed(_ doing: String, _ path: String) -> PublisherError {
        PublisherError(
            .diskFailed, "\(doing) \(path) failed: \(String(cString: strerror(errno)))")
    }
}
