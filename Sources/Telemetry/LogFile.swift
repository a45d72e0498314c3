import Foundation
import Synchronization

/// How large a log may become before it is laid aside, and how many of those are kept.
package struct LogRotation: Sendable, Hashable {
    package var fileBytesMax: Int
    /// All files together, the one that is written included; at least 1.
    package var filesMax: Int

    package init(fileBytesMax: Int = 16 << 20, filesMax: Int = 5) {
        self.fileBytesMax = fileBytesMax
        self.filesMax = filesMax
    }
}

/// A log on disk: one JSON object on each line, `ledge.log` and what was laid aside before it.
///
/// Invariants:
/// 1. A line is there as a whole or not at all: what a full disk has cut short is taken back.
/// 2. All files together stay within the limits; a log that cannot be laid aside loses lines.
/// 3. Writing never fails for the caller. Lines that are lost are counted.
package final class LogFile: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var bytes = 0
    }

    /// A longer line is cut: a message quotes what a client sent, and that may be long.
    package static let lineBytesMax = 16 << 10

    package let folder: String
    private let rotation: LogRotation
    private let state = Mutex(State())
    /// Lines that could not be written.
    package let lost = Counter()

    /// Nothing is opened before the first line.
    package init(folder: String, rotation: LogRotation = LogRotation()) {
        self.folder = folder
        self.rotation = rotation
    }

    deinit {
        state.withLock { state in
            if state.descriptor >= 0 { close(state.descriptor) }
        }
    }

    package func write(_ line: LogLine) {
        var bytes = Array(line.formatted(as: .json).utf8)
        if bytes.count >= Self.lineBytesMax { bytes = Array(Self.cut(line).utf8) }
        bytes.append(UInt8(ascii: "\n"))
        let isWritten = state.withLock { state in
            makeRoom(for: bytes.count, &state) && Self.append(bytes, &state)
        }
        if !isWritten { lost.add() }
    }

    /// The path of the log that is written (0) or of an older one (1 is the youngest of those).
    static func path(in folder: String, age: Int) -> String {
        age == 0 ? "\(folder)/ledge.log" : "\(folder)/ledge.\(age).log"
    }

    /// The line without its details and with the beginning of its message.
    private static func cut(_ line: LogLine) -> String {
        // Every scalar of a message takes at most six bytes in JSON.
        let message = String(line.message.unicodeScalars.prefix(lineBytesMax / 8))
        return LogLine(
            time: line.time, level: line.level, module: line.module, message: message + "...",
            details: []
        ).formatted(as: .json)
    }
}

// MARK: Under the lock

extension LogFile {
    private func makeRoom(for count: Int, _ state: inout State) -> Bool {
        guard open(&state) else { return false }
        guard state.bytes > 0, state.bytes + count > rotation.fileBytesMax else { return true }
        close(state.descriptor)
        state.descriptor = -1
        guard layAside() else { return false }
        return open(&state)
    }

    private func open(_ state: inout State) -> Bool {
        guard state.descriptor < 0 else { return true }
        // A folder that cannot be made shows in the opening that follows.
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        // The log names users and paths: nobody else on this machine needs to read it.
        let descriptor = Foundation.open(
            Self.path(in: folder, age: 0), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return false }
        state.descriptor = descriptor
        state.bytes = max(0, Int(lseek(descriptor, 0, SEEK_END)))
        return true
    }

    /// Makes every log one step older; the oldest gives way.
    private func layAside() -> Bool {
        guard rotation.filesMax > 1 else {
            return unlink(Self.path(in: folder, age: 0)) == 0
        }
        for age in (0..<rotation.filesMax - 1).reversed() {
            let result = rename(
                Self.path(in: folder, age: age), Self.path(in: folder, age: age + 1))
            guard result == 0 || errno == ENOENT else { return false }
        }
        return true
    }

    private static func append(_ bytes: [UInt8], _ state: inout State) -> Bool {
        let count = bytes.withUnsafeBytes {
            Foundation.write(state.descriptor, $0.baseAddress, $0.count)
        }
        guard count == bytes.count else {
            // If even this fails, a reader skips the torn line.
            _ = ftruncate(state.descriptor, off_t(state.bytes))
            return false
        }
        state.bytes += count
        return true
    }
}
