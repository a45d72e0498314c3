import Testing

@Suite struct SwiftTextTests {
    private func words(_ text: String) -> [String] {
        SwiftText(text).tokens.filter { $0.kind == .word }.map(\.text)
    }

    @Test(arguments: [
        #"let a = "func {""#,
        ##"let a = #"func " \( {"#"##,
        "let a = \"\"\"\nfunc { \"quoted\" \"\n\"\"\"",
        #"let a = "\" func {""#,
        "let a // func {",
        "let a /* func { /* nested */ func */",
    ])
    func `the inside of strings and comments is no code`(text: String) {
        #expect(words(text) == ["let", "a"])
        #expect(!SwiftText(text).tokens.contains { $0.isMark("{") })
    }

    @Test func `an interpolation is code and the text after it is not`() {
        #expect(words(#"f("x \(g(h("y"))) func") + z"#) == ["f", "g", "h", "z"])
    }

    @Test func `an interpolation of a raw string has its number sign`() {
        #expect(words(##"#"\(no) \#(yes)"#"##) == ["yes"])
    }

    @Test func `a raw identifier is one token`() {
        let tokens = SwiftText("func `a func { of words`() {}").tokens

        #expect(tokens[1].kind == .rawIdentifier)
        #expect(tokens[1].text == "a func { of words")
        #expect(tokens.dropFirst(2).map(\.text) == ["(", ")", "{", "}"])
    }

    @Test func `lines count through strings of several lines and comments`() {
        let tokens = SwiftText("\"\"\"\na\nb\n\"\"\"\n/*\n*/ last").tokens

        #expect(tokens.last?.text == "last")
        #expect(tokens.last?.line == 6)
    }

    @Test func `a comment keeps its line`() {
        let comments = SwiftText("a\nb // why\n/* x\ny */").comments

        #expect(comments.map(\.line) == [2, 3, 4])
        #expect(comments.first?.text == "// why")
    }

    @Test(arguments: ["\"", "/*", "`", "\"\"\"", "\"\\(", "#\"", "\"\\", "\\", "#"])
    func `a file that breaks off is read to its end`(text: String) {
        let tokens = SwiftText("a " + text).tokens

        #expect(tokens.first?.text == "a")
    }

    @Test func `a brace finds its partner past inner ones`() throws {
        let swift = SwiftText("{ a { } { } } b")

        let close = try #require(swift.closing(0))
        #expect(swift.tokens[close + 1].text == "b")
        #expect(SwiftText("{ {").closing(0) == nil)
    }
}
