import Testing

@Suite struct NameRulesTests {
    private func findings(_ text: String) -> [Finding] {
        NameRules.types(RepositoryFile(path: "Sources/X/X.swift", text: text))
    }

    @Test(arguments: [
        ("HTTPInfo", "Info"), ("JobManager", "Manager"), ("StringUtils", "Utils"),
        ("Parser2", "2"), ("NewParser", "New"), ("common.css", "common"), ("BaseStore", "Base"),
        ("read-helpers", "helpers"),
    ])
    func `a name with an empty word is refused`(name: String, word: String) {
        #expect(NameRules.forbiddenWords(in: name) == [word])
    }

    @Test(arguments: [
        "Database", "Datasets", "Metadata", "SHA256Digest", "Renewal", "Threshold", "Argon2id",
        "Base64", "Int32", "Newsletter", "Information", "L2Norm",
    ])
    func `a term that only contains the letters passes`(name: String) {
        #expect(NameRules.forbiddenWords(in: name) == [])
    }

    @Test func `a name is split at capitals, digits and marks`() {
        #expect(
            NameRules.words(of: "HTTPServer2x_read-me.Swift")
                == ["HTTP", "Server", "2", "x", "read", "me", "Swift"])
    }

    @Test func `a declaration is refused and a use is not`() {
        #expect(findings("let x = 1\nfinal class DataStore {}").map(\.line) == [2])
        #expect(findings("typealias Impl = Int").count == 1)
        #expect(findings("let bytes: Data = Foundation.Data()\nclass func x() {}") == [])
        #expect(findings("import struct Foundation.Data") == [])
    }

    @Test func `a file and a folder are judged by their own last part`() {
        let findings = NameRules.paths(["Sources/Utils", "Sources/Utils/X.swift", "a/Info.swift"])

        #expect(findings.map(\.path) == ["Sources/Utils", "a/Info.swift"])
    }

    @Test func `what another program wrote for a test keeps its name`() {
        let findings = NameRules.paths(["Tests/XTests/Fixtures/part2.bin", "Tests/XTests/part2"])

        #expect(findings.map(\.path) == ["Tests/XTests/part2"])
    }
}
