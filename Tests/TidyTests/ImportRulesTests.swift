import Testing

@Suite struct ImportRulesTests {
    private static let manifest = SwiftText(
        """
        func part(_ name: String, at path: String) -> Target { .target(name: name) }
        let package = Package(
            name: "x",
            targets: [
                .systemLibrary(
                    name: "C", path: "Sources/C", pkgConfig: "c", providers: [.apt(["c-dev"])]),
                part("Low", at: "Sources/Low", uses: ["C"]),
                // part("Ghost", at: "Sources/Ghost"),
                part(
                    "High", at: "Models/High",
                    uses: [
                        "Low",
                    ]),
                .executableTarget(
                    name: "run", dependencies: ["High"], path: "Sources/run",
                    linkerSettings: [.linkedLibrary("m")]),
                tests(of: "High", uses: ["Low"]),
            ])
        """)
    private static let targets = PackageTarget.all(in: manifest)

    private func imports(_ text: String, at path: String) -> [Finding] {
        ImportRules.undeclaredImports(
            RepositoryFile(path: path, text: text), targets: Self.targets)
    }

    @Test func `the manifest's targets are read with folder and uses`() {
        #expect(Self.targets.map(\.name) == ["C", "Low", "High", "run", "HighTests"])
        #expect(
            Self.targets.map(\.path) == [
                "Sources/C", "Sources/Low", "Models/High", "Sources/run", "Tests/HighTests",
            ])
        #expect(
            Self.targets.map(\.uses) == [
                [], ["C"], ["Low"], ["High"], ["High", "TestSupport", "Low"],
            ])
        #expect(Self.targets.map(\.isSystemLibrary) == [true, false, false, false, false])
    }

    @Test(arguments: [
        ("import Low", "Models/High/X.swift"), ("import Foundation", "Models/High/X.swift"),
        ("import struct Low.A", "Models/High/Deep/X.swift"),
        ("@testable import High\nimport Testing", "Tests/HighTests/X.swift"),
    ])
    func `a declared import passes`(text: String, path: String) {
        #expect(imports(text, at: path) == [])
    }

    @Test(arguments: [
        ("import C", "Models/High/X.swift"), ("import Testing", "Models/High/X.swift"),
        ("package import High", "Sources/Low/X.swift"),
        ("import struct High.A", "Sources/Low/X.swift"),
        ("import FoundationNetworking", "Sources/Low/X.swift"),
        ("let a = 1", "Sources/Nowhere/X.swift"),
    ])
    func `an undeclared import, or a file of no target, is found`(text: String, path: String) {
        #expect(imports(text, at: path).count == 1)
    }

    @Test func `layers are read from the rows of a page`() {
        let page = RepositoryFile(
            path: "README.md",
            text: "| Layer | Targets |\n|---|---|\n| 0 | `C` | - |\n| 12 | `Low` `High` | `C` |\n")

        #expect(ImportRules.layers(in: page) == ["C": 0, "Low": 12, "High": 12])
    }

    @Test func `uses that go downward pass`() {
        let layers = ["C": 0, "Low": 1, "High": 2, "run": 3]

        #expect(ImportRules.upwardUses(targets: Self.targets, layers: layers) == [])
    }

    @Test(arguments: [
        ["C": 0, "Low": 1, "High": 1, "run": 3], ["C": 0, "Low": 2, "High": 1, "run": 3],
        ["C": 0, "Low": 1, "High": 2],
    ])
    func `a use within a layer, an upward one and a target without layer are found`(
        layers: [String: Int]
    ) {
        #expect(ImportRules.upwardUses(targets: Self.targets, layers: layers).count == 1)
    }

    @Test func `a C library with two users or none is found`() {
        let library = PackageTarget(name: "C", path: "Sources/C", uses: [], isSystemLibrary: true)
        let user = PackageTarget(name: "A", path: "Sources/A", uses: ["C"], isSystemLibrary: false)
        let other = PackageTarget(name: "B", path: "Sources/B", uses: ["C"], isSystemLibrary: false)

        #expect(ImportRules.sharedLibraries(targets: [library, user]) == [])
        #expect(ImportRules.sharedLibraries(targets: [library, user, other]).count == 1)
        #expect(ImportRules.sharedLibraries(targets: [library]).count == 1)
    }
}
