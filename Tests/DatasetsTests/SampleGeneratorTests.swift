import Testing

@testable import Datasets

@Suite struct SampleGeneratorTests {
    private typealias Taste = SampleGenerator.Taste

    private static let tastes = [
        Taste(
            id: "a", name: "A", description: "", books: (0..<15).map { "a\($0)" } + ["both"]),
        Taste(
            id: "b", name: "B", description: "", books: (0..<15).map { "b\($0)" } + ["both"]),
    ]

    @Test func `the same seed gives the same bytes`() throws {
        let once = try SampleGenerator(tastes: Self.tastes, seed: 7).ratingsCSV()
        let again = try SampleGenerator(tastes: Self.tastes, seed: 7).ratingsCSV()

        #expect(once == again)
    }

    @Test func `another seed gives other bytes`() throws {
        let one = try SampleGenerator(tastes: Self.tastes, seed: 7).ratingsCSV()
        let other = try SampleGenerator(tastes: Self.tastes, seed: 8).ratingsCSV()

        #expect(one != other)
    }

    @Test func `no reader rates a book twice`() throws {
        let ratings = try SampleGenerator(tastes: Self.tastes).ratings()

        #expect(Set(ratings.map { "\($0.reader) \($0.isbn)" }).count == ratings.count)
    }

    @Test func `a reader has from six to twenty-five books`() throws {
        let ratings = try SampleGenerator(tastes: Self.tastes).ratings()

        let counts = Dictionary(grouping: ratings, by: \.reader).values.map(\.count)
        #expect(counts.min() == 6)
        #expect(counts.max() == 25)
    }

    @Test func `ratings reach from zero to ten`() throws {
        let ratings = try SampleGenerator(tastes: Self.tastes).ratings()

        #expect(Set(ratings.map(\.rating)) == Set(0...10))
    }

    @Test func `readers who finish every book stop there`() throws {
        let tiny = [Taste(id: "tiny", name: "", description: "", books: ["x", "y"])]

        let ratings = try SampleGenerator(tastes: tiny).ratings()

        let counts = Dictionary(grouping: ratings, by: \.reader).values.map(\.count)
        #expect(Set(counts) == [2])
    }

    @Test func `the first line names the columns`() throws {
        let bytes = try SampleGenerator(tastes: Self.tastes).ratingsCSV()

        #expect(bytes.starts(with: "user_id,isbn,rating\n1,".utf8))
        #expect(bytes.last == UInt8(ascii: "\n"))
    }

    @Test func `a sample without tastes is refused`() {
        let error = #expect(throws: SampleGeneratorError.self) {
            try SampleGenerator(tastes: [])
        }
        #expect(error?.code == .emptyTaste)
    }

    @Test func `a taste without books is refused by its name`() {
        let error = #expect(throws: SampleGeneratorError.self) {
            try SampleGenerator(
                tastes: Self.tastes + [Taste(id: "none", name: "", description: "", books: [])])
        }
        #expect(error?.code == .emptyTaste)
        #expect(error?.message.contains("none") == true)
    }

    @Test(arguments: ["", "{}", #"[{"id": "a"}]"#, #"[{"id": 1, "books": []}]"#])
    func `a text that is no list of tastes is refused`(text: String) {
        let error = #expect(throws: SampleGeneratorError.self) {
            try Taste.list(parsing: Array(text.utf8))
        }
        #expect(error?.code == .malformedTastes)
    }
}
