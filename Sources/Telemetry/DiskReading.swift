/// What all disks of the host together have read and written since it started.
package struct DiskReading: Sendable, Hashable {
    package let reads: Int
    package let writes: Int
    package let readBytes: Int
    package let writtenBytes: Int

    /// The unit of `/proc/diskstats`, whatever the disk's own sectors measure.
    private static let sectorBytes = 512

    /// - Parameter disks: Names of whole disks; their partitions are listed in the text too, and
    ///   would count twice.
    package init(diskstats text: String, disks: Set<String>) {
        var sums = (reads: 0, writes: 0, readSectors: 0, writtenSectors: 0)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 10, disks.contains(String(words[2])) else { continue }
            sums.reads &+= Int(words[3]) ?? 0
            sums.readSectors &+= Int(words[5]) ?? 0
            sums.writes &+= Int(words[7]) ?? 0
            sums.writtenSectors &+= Int(words[9]) ?? 0
        }
        reads = sums.reads
        writes = sums.writes
        readBytes = sums.readSectors &* Self.sectorBytes
        writtenBytes = sums.writtenSectors &* Self.sectorBytes
    }
}

/// A mounted volume: where it comes from, and where it is seen.
package struct Mount: Sendable, Hashable {
    package let source: String
    package let type: String
    package let path: String

    /// File systems on disks of this machine. One of the network may not answer for minutes, and
    /// whoever asks for readings would wait for it.
    private static let localTypes: Set<String> = [
        "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "vfat", "xfs", "zfs",
    ]

    /// The local volumes of `/proc/self/mountinfo`, each source once, at its first place.
    package static func all(mountinfo text: String) -> [Mount] {
        var seen: Set<String> = []
        return text.split(separator: "\n").compactMap { line in
            // proc(5): optional fields of any number end with a hyphen; type and source follow.
            let words = line.split(separator: " ").map(String.init)
            guard let hyphen = words.firstIndex(of: "-"), words.count > hyphen + 2, hyphen > 5
            else { return nil }
            let mount = Mount(
                source: unescaped(words[hyphen + 2]), type: words[hyphen + 1],
                path: unescaped(words[4]))
            let isWanted = localTypes.contains(mount.type) && seen.insert(mount.source).inserted
            return isWanted ? mount : nil
        }
    }

    /// Blanks of a path are written as `\040`, three octal digits.
    private static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let escaped = UInt8(digits, radix: 8)
            {
                bytes.append(escaped)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
