import Foundation

/// A file of a project that is held open: the same bytes until it is closed, whatever is written
/// or deployed meanwhile, because the store replaces files and never changes them.
package final class OpenFile: Sendable {
    private let descriptor: Int32
    package let size: Int
    /// When its content was last changed.
    package let changed: Date
    /// Another file, or the same one with other content, has another one.
    package let identity: String

    private static let pieceBytes = 256 << 10
    private static let nanosecondsPerSecond: TimeInterval = 1_000_000_000

    /// - Parameter descriptor: Of a regular file; belongs to the value from now on.
    init(descriptor: Int32, status: stat) {
        self.descriptor = descriptor
        size = Int(status.st_size)
        let time = status.st_mtim
        changed = Date(
            timeIntervalSince1970: TimeInterval(time.tv_sec)
                + TimeInterval(time.tv_nsec) / Self.nanosecondsPerSecond)
        identity = "\(status.st_ino)-\(time.tv_sec)-\(time.tv_nsec)-\(size)"
    }

    deinit { close(descriptor) }

    /// Some bytes from an offset on; empty at the end.
    package func piece(at offset: Int) throws(ComponentError) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = pread(descriptor, &piece, piece.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let reason = String(cString: strerror(errno))
                throw ComponentError(.storageFailed, "reading a file failed: \(reason)")
            }
            return Array(piece[..<count])
        }
    }

    /// - Throws: `.limitExceeded` if it is larger, or grows while it is read.
    func bytes(max: Int) throws(ComponentError) -> [UInt8] {
        guard size <= max else { throw .limit(size, "bytes of a file", max) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while true {
            let piece = try piece(at: bytes.count)
            guard !piece.isEmpty else { return bytes }
            bytes += piece
            guard bytes.count <= max else { throw .limit(bytes.count, "bytes of a file", max) }
        }
    }
}
