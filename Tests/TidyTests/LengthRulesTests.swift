import Testing

@Suite struct LengthRulesTests {
    private func file(_ text: String) -> RepositoryFile {
        RepositoryFile(path: "Sources/X/X.swift", text: text)
    }

    /// A function of so many lines, its braces among them.
    private func function(lines: Int) -> String {
        "func f() {\n" + String(repeating: "g()\n", count: lines - 2) + "}\n"
    }

    @Test func `a file of 500 lines passes and one of 501 does not`() {
        #expect(LengthRules.longFiles(file(String(repeating: "\n", count: 500))) == [])
        #expect(LengthRules.longFiles(file(String(repeating: "\n", count: 501))).count == 1)
    }

    @Test func `a line of 100 characters passes and one of 101 does not`() {
        let line = String(repeating: "é", count: 100)

        #expect(LengthRules.longLines(file("x\n" + line)) == [])
        #expect(LengthRules.longLines(file("x\n" + line + "é")).map(\.line) == [2])
    }

    @Test func `a function of 60 lines passes and one of 61 does not`() {
        #expect(LengthRules.longFunctions(file(function(lines: 60))) == [])
        #expect(LengthRules.longFunctions(file("\n" + function(lines: 61))).map(\.line) == [2])
    }

    @Test(arguments: [
        "func f(g: () -> Void = { }) async throws(E) -> [Int] where T: P {\n}",
        "init?(x: Int) {\n}",
        "deinit {\n}",
        "subscript(index: Int) -> Int {\n}",
        "var x: [Int] {\n}",
        "static func == (a: A, b: A) -> Bool {\n}",
        "func `a sentence { with a brace`() {\n}",
        "func f(\n) {}",
    ])
    func `every kind of body is measured`(text: String) {
        #expect(FunctionBody.all(in: file(text)).map(\.lineCount) == [2])
    }

    @Test(arguments: [
        "protocol P {\nfunc a()\nfunc b() -> Int\nvar c: Int\n}\n",
        "var a: Int\nif x {\n}",
        "var a = f {\n}",
        "self.init(x)\nx.map {\n}",
        "let s = \"func f() {\"",
    ])
    func `what has no body of its own is not measured`(text: String) {
        #expect(FunctionBody.all(in: file(text)) == [])
    }

    @Test func `a function within a function counts for both`() {
        let bodies = FunctionBody.all(in: file("func a() {\nfunc b() {\n}\n}"))

        #expect(bodies.map(\.name) == ["a", "b"])
        #expect(bodies.map(\.lineCount) == [4, 2])
    }
}
