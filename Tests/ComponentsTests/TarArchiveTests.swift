import Foundation
import TestSupport
import Testing

@testable import Components

@Suite struct TarArchiveTests {
    private func plan(
        _ bytes: [UInt8], limits: ComponentLimits = ComponentLimits()
    ) throws -> [String] {
        try ArchivePlan(of: bytes, limits: limits).items.map { "\($0.path)" }
    }

    private func reason(
        _ bytes: [UInt8], limits: ComponentLimits = ComponentLimits()
    ) -> String? {
        refusal { _ = try plan(bytes, limits: limits) }?.message
    }

    private func archive(_ fill: (inout TarFixture) -> Void) -> [UInt8] {
        var archive = TarFixture()
        fill(&archive)
        return archive.finished
    }

    @Test func `what was written is read again`() throws {
        let long = String(repeating: "folder/", count: 25) + "file.js"
        var writer = TarWriter()
        writer.addFolder("routes", changed: 1)
        writer.addFile("routes/a.js", [1, 2, 3], isExecutable: true, changed: 1)
        writer.addFile(long, [UInt8](repeating: 7, count: 512), isExecutable: false, changed: 1)
        writer.addLink("link", to: "routes/a.js", changed: 1)
        let bytes = writer.finished()

        var reader = TarReader(bytes, limits: ComponentLimits())
        var entries: [TarEntry] = []
        while let entry = try reader.next() { entries.append(entry) }

        #expect(entries.map(\.name) == ["routes/", "routes/a.js", long, "link"])
        guard case .file(let first, isExecutable: true) = entries[1].kind,
            case .file(let second, isExecutable: false) = entries[2].kind
        else {
            Issue.record("\(entries)")
            return
        }
        #expect(Array(bytes[first]) == [1, 2, 3])
        #expect(bytes[second].allSatisfy { $0 == 7 } && second.count == 512)
        #expect(entries[3].kind == .symbolicLink(target: "routes/a.js"))
    }

    @Test func `GNU's long names are read`() throws {
        let long = String(repeating: "long/", count: 30) + "x"
        let bytes = archive {
            $0.add("././@LongLink", kind: "L", long + "\u{0}")
            $0.add("short", "hello")
        }

        #expect(try plan(bytes).last == long)
    }

    @Test func `a pax path and size count instead of the header's`() throws {
        let bytes = archive {
            $0.add("PaxHeader/x", kind: "x", "22 path=sub/better.js\n9 size=5\n")
            $0.add("x", "hello", size: "0")
            $0.add("y", "")
        }

        let plan = try ArchivePlan(of: bytes, limits: ComponentLimits())

        #expect(plan.items.map { "\($0.path)" } == ["sub", "sub/better.js", "y"])
        guard case .file(let content, _) = plan.items[1].item else {
            Issue.record("no file")
            return
        }
        #expect(bytes[content].elementsEqual("hello".utf8))
    }

    @Test(arguments: ["99 path=x\n", "x path=y\n", "3 =", "10 path=x", "-5 path=x\n", "9 size=x\n"])
    func `a pax record that lies is refused`(record: String) throws {
        let bytes = archive {
            $0.add("PaxHeader/x", kind: "x", record)
            $0.add("x", "hello")
        }

        #expect(reason(bytes)?.contains("pax") == true, "\(reason(bytes) ?? "accepted")")
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../../x", "a/..", "a/../b", ".."])
    func `a name that leads out of the project is refused`(name: String) throws {
        #expect(
            reason(archive { $0.add(name, "x") })?.hasSuffix("a name leads out of the project")
                == true)
    }

    @Test func `a name with a NUL is refused`() throws {
        let bytes = archive {
            $0.add("PaxHeader/x", kind: "x", "18 path=a\u{0}b/../../c\n")
            $0.add("x", "hello")
        }

        #expect(reason(bytes) != nil)
    }

    @Test func `a name that is not UTF-8 is refused`() throws {
        let bytes = archive { $0.add(name: [0x61, 0xFF], kind: "0", []) }

        #expect(reason(bytes)?.hasSuffix("a name is not UTF-8") == true)
    }

    @Test(arguments: ["3", "4", "6", "S", "Z", "D"] as [Character])
    func `devices, pipes and unknown kinds are refused`(kind: Character) throws {
        #expect(reason(archive { $0.add("x", kind: kind) })?.contains("it holds") == true)
    }

