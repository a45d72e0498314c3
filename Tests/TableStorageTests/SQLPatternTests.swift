import Testing

@testable import TableStorage

@Suite struct SQLPatternTests {
    private static func matches(_ pattern: String, _ text: String) throws -> Bool {
        try SQLPattern(pattern).matches(text, stoppingAt: SQLDeadline(in: .seconds(60)))
    }

    @Test(arguments: [
        ("dock", "a dock", true), ("dock", "Dock", false), ("", "", true), ("", "x", true),
        ("^$", "", true), ("^$", "x", false), ("^ab", "abc", true), ("^bc", "abc", false),
        ("bc$", "abc", true), ("ab$", "abc", false), ("a.c", "abc", true), ("a.c", "a\nc", false),
        ("a|b", "xb", true), ("^(a|bc)+$", "abcbca", true), ("^(a|bc)+$", "abcb", false),
        ("^(?:ab)?$", "ab", true), ("^a*$", "", true), ("^a+$", "", false), ("^a+?$", "aaa", true),
        ("^a{2}$", "aa", true), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{0}$", "", true), ("^[a-c]+$", "abc", true),
        ("^[^a-c]+$", "xyz", true), ("^[^a-c]+$", "xaz", false), ("[a-]", "-", true),
        ("^[\\d.]+$", "1.2", true), ("^[^\\W_]+$", "a_b", false), ("^[^\\W_]+$", "a1b", true),
        ("^\\d{4}-\\d\\d$", "2024-05", true), ("\\D", "123", false), ("^\\w+$", "a_1", true),
        ("\\W", "abc", false), ("^\\s$", "\t", true), ("^\\S+$", "a b", false),
        ("\\bcat\\b", "a cat.", true), ("\\bcat\\b", "concat", false), ("\\Bcat", "concat", true),
        ("^\\.$", ".", true), ("^\\\\$", "\\", true), ("^é+$", "éé", true), ("^.$", "😀", true),
        ("[à-ü]", "é", true), ("a\\tb", "a\tb", true), ("(a*)*$", "aaab", true),
        ("()*x", "x", true),
        ("^(a|)+b$", "aab", true), ("^|b", "", true), ("\\$5", "$5", true), ("^]$", "]", true),
    ])
    func `a pattern matches what it says`(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try Self.matches(pattern, text) == isMatch)
    }

    @Test(arguments: [
        "(", ")", "[", "[]", "[z-a]", "a**b)", "*", "+a", "?", "|*", "a{", "a{2", "a{x}", "a{3,2}",
        "a{99999}", "\\", "\\1", "(?=a)", "(?<n>a)", "\\q", "[\\d-z]", "a{-1}",
        "a{99999999999999999999}",
    ])
    func `what is no pattern is refused`(pattern: String) throws {
        let error = #expect(throws: TableStorageError.self) { try SQLPattern(pattern) }

        #expect(error?.code == .invalidSQL)
    }

    @Test(arguments: [
        "((x{100}){100}){100}", "x{2000}", "((){1000}){1000}",
        String(repeating: "(", count: 51) + String(repeating: ")", count: 51),
        String(repeating: "x", count: 1_025),
    ])
    func `a pattern has limits`(pattern: String) throws {
        let error = #expect(throws: TableStorageError.self) { try SQLPattern(pattern) }

        #expect(error?.code == .limitExceeded)
    }

    @Test(arguments: ["^(a+)+$", "^(a|aa)+$", "^(a*)*$", "(a|a)*b", "^(.*)*(.*)*(.*)*c$"])
    func `a pattern that is a trap for others ends soon`(
        pattern: String
    ) throws {
        // Going back over it would take two to the power of some thousand steps.
        #expect(try !Self.matches(pattern, String(repeating: "a", count: 5_000) + "!"))
    }
}
