import Foundation
import TestSupport
import Testing

/// The rules, applied to this repository.
@Suite struct RepositoryTests {
    /// Read once: the rules are many and the files are the same.
    private static let repository = Result { try Repository.containingThisFile() }

    private static let fileRules:
        [(name: String, findings: @Sendable (RepositoryFile) -> [Finding])] = [
            ("files are short", LengthRules.longFiles),
            ("lines are short", LengthRules.longLines),
            ("functions are short", LengthRules.longFunctions),
            ("types have honest names", NameRules.types),
            ("restricted words stay where they belong", WordRules.restrictedWords),
            ("unchecked concurrency has its place and reason", WordRules.uncheckedConcurrency),
            ("reminders name an issue", WordRules.reminders),
            ("no path of one machine", ProseRules.machinePaths),
            ("pages ask their own node only", ProseRules.foreignAddresses),
        ]

    @Test(arguments: fileRules.map(\.name))
    func `every file keeps the rule`(name: String) throws {
        let rule = try #require(Self.fileRules.first { $0.name == name })
        let repository = try Self.repository.get()

        expectNone(repository.files.flatMap(rule.findings))
    }

    @Test func `the book page stays below thirty kilobytes`() throws {
        let page = try Self.repository.get().files.filter { $0.isIn("Functions/RecommendBooks/ui") }

        #expect(page.map(\.path).contains("Functions/RecommendBooks/ui/index.html"))
        #expect(page.reduce(0) { $0 + $1.text.utf8.count } < 30_000)
    }

    @Test func `files and folders have honest names`() throws {
        expectNone(NameRules.paths(try Self.repository.get().paths))
    }

    @Test func `every relative link leads to a file`() throws {
        let repository = try Self.repository.get()

        expectNone(
            repository.files.flatMap { file in
                ProseRules.deadLinks(file) { path in
                    FileManager.default.fileExists(
                        atPath: repository.root.appending(path: path).path)
                }
            })
    }

    @Test func `every file imports only what its target declares`() throws {
        let repository = try Self.repository.get()
        let targets = try targets(of: repository)

        expectNone(
            repository.files.flatMap {
                ImportRules.undeclaredImports($0, targets: targets)
            })
    }

    @Test func `targets use only targets of lower layers`() throws {
        let repository = try Self.repository.get()
        let page = try #require(repository.file("Sources/README.md"))

        let layers = ImportRules.layers(in: page)
        expectNone(ImportRules.upwardUses(targets: try targets(of: repository), layers: layers))
    }

    @Test func `every C library stands behind one target`() throws {
        let repository = try Self.repository.get()

        expectNone(ImportRules.sharedLibraries(targets: try targets(of: repository)))
    }

    @Test func `the rules see the repository and not an empty folder`() throws {
        let repository = try Self.repository.get()

        #expect(repository.files.count { $0.swift != nil } > 40)
        #expect(repository.files.contains { $0.path.hasSuffix(".md") })
        #expect(try targets(of: repository).count > 40)
    }

    @Test func `what was built or lies beside the project is not read`() throws {
        let directory = try TemporaryDirectory()
        for folder in ["Sources/A", ".build/A", "notes"] {
            let url = directory.url.appending(path: folder)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try Data("let a = 1\n".utf8).write(to: url.appending(path: "X.swift"))
        }

        let repository = try Repository(root: directory.url)

        #expect(repository.paths == ["Sources", "Sources/A", "Sources/A/X.swift"])
        #expect(repository.files.map(\.path) == ["Sources/A/X.swift"])
    }

    private func targets(of repository: Repository) throws -> [PackageTarget] {
        let manifest = try #require(repository.file("Package.swift")?.swift)
        return PackageTarget.all(in: manifest)
    }

    /// One line for each finding, as compilers print them, and not one value of many lines.
    private func expectNone(
        _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for finding in findings {
            Issue.record("\(finding)", sourceLocation: sourceLocation)
        }
    }
}
