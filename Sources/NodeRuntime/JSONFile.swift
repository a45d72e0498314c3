import Foundation
import JSON

/// Small JSON files of the node's own, read whole and replaced whole.
enum JSONFile {
    /// - Throws: `.badConfiguration` if it cannot be read, is too large, or is no object.
    static func object(at path: String, bytesMax: Int) throws(NodeError) -> JSONObject {
        guard let file = FileManager.default.contents(atPath: path) else {
            throw NodeError(.badConfiguration, "the configuration file \(path) cannot be read")
        }
        guard file.count <= bytesMax else {
            throw NodeError(
                .badConfiguration,
                "\(path) has \(file.count) bytes, a configuration has at most \(bytesMax)")
        }
        do throws(JSONError) {
            guard let object = try JSONValue(parsing: [UInt8](file)).objectValue else {
                throw JSONError(.unexpectedShape, "it is no JSON object")
            }
            return object
        } catch {
            throw NodeError(.badConfiguration, "\(path): \(error.message)", cause: error)
        }
    }

    /// Replaces a file durably: a temporary one is synced, renamed, and the folder synced.
    ///
    /// - Throws: `.storageFailed`; the file is then as it was.
    static func write(_ bytes: [UInt8], to path: String) throws(NodeError) {
        let temporary = path + ".next"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failed("making", temporary) }
        let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        let isClosed = close(descriptor) == 0
        guard isWritten, isClosed, rename(temporary, path) == 0 else {
            let failure = failed("writing", path)
            // It is in nobody's way: the next attempt begins it anew.
            _ = unlink(temporary)
            throw failure
        }
        try syncFolder(of: path)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func syncFolder(of path: String) throws(NodeError) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed("opening", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failed("syncing", folder) }
    }

    private static func failed(_ doing: String, _ path: String) -> NodeError {
        NodeError(
            .storageFailed, "\(doing) \(path) failed: \(String(cString: strerror(errno)))")
    }
}
