import BundleFormat
import Foundation

/// The place where a training will write, kept from others while this lives.
///
/// What would fail at the end is refused at the beginning: a training may take hours.
final class OutputClaim {
    private let lockPath: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - out: The directory of the bundle.
    ///   - files: Other files that will be written. Directories above all of them are made.
    /// - Throws: If something there cannot be written or replaced, or another training is at it.
    init(_ out: String, files: [String] = []) throws(CommandError) {
        let target = URL(fileURLWithPath: out).standardizedFileURL
        guard !out.isEmpty, target.path != target.deletingLastPathComponent().path else {
            throw CommandError("'--out \(out)' names no directory", exitCode: .usage)
        }
        for file in [out] + files { try Self.makeDirectory(above: file) }
        lockPath = "\(target.path).lock"
        descriptor = try Self.lock(lockPath, out)
        BundleDraft.clearRemains(beside: target.path)
        do throws(BundleError) {
            try BundleDraft.checkReplaceable(target.path)
        } catch {
            throw CommandError(error.message)
        }
        for file in files { try Self.checkWritable(file) }
    }

    deinit {
        unlink(lockPath)
        close(descriptor)
    }

    private static func makeDirectory(above file: String) throws(CommandError) {
        let directory = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
        } catch {
            throw CommandError("\(directory.path) cannot be made: \(error.localizedDescription)")
        }
    }

    private static func lock(_ path: String, _ out: String) throws(CommandError) -> Int32 {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard descriptor >= 0 else {
                throw CommandError("\(out) cannot be written: \(String(cString: strerror(errno)))")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw CommandError(
                    "another training writes to \(out); wait for its end or name another")
            }
            // The former owner may have removed the file between opening and locking it.
            var (mine, there) = (stat(), stat())
            if fstat(descriptor, &mine) == 0, stat(path, &there) == 0, mine.st_ino == there.st_ino {
                return descriptor
            }
            close(descriptor)
        }
    }

    private static func checkWritable(_ file: String) throws(CommandError) {
        let path = URL(fileURLWithPath: file).standardizedFileURL
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path.path, isDirectory: &isDirectory),
            isDirectory.boolValue
        {
            throw CommandError("\(file) cannot be written: it is a directory")
        }
        guard access(path.deletingLastPathComponent().path, W_OK) == 0 else {
            throw CommandError("\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}
