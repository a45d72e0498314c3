import Foundation

/// How much of a volume is in use.
package struct VolumeUsage: Sendable, Hashable {
    package let bytes: Int
    package let usedBytes: Int

    package init(bytes: Int, usedBytes: Int) {
        self.bytes = bytes
        self.usedBytes = usedBytes
    }
}

/// Where readings of the host come from; tests pass committed texts instead of a kernel's.
package struct HostFiles: Sendable {
    package let text: @Sendable (_ path: String) -> String?
    package let names: @Sendable (_ folder: String) -> [String]
    package let usage: @Sendable (_ mount: String) -> VolumeUsage?

    package init(
        text: @escaping @Sendable (_ path: String) -> String?,
        names: @escaping @Sendable (_ folder: String) -> [String],
        usage: @escaping @Sendable (_ mount: String) -> VolumeUsage?
    ) {
        self.text = text
        self.names = names
        self.usage = usage
    }

    /// The kernel of this machine: a missing file is an absent reading, never an error.
    package static let live = HostFiles(
        text: readText,
        names: { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        },
        usage: volumeUsage)

    /// More than any file of the kernel that is read here holds on a large machine.
    private static let textBytesMax = 1 << 20

    private static func readText(_ path: String) -> String? {
        // The kernel's files say that they are empty, so they are read until they end.
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let bytes = try? handle.read(upToCount: textBytesMax) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func volumeUsage(_ mount: String) -> VolumeUsage? {
        var status = statvfs()
        guard statvfs(mount, &status) == 0 else { return nil }
        let block = Int(clamping: status.f_frsize)
        let (bytes, isTooLarge) = Int(clamping: status.f_blocks)
            .multipliedReportingOverflow(by: block)
        guard !isTooLarge, status.f_bfree <= status.f_blocks else { return nil }
        return VolumeUsage(
            bytes: bytes, usedBytes: Int(clamping: status.f_blocks - status.f_bfree) * block)
    }
}
