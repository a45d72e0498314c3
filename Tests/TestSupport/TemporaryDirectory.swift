import Foundation

/// A directory of a test's own, gone when the value is.
package final class TemporaryDirectory: Sendable {
    package let url: URL
    package var path: String { url.path }

    package init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("ledge-test-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // A test that removed its directory itself has nothing left to clean.
        try? FileManager.default.removeItem(at: url)
    }

    package func file(_ name: String) -> String { url.appendingPathComponent(name).path }
}
