import Foundation
import SQLite
import Synchronization

/// What would be on the disk if the power went now, for the files that SQLite has in a directory.
///
/// A write is in the operating system's memory until its file is synced. A cut keeps everything
/// that was synced, and of what was not any part: each sector of each write may have reached the
/// disk or not, in any order. Other bytes of a sector are safe, as SQLite assumes of today's
/// disks ("powersafe overwrite"). Removing a file counts as done at once.
package final class PowerCutRecorder: Sendable {
    fileprivate enum Change {
        case write(offset: Int, [UInt8])
        case truncate(Int)
    }

    fileprivate struct File {
        var synced: [UInt8] = []
        var pending: [Change] = []
        /// Nobody promised that a file is there before it was synced once.
        var isSynced = false
    }

    private static let sectorBytes = 512

    private let files = Mutex<[String: File]>([:])
    /// Called when something was written and is about to be synced: the worst of moments.
    private let beforeSync: @Sendable (PowerCutRecorder) -> Void

    package init(beforeSync: @escaping @Sendable (PowerCutRecorder) -> Void) {
        self.beforeSync = beforeSync
    }

    /// The files as a power cut would find them now.
    package func moment() -> Moment { Moment(files: files.withLock { $0 }) }

    /// One moment of the recording.
    package struct Moment: Sendable {
        fileprivate let files: [String: File]
    }

    fileprivate static func sectors(_ change: Change) -> [Change] {
        guard case .write(let offset, let bytes) = change else { return [change] }
        var (pieces, first) = ([Change](), 0)
        while first < bytes.count {
            let end = min(bytes.count, first + sectorBytes - (offset + first) % sectorBytes)
            pieces.append(.write(offset: offset + first, Array(bytes[first..<end])))
            first = end
        }
        return pieces
    }

    fileprivate static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .truncate(let size):
            bytes.removeLast(max(0, bytes.count - size))
        case .write(let offset, let piece):
            let missing = offset + piece.count - bytes.count
            if missing > 0 { bytes.append(contentsOf: repeatElement(0, count: missing)) }
            bytes.replaceSubrange(offset..<(offset + piece.count), with: piece)
        }
    }
}

extension PowerCutRecorder: SQLiteFileObserver {
    package func willWrite(_ bytes: UnsafeRawBufferPointer, at offset: Int, of path: String) {
        let change = Change.write(offset: offset, Array(bytes))
        files.withLock { $0[path, default: File()].pending.append(change) }
    }

    package func willTruncate(_ path: String, to size: Int) {
        files.withLock { $0[path, default: File()].pending.append(.truncate(size)) }
    }

    package func willSync(_ path: String) { beforeSync(self) }

    package func didSync(_ path: String) {
        files.withLock { files in
            var file = files[path] ?? File()
            for change in file.pending { Self.apply(change, to: &file.synced) }
            file.pending = []
            file.isSynced = true
            files[path] = file
        }
    }

    package func willRemove(_ path: String) {
        files.withLock { files in _ = files.removeValue(forKey: path) }
    }
}

extension PowerCutRecorder.Moment {
    /// Writes what a power cut at this moment would leave.
    ///
    /// - Parameter root: The recorded directory; its files come to stand under `image`.
    /// - Returns: How many bytes were lost that had been written and not synced.
    package func cut(
        _ root: String, to image: String, using generator: inout some RandomNumberGenerator
    ) throws -> Int {
        var lost = 0
        for (path, file) in files.sorted(by: { $0.key < $1.key }) {
            // None, about half or all of it: each of the three finds other mistakes.
            let share = Double(Int.random(in: 0...2, using: &generator)) / 2
            guard file.isSynced || share > 0 else { continue }
            var bytes = file.synced
            for change in file.pending.flatMap(PowerCutRecorder.sectors) {
                if Double.random(in: 0..<1, using: &generator) < share {
                    PowerCutRecorder.apply(change, to: &bytes)
                } else if case .write(_, let piece) = change {
                    lost += piece.count
                }
            }
            let target = URL(fileURLWithPath: image + path.dropFirst(root.count))
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: target)
        }
        return lost
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64; Steele et al., 2014).
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
