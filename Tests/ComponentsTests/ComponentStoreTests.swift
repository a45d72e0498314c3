import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Components

@Suite struct ComponentStoreTests {
    @Test(arguments: ["", ".", "..", "a b", "a/b", "a.b", "ä", "a\u{0}", ".staging"])
    func `a project's name is refused with HarperDB's sentence`(name: String) {
        #expect(
            refusal { _ = try ProjectName(name) }?.message
                == "Project name can only contain alphanumeric, dash and underscores characters")
    }

    @Test func `a project's name has a limit`() throws {
        _ = try ProjectName(String(repeating: "a", count: 128))

        #expect(
            refusal { _ = try ProjectName(String(repeating: "a", count: 129)) }?.code
                == .limitExceeded)
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../b", "..", "", ".", "a\u{0}b"])
    func `a path that leads out of the project is refused`(path: String) {
        #expect(refusal { _ = try ProjectPath(path) }?.message == "Invalid file path")
    }

    @Test func `a project that was added has the template`() throws {
        let fixture = try StoreFixture()

        try fixture.store.add(fixture.project)

        #expect(
            try fixture.store.functions() == [
                .init(
                    project: fixture.project, routes: ["examples"], helpers: ["example"],
                    staticCount: 0)
            ])
        #expect(refusal { try fixture.store.add(fixture.project) }?.code == .projectExists)
    }

    @Test func `a dropped project is gone`() throws {
        let fixture = try StoreFixture()
        try fixture.store.add(fixture.project)

        try fixture.store.drop(fixture.project)

        #expect(try fixture.store.names().isEmpty)
        #expect(refusal { try fixture.store.drop(fixture.project) }?.code == .projectNotFound)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.path(".staging")) == [])
    }

    @Test func `there are at most so many projects`() throws {
        var limits = ComponentLimits()
        limits.projects = 1
        let fixture = try StoreFixture(limits: limits)
        try fixture.store.add(fixture.project)
        let other = try ProjectName("cats")

        #expect(refusal { try fixture.store.add(other) }?.code == .limitExceeded)
        #expect(
            refusal { try fixture.store.deploy(other, archive: TarFixture.project(["a": "b"])) }?
                .code == .limitExceeded)
        try fixture.store.deploy(fixture.project, archive: TarFixture.project(["a": "b"]))
        #expect(try fixture.store.names() == [fixture.project])
    }

    @Test func `a file is written, read, replaced and removed`() throws {
        let fixture = try StoreFixture()
        try fixture.store.add(fixture.project)
        let path = try ProjectPath("utils/deep/test.js")

        try fixture.store.write([1, 2], to: path, of: fixture.project)
        try fixture.store.write([3], to: path, of: fixture.project)

        #expect(try fixture.store.file(path, of: fixture.project).bytes == [3])
        try fixture.store.remove(path, of: fixture.project)
        #expect(
            refusal { _ = try fixture.store.file(path, of: fixture.project) }?.message
                == "File does not exist")
        #expect(
            refusal { try fixture.store.remove(path, of: fixture.project) }?.code == .fileNotFound)
    }

    @Test func `a folder is no file`() throws {
        let fixture = try StoreFixture()
        try fixture.store.add(fixture.project)
        let path = try ProjectPath("routes")

        #expect(
            refusal { _ = try fixture.store.file(path, of: fixture.project) }?.code == .invalidPath)
        #expect(
            refusal { try fixture.store.write([1], to: path, of: fixture.project) }?.code
                == .invalidPath)
        #expect(try fixture.text("routes/examples.js").contains("use strict"))
    }

    @Test func `nothing is written into a project that is not there`() throws {
        let fixture = try StoreFixture()

        #expect(
            refusal { try fixture.store.write([1], to: ProjectPath("a"), of: fixture.project) }?
                .message
                == "Project does not exist. Create one using 'add_custom_function_project'")
        #expect(try fixture.store.names().isEmpty)
    }

    @Test func `links are followed neither to read nor to write nor to remove`() throws {
        let fixture = try StoreFixture()
        try fixture.store.add(fixture.project)
        let outside = fixture.directory.file("outside")
        try FileManager.default.createDirectory(
            atPath: outside, withIntermediateDirectories: true)
        #expect(
            FileManager.default.createFile(
                atPath: outside + "/secret", contents: Data("s".utf8)))
        try FileManager.default.createSymbolicLink(
            atPath: fixture.path("dogs/out"), withDestinationPath: outside)
        try FileManager.default.createSymbolicLink(
            atPath: fixture.path("dogs/file"), withDestinationPath: outside + "/secret")

        for path in ["out/secret", "file"] {
            let path = try ProjectPath(path)
            #expect(
                refusal { _ = try fixture.store.file(path, of: fixture.project) }?.code
                    == .invalidPath)
            #expect(
                refusal { try fixture.store.write([1], to: path, of: fixture.project) }?.code
                    == .invalidPath)
        }
        #expect(
            refusal {
                try fixture.store.remove(ProjectPath("out/secret"), of: fixture.project)
            }?.code == .invalidPath)
        try fixture.store.remove(ProjectPath("out"), of: fixture.project)
        try fixture.store.drop(fixture.project)
        #expect(FileManager.default.contents(atPath: outside + "/secret") == Data("s".utf8))
    }

    @Test func `a pipe is no file and nobody waits for it`() throws {
        let fixture = try StoreFixture()
        try fixture.store.add(fixture.project)
        #expect(mkfifo(fixture.path("dogs/pipe"), 0o644) == 0)

        #expect(
            refusal {
                _ = try fixture.store.file(ProjectPath("pipe"), of: fixture.project)
            }?.code == .invalidPath)
    }

    @Test func `a file has a limit`() throws {
        var limits = ComponentLimits()
        limits.fileBytes = 3
        let fixture = try StoreFixture(limits: limits)
        try fixture.store.deploy(fixture.project, archive: TarFixture.project(["a": "b"]))
        let path = try ProjectPath("x")

        try fixture.store.write([1, 2, 3], to: path, of: fixture.project)

        #expect(
            refusal { try fixture.store.write([1, 2, 3, 4], to: path, of: fixture.project) }?
                .message == "bytes of a file: 4, the limit is 3")
        #expect(try fixture.store.file(path, of: fixture.project).bytes == [1, 2, 3])
    }

    @Test func `the tree leaves out what is hidden`() throws {
        let fixture = try StoreFixture()
        try fixture.store.deploy(
            fixture.project,
            archive: TarFixture.project([
                ".env": "x", "node_modules/a/index.js": "x", "static/a/b.css": "abc", "z": "",
            ]))

        guard case .folder("dogs", let entries) = try #require(fixture.store.tree().first),
            case .folder("static", let inner) = try #require(entries.first),
            case .folder("a", let files) = try #require(inner.first),
            case .file("b.css", 3, _) = try #require(files.first)
        else {
            Issue.record("\(try fixture.store.tree())")
            return
        }
        #expect(entries.map(\.name) == ["static", "z"])
        #expect(try fixture.store.functions().first?.staticCount == 1)
    }
}
