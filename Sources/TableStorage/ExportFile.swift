import Foundation

/// A file that is there as a whole or not at all.
package enum ExportFile {
    /// Writes a file under a temporary name beside its place, syncs it, and gives it its name; a
    /// file that had the name is replaced at that moment.
    ///
    /// - Parameters:
    ///   - folder: A folder that exists, by its real path.
    ///   - name: One component of a path, which the caller has checked.
    /// - Returns: The path of the file.
    /// - Throws: `.diskFull`, `.storageFailed`.
    package static func write(
        _ bytes: [UInt8], to folder: String, name: String
    ) throws(TableStorageError) -> String {
        precondition(!name.contains("/"), "the name of an export is no path")
        let (path, temporary) = ("\(folder)/\(name)", "\(folder)/.\(TableStore.makeID())")
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw failed("making", path) }
        do throws(TableStorageError) {
            try write(bytes, to: descriptor, path)
            guard fsync(descriptor) == 0 else { throw failed("syncing", path) }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else {
            let failure = failed("renaming", path)
            unlink(temporary)
            throw failure
        }
        try sync(folder)
        return path
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: Int32, _ path: String
    ) throws(TableStorageError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count >= 0 || errno == EINTR else { throw failed("writing", path) }
            written += max(0, count)
        }
    }

    /// The name survives a power cut only with the folder that holds it.
    private static func sync(_ folder: String) throws(TableStorageError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed("opening", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failed("syncing", folder) }
    }

    private static func failed(_ what: String, _ path: String) -> TableStorageError {
        let number = errno
        return TableStorageError(
            number == ENOSPC || number == EDQUOT ? .diskFull : .storageFailed,
            "\(what) the file '\(path)' failed: \(String(cString: strerror(number)))")
    }
}
