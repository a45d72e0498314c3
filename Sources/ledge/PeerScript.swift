import Foundation
import JSON

/// A program of `Tests/Peers` that does the same work; it is run only where a Python for it is
/// named.
struct PeerScript {
    /// A Python with the peers' packages, or nil to do without peers.
    let python: String?

    /// The last line that a script prints; nil without a Python, or if it fails.
    func run(_ script: String, _ words: [String]) throws -> JSONValue? {
        guard let python else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["Tests/Peers/\(script)"] + words
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, let line = text.split(separator: "\n").last else {
            Terminal.error("ledge: the peer \(script) failed; is its package installed?\n")
            return nil
        }
        return try JSONValue(parsing: Array(line.utf8))
    }
}
