import Testing

/// The words that the rules look for stand here as texts to be found, and do nothing.
@Suite struct WordRulesTests {
    private func file(_ text: String, at path: String = "Sources/JSON/X.swift") -> RepositoryFile {
        RepositoryFile(path: path, text: text)
    }

    @Test(arguments: [
        "fatalError()", "let a = try! f()", "print(1)", "debugPrint(1)", "public struct A {}",
    ])
    func `a restricted word is found`(text: String) {
        #expect(WordRules.restrictedWords(file("let x = 1\n" + text)).map(\.line) == [2])
    }

    @Test(arguments: [
        "log.print(1)", "func print(_ x: Int) {}", "// print(1)", "let a = \"fatalError()\"",
        "let a = try? f()", "let fingerprint = f(1)", "let `public` = 1",
    ])
    func `what only looks like one is not`(text: String) {
        #expect(WordRules.restrictedWords(file(text)) == [])
    }

    @Test func `the command line may print and others may not`() {
        #expect(WordRules.restrictedWords(file("print(1)", at: "Sources/ledge/X.swift")) == [])
        #expect(
            WordRules.restrictedWords(file("print(1)", at: "Sources/ledger/X.swift")).count == 1)
    }

    @Test(arguments: [
        "final class A: @unchecked Sendable {", "nonisolated(unsafe) var a = 1",
        "@preconcurrency import A",
    ])
    func `an annotation beside C needs its reason on the next line`(text: String) {
        let path = "Sources/SQLite/X.swift"

        #expect(WordRules.uncheckedConcurrency(file(text + "\n// One thread.", at: path)) == [])
        #expect(WordRules.uncheckedConcurrency(file(text + "\n\n// Late.", at: path)).count == 1)
        #expect(WordRules.uncheckedConcurrency(file("// Early.\n" + text, at: path)).count == 1)
    }

    @Test func `an annotation elsewhere is refused with any reason`() {
        let text = "final class A: @unchecked Sendable {\n// One thread."

        #expect(WordRules.uncheckedConcurrency(file(text)).map(\.line) == [1])
        #expect(WordRules.uncheckedConcurrency(file("nonisolated func a() {}")) == [])
    }

    @Test func `a reminder names its issue`() {
        let word = "TO" + "DO"

        #expect(WordRules.reminders(file("let a = 1 // \(word): later")).map(\.line) == [1])
        #expect(WordRules.reminders(file("// \(word) #12: later")) == [])
        #expect(WordRules.reminders(file("let a = \"\(word)\"")) == [])
        #expect(WordRules.reminders(file("\(word): a page", at: "README.md")).count == 1)
        #expect(WordRules.reminders(file("// M\(word)S is another word")) == [])
    }
}
