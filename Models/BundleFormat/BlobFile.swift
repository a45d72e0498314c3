import Foundation
import Integrity

/// Files of a bundle, read without trusting their names or lengths.
package enum BlobFile {
    /// How much is hashed at a time: large enough for the disk, small enough for the cache.
    private static let pieceBytes = 1 << 20

    /// The digest and length of a regular file.
    ///
    /// - Throws: `.unreadable`; a symbolic link counts as unreadable.
    package static func digest(of path: String) throws(BundleError) -> (SHA256Digest, bytes: Int) {
        let descriptor = try open(path)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var hasher = SHA256Hasher()
        var bytes = 0
        do {
            while let piece = try handle.read(upToCount: pieceBytes), !piece.isEmpty {
                hasher.update([UInt8](piece))
                bytes += piece.count
            }
        } catch {
            throw BundleError(.unreadable, "\(lastComponent(path)) cannot be read", cause: error)
        }
        return (hasher.finish(), bytes)
    }

    /// The bytes of a small file, refused before reading if it is larger than the limit.
    package static func read(_ path: String, bytesMax: Int) throws(BundleError) -> [UInt8] {
        let descriptor = try open(path)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            let bytes = try handle.read(upToCount: bytesMax + 1) ?? Data()
            guard bytes.count <= bytesMax else {
                throw BundleError(
                    .limitExceeded,
                    "\(lastComponent(path)) has more than \(bytesMax) bytes, the limit")
            }
            return [UInt8](bytes)
        } catch let error as BundleError {
            throw error
        } catch {
            throw BundleError(.unreadable, "\(lastComponent(path)) cannot be read", cause: error)
        }
    }

    /// Maps a file; pages are read when they are touched.
    static func map(_ path: String) throws(BundleError) -> Data {
        // Opening says in time whether this is a regular file; a pipe would be waited for.
        close(try open(path))
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw BundleError(.unreadable, "\(lastComponent(path)) cannot be mapped", cause: error)
        }
    }

    private static func open(_ path: String) throws(BundleError) -> Int32 {
        // No link is followed: a store or an unpacked bundle never holds one.
        let descriptor = Foundation.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw BundleError(
                .unreadable, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw BundleError(.unreadable, "\(path) is no regular file")
        }
        return descriptor
    }

    private static func lastComponent(_ path: String) -> String {
        URL(fileURLWithPath: path).lastPathComponent
    }
}
