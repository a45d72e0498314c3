import Foundation
import TestSupport

@testable import Components

/// Tar archives with whatever a test wants to be wrong with them.
struct TarFixture {
    private(set) var bytes: [UInt8] = []

    /// One entry with a sound sum, whatever its fields say.
    ///
    /// - Parameter size: What the header claims; the content's own size if nil.
    mutating func add(
        _ name: String, kind: Character = "0", _ content: String = "", size: String? = nil,
        target: String = "", mode: String = "0000644"
    ) {
        add(
            name: Array(name.utf8), kind: kind, Array(content.utf8), size: size, target: target,
            mode: mode)
    }

    mutating func add(
        name: [UInt8], kind: Character, _ content: [UInt8], size: String? = nil,
        target: String = "", mode: String = "0000644"
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<name.count, with: name)
        put(mode, at: 100, in: &header)
        put(size ?? String(content.count, radix: 8), at: 124, in: &header)
        put(String(kind), at: 156, in: &header)
        put(target, at: 157, in: &header)
        put("ustar", at: 257, in: &header)
        put(String(TarHeader.sum(header[...]), radix: 8), at: 148, in: &header)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private func put(_ text: String, at offset: Int, in header: inout [UInt8]) {
        header.replaceSubrange(offset..<(offset + text.utf8.count), with: Array(text.utf8))
    }

    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1_024) }

    /// A project of files.
    static func project(_ files: KeyValuePairs<String, String>) -> [UInt8] {
        var archive = TarFixture()
        for (name, content) in files { archive.add(name, content) }
        return archive.finished
    }
}

/// A store in a directory of its own.
struct StoreFixture {
    let directory: TemporaryDirectory
    let store: ComponentStore
    let project: ProjectName

    init(limits: ComponentLimits = ComponentLimits()) throws {
        directory = try TemporaryDirectory()
        store = try ComponentStore(root: directory.file("components"), limits: limits)
        project = try ProjectName("dogs")
    }

    func text(_ path: String) throws -> String {
        String(decoding: try store.file(ProjectPath(path), of: project).bytes, as: UTF8.self)
    }

    func path(_ path: String) -> String { "\(store.root)/\(path)" }
}

/// The code of the refusal, or nil if there was none.
func refusal(_ body: () throws -> Void) -> ComponentError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ComponentError
    }
}
