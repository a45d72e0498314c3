import Foundation

/// One file of the repository as the rules see it.
struct RepositoryFile {
    /// From the root, with slashes.
    let path: String
    let text: String
    let lines: [Substring]
    /// Nil for files that are not Swift.
    let swift: SwiftText?

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
        swift = path.hasSuffix(".swift") ? SwiftText(text) : nil
    }

    func isIn(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }
}

/// What a rule has against a line.
struct Finding: Hashable, CustomStringConvertible {
    let path: String
    /// Counted from 1; nil where the whole file is meant.
    var line: Int?
    let message: String

    var description: String {
        line.map { "\(path):\($0): \(message)" } ?? "\(path): \(message)"
    }
}

/// The files under the rules: what the project wrote, and nothing that was built or downloaded.
struct Repository {
    private static let folders = ["Sources", "Functions", "Models", "Cluster", "Tests", ".ci"]
    private static let topFiles = [
        "Package.swift", "README.md", "Makefile", "LICENSE", ".gitignore", ".swift-format",
    ]
    /// Generated or measured files may be longer and are nobody's prose.
    private static let readExtensions: Set<String> = [
        "swift", "md", "json", "h", "modulemap", "html", "css", "js", "sh", "",
    ]
    /// A recorded fixture; whatever a person wrote is smaller.
    private static let readBytesMax = 262_144

    let root: URL
    /// Files and folders from the root, sorted.
    let paths: [String]
    let files: [RepositoryFile]

    /// The repository that this file was compiled from.
    static func containingThisFile(_ file: String = #filePath) throws -> Repository {
        try Repository(
            root: URL(filePath: file)
                .deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent())
    }

    init(root: URL) throws {
        self.root = root
        let present = (Self.folders + Self.topFiles).filter {
            FileManager.default.fileExists(atPath: root.appending(path: $0).path)
        }
        let inside = try present.filter(Self.folders.contains).flatMap { folder in
            try FileManager.default
                .subpathsOfDirectory(atPath: root.appending(path: folder).path)
                .map { "\(folder)/\($0)" }
        }
        paths = (present + inside).sorted()
        files = try paths.compactMap { try Self.read($0, in: root) }
    }

    private static func read(_ path: String, in root: URL) throws -> RepositoryFile? {
        let url = root.appending(path: path)
        let values = try url.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
        guard values.isRegularFile == true, (values.fileSize ?? 0) <= readBytesMax,
            readExtensions.contains(url.pathExtension),
            let text = String(validating: try Data(contentsOf: url), as: UTF8.self)
        else { return nil }
        return RepositoryFile(path: path, text: text)
    }

    func file(_ path: String) -> RepositoryFile? { files.first { $0.path == path } }
}
