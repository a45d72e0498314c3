import BundleFormat
import JSON
import Testing

@testable import RecommendBooks

@Suite struct BookRecommenderTests {
    @Test(
        arguments: [
            "0195153448", "0-19-515344-8", "9780195153446", "978-0-19-515344-6", 195_153_448,
        ] as [JSONValue])
    func `an ISBN leads to the key of the catalogue first`(written: JSONValue) {
        #expect(BookRecommender.spellings(written)?.first == "0195153448")
    }

    @Test(arguments: [false, true, .null, [], [:], 0, -5, 1.5] as [JSONValue])
    func `what is no ISBN has no spelling`(written: JSONValue) {
        #expect(BookRecommender.spellings(written)?.isEmpty != false)
    }

    @Test func `a book without a year has no year, and no member is null`() {
        let record = BookRecommender.record(
            CatalogueItem(key: "1", title: "The Hobbit", author: "J. R. R. Tolkien"))

        #expect(record["year"] == nil)
        #expect(record["search"] == "the hobbit j. r. r. tolkien")
        #expect(record.members.allSatisfy { $0.value != .null })
    }

    @Test func `the page is part of the program`() {
        let paths = BookPage.files.map(\.path)

        #expect(paths == ["", "index.html", "page.css", "page.js"])
        #expect(BookPage.files.allSatisfy { !$0.bytes.isEmpty })
    }
}
