import CSV
import Foundation

/// The bytes of a data file, unpacked and as UTF-8.
enum DatasetFile {
    /// What a file may hold once unpacked; the largest set of the field has about half of this.
    private static let bytesMax = 4 << 30
    /// How many times its size a packed file may hold: text packs five times, zeros a thousand.
    private static let packingMax = 100
    /// What a packed file may hold however small it is.
    private static let unpackedBytesMin = 64 << 20

    /// - Throws: `.fileNotFound`, `.unreadable`, `.limitExceeded`.
    static func read(_ path: String) throws(DatasetError) -> [UInt8] {
        // A pipe without a writer would be waited for, so it is not opened to be read.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw DatasetError(
                .fileNotFound, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw DatasetError(.unreadable, "\(path) cannot be read: it is no regular file")
        }
        let size = Int(status.st_size)
        guard path.hasSuffix(".gz") else {
            return CSVText.utf8(
                try drain(
                    handle, path: path, expecting: min(size, bytesMax), bytesMax: bytesMax))
        }
        let unpackedMax = max(unpackedBytesMin, min(bytesMax / packingMax, size) * packingMax)
        return CSVText.utf8(try unpacked(path, bytesMax: unpackedMax))
    }

    /// Unpacks with the `gzip` that every Debian has: well kept, and faster to trust than ours.
    private static func unpacked(
        _ path: String, bytesMax: Int
    ) throws(DatasetError) -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", "--", path]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            throw DatasetError(.unreadable, "gzip cannot be started to unpack \(path): \(error)")
        }
        defer {
            // It inherits the mask of a worker thread, in which lesser signals are blocked.
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
        let bytes = try drain(pipe.fileHandleForReading, path: path, bytesMax: bytesMax)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw DatasetError(.unreadable, "\(path) is damaged: gzip cannot unpack it")
        }
        return bytes
    }

    private static func drain(
        _ handle: FileHandle, path: String, expecting size: Int = 0, bytesMax: Int
    ) throws(DatasetError) -> [UInt8] {
        let pieceBytes = 1 << 20
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while true {
            let piece: Data?
            do {
                piece = try handle.read(upToCount: pieceBytes)
            } catch {
                throw DatasetError(
                    .unreadable, "\(path) cannot be read: \(error.localizedDescription)")
            }
            guard let piece, !piece.isEmpty else { return bytes }
            bytes.append(contentsOf: piece)
            guard bytes.count <= bytesMax else {
                throw DatasetError(
                    .limitExceeded, "\(path) holds more than \(bytesMax) bytes, the limit")
            }
        }
    }
}
