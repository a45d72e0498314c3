import CSV
import Foundation

/// The bytes of a data file, unpacked and as UTF-8.
enum DatasetFile {
    /// What a file may hold once unpacked; the largest set of the field has about half of this.
    private static let bytesMax = 4 << 30

    /// - Throws: `.fileNotFound`, `.unreadable`, `.limitExceeded`.
    static func read(_ path: String) throws(DatasetError) -> [UInt8] {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw DatasetError(.fileNotFound, "\(path) does not exist or cannot be read")
        }
        return CSVText.utf8(path.hasSuffix(".gz") ? try unpacked(path) : try plain(path))
    }

    private static func plain(_ path: String) throws(DatasetError) -> [UInt8] {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw DatasetError(.unreadable, "\(path) cannot be opened: \(error)")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let size = attributes?[.size] as? Int
        return try drain(handle, path: path, expecting: min(size ?? 0, bytesMax))
    }

    /// Unpacks with the `gzip` that every Debian has: well kept, and faster to trust than ours.
    private static func unpacked(_ path: String) throws(DatasetError) -> [UInt8] {
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
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
        }
        let bytes = try drain(pipe.fileHandleForReading, path: path)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw DatasetError(.unreadable, "\(path) is damaged: gzip cannot unpack it")
        }
        return bytes
    }

    private static func drain(
        _ handle: FileHandle, path: String, expecting size: Int = 0
    ) throws(DatasetError) -> [UInt8] {
        let pieceBytes = 1 << 20
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while true {
            let piece: Data?
            do {
                piece = try handle.read(upToCount: pieceBytes)
            } catch {
                throw DatasetError(.unreadable, "\(path) cannot be read: \(error)")
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
