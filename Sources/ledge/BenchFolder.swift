import Foundation

/// A folder of one bench, in the system's temporary folder.
struct BenchFolder: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("ledge-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    /// What cannot be removed lies in the system's temporary folder and is harmless.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
