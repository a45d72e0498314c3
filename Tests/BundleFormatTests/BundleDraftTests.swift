import BundleFormat
import Foundation
import TestSupport
import Testing

@Suite struct BundleDraftTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test func `an attachment is listed, kept and read by nobody`() throws {
        var draft = SmallBundle.draft(version: 1)
        draft.attachments = [(BundleFile.curves, "<svg/>")]

        let manifest = try draft.write(to: directory.file("bundle"))

        #expect(manifest.blob(named: BundleFile.curves)?.bytes == 6)
        let bundle = try ModelBundle(directory: directory.file("bundle"))
        #expect(bundle.catalogue.itemCount == SmallBundle.itemCount)
    }

    @Test func `a bundle takes the place of a former one`() throws {
        try SmallBundle.draft(version: 1).write(to: directory.file("bundle"))
        try SmallBundle.draft(version: 2).write(to: directory.file("bundle"))

        #expect(try ModelBundle(directory: directory.file("bundle")).manifest.version == 2)
        #expect(try names(in: directory.path) == ["bundle"])
    }

    @Test(arguments: ["manifest.json", "notes.txt"])
    func `a directory of other files is left as it is`(name: String) throws {
        let target = directory.file("mine")
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: false)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(target)/\(name)"))

        #expect(throws: BundleError.self) { try SmallBundle.draft(version: 1).write(to: target) }

        #expect(try names(in: target) == [name])
        #expect(try names(in: directory.path) == ["mine"])
    }

    @Test func `a file of one's own within a bundle is not deleted with it`() throws {
        let target = directory.file("bundle")
        try SmallBundle.draft(version: 1).write(to: target)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(target)/notes.txt"))

        #expect(throws: BundleError.self) { try SmallBundle.draft(version: 2).write(to: target) }

        #expect(try names(in: target).contains("notes.txt"))
    }

    @Test func `what a killed process left behind is cleared`() throws {
        let id = UUID().uuidString
        try SmallBundle.draft(version: 1).write(to: directory.file("bundle"))
        try SmallBundle.draft(version: 2).write(to: directory.file(".bundle.\(id)"))
        try SmallBundle.draft(version: 2).write(to: directory.file(".bundle.other"))

        BundleDraft.clearRemains(beside: directory.file("bundle"))

        #expect(try names(in: directory.path) == [".bundle.other", "bundle"])
    }

    @Test func `a bundle whose successor never came goes back to its place`() throws {
        let id = UUID().uuidString
        try SmallBundle.draft(version: 1).write(to: directory.file(".bundle.\(id).former"))
        try SmallBundle.draft(version: 2).write(to: directory.file(".bundle.\(id)"))

        BundleDraft.clearRemains(beside: directory.file("bundle"))

        #expect(try names(in: directory.path) == ["bundle"])
        #expect(try ModelBundle(directory: directory.file("bundle")).manifest.version == 1)
    }
}
