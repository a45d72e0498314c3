import Testing

@Suite struct ProseRulesTests {
    private func dead(_ text: String, at path: String = "Models/Sample/README.md") -> [Finding] {
        let present: Set<String> = ["LICENSE", "Models/Sample/books.csv", "Models"]
        return ProseRules.deadLinks(RepositoryFile(path: path, text: text)) {
            present.contains($0)
        }
    }

    @Test(arguments: [
        "[a](books.csv)", "[a](./books.csv#top)", "[a](../../LICENSE \"title\")",
        "[a](../../Models/)",
        "[a](https://example.org/x)", "[a](mailto:a@example.org)", "[a](#section)",
        "`[a](gone.md)`", "```\n[a](gone.md)\n```",
    ])
    func `a link that leads somewhere passes`(text: String) {
        #expect(dead(text) == [])
    }

    @Test(arguments: [
        "[a](gone.md)", "[a](../LICENSE)", "![a](gone.png)", "[a](../../../LICENSE)",
        "[a](/LICENSE)",
        "[a](books.csv) and [b](gone.md)", "```\n```\n[a](gone.md)",
    ])
    func `a link that leads nowhere or out is found`(text: String) {
        #expect(dead(text).count == 1)
    }

    @Test func `only pages are searched for links`() {
        #expect(dead("[a](gone.md)", at: "Sources/X/X.swift") == [])
    }

    @Test(arguments: [
        "fetch('https://example.org/x')", "<link href=\"/page.css\">", "url(//example.org/x)",
        "fetch(`/books`)",
    ])
    func `a page that asks elsewhere is found`(text: String) {
        let page = RepositoryFile(path: "Functions/X/ui/page.js", text: "x\n" + text)
        let source = RepositoryFile(path: "Functions/X/X.swift", text: text)

        #expect(ProseRules.foreignAddresses(page).map(\.line) == [2])
        #expect(ProseRules.foreignAddresses(source) == [])
    }

    @Test(arguments: ["fetch(`../books?q=${q}`)", "<link href=\"page.css\">", "a / b // c", "</p>"])
    func `a page with relative addresses passes`(text: String) {
        let page = RepositoryFile(path: "Functions/X/ui/index.html", text: text)

        #expect(ProseRules.foreignAddresses(page) == [])
    }

    @Test(arguments: ["home", "root", "Users", "work"])
    func `a path of one machine is found`(folder: String) {
        let file = RepositoryFile(path: "README.md", text: "cd\nsee \"/\(folder)/x\"")

        #expect(ProseRules.machinePaths(file).map(\.line) == [2])
    }

    @Test(arguments: ["home", "root", "Users", "work"])
    func `the same word inside a relative path passes`(folder: String) {
        let text = "a/\(folder)/x ../\(folder)/x \(folder)/ $(pwd)/\(folder)/"

        #expect(ProseRules.machinePaths(RepositoryFile(path: "README.md", text: text)) == [])
    }
}
