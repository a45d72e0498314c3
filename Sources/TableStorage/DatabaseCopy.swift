import Foundation
import SQLite

/// A consistent copy of a database's file: a moment of it, whatever is written meanwhile.
///
/// The copy has no name any more when this value exists: its space is free again when the value
/// is gone, even if the process is killed.
package final class DatabaseCopy: Sendable {
    package let byteCount: Int
    private let descriptor: Int32

    private static let pieceBytes = 256 << 10

    fileprivate init(unlinking path: String) throws(TableStorageError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Self.failed("opening") }
        let end = lseek(descriptor, 0, SEEK_END)
        guard unlink(path) == 0, end >= 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            let failure = Self.failed("preparing")
            close(descriptor)
            throw failure
        }
        byteCount = Int(end)
    }

    deinit { close(descriptor) }

    /// The bytes that follow those of the call before; nil at the end.
    package func nextPiece() throws(TableStorageError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw Self.failed("reading") }
        guard count > 0 else { return nil }
        bytes.removeSubrange(count...)
        return bytes
    }

    private static func failed(_ doing: String) -> TableStorageError {
        TableStorageError(
            .storageFailed,
            "\(doing) the copy of a database failed: \(String(cString: strerror(errno)))")
    }
}

extension TableStore {
    private var copies: String { "\(root)/copies" }

    /// Makes the folder of copies anew: a process that was killed may have left one behind.
    func prepareCopies() throws(TableStorageError) {
        do {
            if FileManager.default.fileExists(atPath: copies) {
                try FileManager.default.removeItem(atPath: copies)
            }
            try FileManager.default.createDirectory(
                atPath: copies, withIntermediateDirectories: true)
        } catch {
            throw TableStorageError(
                .storageFailed, "the folder \(copies) cannot be made", cause: error)
        }
    }

    /// Copies a database as it is now, without its free pages; nobody waits for it.
    ///
    /// - Throws: `.databaseNotFound`, `.diskFull`, `.storageFailed`.
    /// - Complexity: O(size of the database), in time and on the disk.
    package func copy(of name: String) throws(TableStorageError) -> DatabaseCopy {
        let database = try database(name)
        let path = "\(copies)/\(UUID().uuidString).sqlite"
        do throws(TableStorageError) {
            try database.read { connection throws(SQLiteError) in
                // A reader may do it: the database itself is only read (SQLite, "VACUUM").
                try connection.prepareOnce("VACUUM INTO ?").run([.text(path)])
            }
            return try DatabaseCopy(unlinking: path)
        } catch {
            // Half a copy is worth nothing; there may be none.
            unlink(path)
            throw error
        }
    }
}
