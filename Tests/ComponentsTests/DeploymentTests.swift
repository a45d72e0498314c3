import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Components

@Suite struct DeploymentTests {
    @Test func `a deployment replaces the whole project`() throws {
        let fixture = try StoreFixture()
        try fixture.store.deploy(
            fixture.project, archive: TarFixture.project(["a": "1", "sub/b": "1"]))

        try fixture.store.deploy(fixture.project, archive: TarFixture.project(["a": "2"]))

        #expect(try fixture.text("a") == "2")
        #expect(refusal { _ = try fixture.text("sub/b") }?.code == .fileNotFound)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.path(".staging")) == [])
    }

    @Test func `a refused archive changes nothing`() throws {
        let fixture = try StoreFixture()
        try fixture.store.deploy(fixture.project, archive: TarFixture.project(["a": "1"]))
        let bad = TarFixture.project(["b": "2", "../c": "3"])

        #expect(
            refusal { try fixture.store.deploy(fixture.project, archive: bad) }?.code == .badArchive
        )

        #expect(try fixture.store.tree().count == 1)
        #expect(try fixture.text("a") == "1")
        #expect(refusal { _ = try fixture.text("b") }?.code == .fileNotFound)
    }

    @Test func `what was packed is deployed again`() throws {
        let fixture = try StoreFixture()
        var archive = TarFixture()
        archive.add("bin/run", "#!", mode: "0000755")
        archive.add("link", kind: "2", target: "bin/run")
        archive.add("node_modules/x/index.js", "x")
        try fixture.store.deploy(fixture.project, archive: archive.finished)
        let copy = try ProjectName("copy")

        try fixture.store.deploy(copy, archive: fixture.store.packed(fixture.project))

        #expect(try fixture.store.packed(copy) == fixture.store.packed(fixture.project))
        #expect(FileManager.default.isExecutableFile(atPath: fixture.path("copy/bin/run")))
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: fixture.path("copy/link"))
                == "bin/run")
    }

    @Test func `modules and links are left out if so wanted`() throws {
        let fixture = try StoreFixture()
        var archive = TarFixture()
        archive.add("a", "1")
        archive.add("link", kind: "2", target: "a")
        archive.add("node_modules/x/index.js", "x")
        try fixture.store.deploy(fixture.project, archive: archive.finished)

        let packed = try fixture.store.packed(
            fixture.project, .init(skipsNodeModules: true, skipsLinks: true))

        let plan = try ArchivePlan(of: packed, limits: ComponentLimits())
        #expect(plan.items.map { "\($0.path)" } == ["a"])
    }

    @Test func `a gzipped archive is inflated within the limit of an archive`() throws {
        let directory = try TemporaryDirectory()
        var limits = ComponentLimits()
        limits.archiveBytes = 4_096
        let store = try ComponentStore(root: directory.file("components"), limits: limits) {
            gzip, bytesMax throws(ComponentError) in
            #expect(gzip == [0x1F, 0x8B, 8] && bytesMax == 4_096)
            return TarFixture.project(["a": "1"])
        }

        try store.deploy(ProjectName("dogs"), archive: [0x1F, 0x8B, 8])

        #expect(try store.names().count == 1)
    }

    @Test func `without a way to inflate it a gzipped archive is refused`() throws {
        let fixture = try StoreFixture()

        #expect(
            refusal { try fixture.store.deploy(fixture.project, archive: [0x1F, 0x8B, 8]) }?.code
                == .badArchive)
    }

    /// A copy of the whole root at each step is what a killed node leaves behind.
    @Test(arguments: ComponentStore.DeployStep.allCases)
    func `a node killed at any step has the earlier project or the new one`(
        step: ComponentStore.DeployStep
    ) throws {
        let directory = try TemporaryDirectory()
        let (root, left) = (directory.file("components"), directory.file("left"))
        let isArmed = Mutex(false)
        let store = try ComponentStore(
            root: root,
            onStep: { reached in
                guard reached == step, isArmed.withLock({ $0 }) else { return }
                do {
                    try FileManager.default.copyItem(atPath: root, toPath: left)
                } catch {
                    Issue.record(error)
                }
            })
        let project = try ProjectName("dogs")
        try store.deploy(project, archive: TarFixture.project(["a": "1", "b": "1"]))
        isArmed.withLock { $0 = true }
        try store.deploy(project, archive: TarFixture.project(["a": "2", "c": "2"]))

        let restarted = try ComponentStore(root: left)

        let expected = step == .unpacked || step == .setAside ? ["a", "b"] : ["a", "c"]
        let tree = try restarted.tree()
        guard case .folder("dogs", let entries) = try #require(tree.first) else {
            Issue.record("\(tree)")
            return
        }
        #expect(tree.count == 1 && entries.map(\.name) == expected)
        #expect(try FileManager.default.contentsOfDirectory(atPath: left + "/.staging") == [])
    }

    @Test func `a first deployment that is cut off leaves no project`() throws {
        let directory = try TemporaryDirectory()
        let (root, left) = (directory.file("components"), directory.file("left"))
        let store = try ComponentStore(
            root: root,
            onStep: { step in
                guard step == .unpacked else { return }
                do {
                    try FileManager.default.copyItem(atPath: root, toPath: left)
                } catch {
                    Issue.record(error)
                }
            })

        try store.deploy(ProjectName("dogs"), archive: TarFixture.project(["a": "1"]))

        #expect(try ComponentStore(root: left).names().isEmpty)
        #expect(try store.names().count == 1)
    }
}