    @Test(arguments: [
        "/etc/passwd", "..", "../x", "sub/../../x", "sub/../x", "", "./../x",
    ])
    func `a symbolic link that may lead out is refused`(target: String) throws {
        #expect(
            reason(archive { $0.add("link", kind: "2", target: target) })?
                .contains("leads out of the project") == true)
    }

    @Test func `a link may go up as far as the project`() throws {
        #expect(try plan(archive { $0.add("a/b/link", kind: "2", target: "../../x") }).count == 3)
        #expect(reason(archive { $0.add("a/b/link", kind: "2", target: "../../../x") }) != nil)
    }

    @Test func `the lifted folder counts for no link`() throws {
        let bytes = archive {
            $0.add("package/index.js", "x")
            $0.add("package/link", kind: "2", target: "../x")
        }

        #expect(reason(bytes)?.contains("leads out of the project") == true)
    }

    @Test func `nothing is written through a link`() throws {
        let bytes = archive {
            $0.add("sub", kind: "2", target: "other")
            $0.add("sub/x", "evil")
        }

        #expect(reason(bytes)?.hasSuffix("it holds sub twice") == true)
    }

    @Test func `a hard link is a copy of an earlier file and of nothing else`() throws {
        let sound = archive {
            $0.add("a", "x")
            $0.add("b", kind: "1", target: "a")
        }

        #expect(try plan(sound) == ["a", "b"])
        for target in ["/etc/passwd", "../a", "missing", "b"] {
            #expect(
                reason(archive { $0.add("b", kind: "1", target: target) })?.contains("hard link")
                    == true)
        }
    }

    @Test func `a file that is named twice is refused and a folder is not`() throws {
        #expect(
            reason(archive { for _ in 0..<2 { $0.add("a", "x") } })?.hasSuffix("it holds a twice")
                == true)
        #expect(try plan(archive { for _ in 0..<2 { $0.add("a/", kind: "5") } }) == ["a"])
        #expect(
            reason(
                archive {
                    $0.add("a", "x")
                    $0.add("a/b", "x")
                }) != nil)
    }

    @Test(arguments: ["777777777", "77777777777", "9", "-1", "0x10"])
    func `a size that lies is refused`(size: String) throws {
        #expect(reason(archive { $0.add("x", "hello", size: size) }) != nil)
    }

    @Test func `a size in base 256 beyond all numbers is refused`() throws {
        var field = [UInt8](repeating: 0xFF, count: 12)
        field[0] = 0x80

        #expect(TarHeader.number(field[...]) == nil)
        #expect(TarHeader.number([0x80, 0, 1, 0]) == 256)
        #expect(TarHeader.number([0xFF, 0xFF]) == nil)
    }

    @Test func `every cut makes an archive unsound`() throws {
        let bytes = TarFixture.project(["a": "hello", "b": "world"])

        for length in 0..<(bytes.count - 1_024) {
            #expect(reason(Array(bytes[..<length])) != nil, "\(length)")
        }
        #expect(reason(bytes) == nil)
    }

    @Test func `every changed byte of a header is refused`() throws {
        let bytes = TarFixture.project(["a": "hello"])

        for index in 0..<512 where !(148..<156).contains(index) {
            var changed = bytes
            changed[index] ^= 0x01
            #expect(reason(changed) != nil, "\(index)")
        }
    }

    @Test func `an archive without files is refused`() throws {
        #expect(reason(TarFixture().finished)?.hasSuffix("it holds nothing") == true)
        #expect(reason(Array("this is no archive".utf8))?.contains("without an end mark") == true)
        #expect(reason([]) != nil)
    }

    @Test func `a folder called package around everything is taken off`() throws {
        let wrapped = TarFixture.project(["package/index.js": "x", "package/routes/a.js": "y"])
        let beside = TarFixture.project(["package/index.js": "x", "other": "y"])

        #expect(try plan(wrapped) == ["index.js", "routes", "routes/a.js"])
        #expect(try plan(beside) == ["package", "package/index.js", "other"])
    }

    @Test func `the limits hold on both sides`() throws {
        var limits = ComponentLimits()
        limits.entries = 2
        limits.fileBytes = 5
        limits.pathDepth = 2
        limits.pathBytes = 8

        #expect(reason(TarFixture.project(["a": "", "b": ""]), limits: limits) == nil)
        #expect(
            reason(TarFixture.project(["a": "", "b": "", "c": ""]), limits: limits)
                == "entries of an archive: 3, the limit is 2")
        #expect(
            reason(TarFixture.project(["x/y/z": ""]), limits: limits)
                == "parts of a path: 3, the limit is 2")
        #expect(
            reason(TarFixture.project(["a": "123456"]), limits: limits)
                == "bytes of a file: 6, the limit is 5")
        #expect(
            reason(TarFixture.project(["123456789": ""]), limits: limits)
                == "bytes of a path: 9, the limit is 8")
    }

    @Test func `hard links cannot make more of an archive than it may hold`() throws {
        var limits = ComponentLimits()
        limits.archiveBytes = 8_192
        let bytes = archive {
            $0.add("a", String(repeating: "x", count: 4_096))
            for index in 0..<3 { $0.add("b\(index)", kind: "1", target: "a") }
        }

        #expect(bytes.count <= limits.archiveBytes)
        #expect(reason(bytes, limits: limits) == "bytes of all files: 12288, the limit is 8192")
    }

    @Test func `random bytes never trap`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var bytes = TarFixture.project(["a/b": "hello", "c": "world"])
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            // A sound sum lets the reader look at the changed fields.
            let sum = String(TarHeader.sum(bytes[..<512]), radix: 8) + "\u{0}"
            bytes.replaceSubrange(148..<(148 + sum.utf8.count), with: Array(sum.utf8))
            _ = reason(bytes)
        }
    }
}
