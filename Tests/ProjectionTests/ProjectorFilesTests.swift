import Testing

@testable import Projection

@Suite struct ProjectorFilesTests {
    @Test func `vectors stand between tabulators without a header`() throws {
        let rows = try PointRows([1, -0.5, 0.25, 1e-7], dimensions: 2)

        #expect(ProjectorFiles.vectors(rows) == "1.0\t-0.5\n0.25\t1e-07\n")
    }

    @Test func `a single column has no header`() {
        let text = ProjectorFiles.labels(columns: ["title"], rows: [["Emma"], ["Persuasion"]])

        #expect(text == "Emma\nPersuasion\n")
    }

    @Test func `several columns have a header`() {
        let text = ProjectorFiles.labels(columns: ["id", "title"], rows: [["1", "Emma"]])

        #expect(text == "id\ttitle\n1\tEmma\n")
    }

    @Test(arguments: [("a\tb\r\nc", "a b c"), ("", "-"), (" \n ", "-"), ("\u{2028}", "-")])
    func `a label never breaks its line and never vanishes`(label: String, written: String) {
        #expect(ProjectorFiles.labels(columns: ["title"], rows: [[label]]) == written + "\n")
    }
}
