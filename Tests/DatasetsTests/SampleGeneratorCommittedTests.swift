import CSV
import Foundation
import Identifiers
import Testing

@testable import Datasets

/// The files of `Models/Sample`, as they are in the repository.
@Suite struct SampleGeneratorCommittedTests {
    private struct Book: Hashable {
        let isbn: String
        let title: String
        let author: String
        let year: Int?
        let publisher: String
    }

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Models/Sample")

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    private static func tastes() throws -> [SampleGenerator.Taste] {
        try SampleGenerator.Taste.list(parsing: bytes("tastes.json"))
    }

    private static func books() throws -> [Book] {
        var reader = CSVReader(try bytes("books.csv"))
        var books: [Book] = []
        while let row = reader.next() {
            try #require(row == .row && reader.fieldCount == 5, "line \(reader.line)")
            books.append(
                Book(
                    isbn: reader.text(0), title: reader.text(1), author: reader.text(2),
                    year: reader.integer(3), publisher: reader.text(4)))
        }
        try #require(books.first?.isbn == "isbn")
        return Array(books.dropFirst())
    }

    @Test func `the committed ratings are what the generator makes`() throws {
        let generated = try SampleGenerator(tastes: Self.tastes()).ratingsCSV()

        // Compared as a Boolean: on failure the runner would print half a megabyte.
        let isEqual = try Self.bytes("ratings.csv") == generated
        #expect(isEqual, "run `ledge sample generate --out Models/Sample`")
    }

    @Test func `every ISBN has ten characters and a right check digit`() throws {
        let wrong = try Self.books().filter { ISBN($0.isbn)?.ten != $0.isbn }

        #expect(wrong == [])
    }

    @Test func `some ISBNs begin with 0 and some end in X`() throws {
        let isbns = try Self.books().map(\.isbn)

        #expect(isbns.contains { $0.hasPrefix("0") })
        #expect(isbns.contains { !$0.hasPrefix("0") })
        #expect(isbns.contains { $0.hasSuffix("X") })
    }

    @Test func `an ISBN occurs once, and so does a title of an author`() throws {
        let books = try Self.books()

        #expect(books.count >= 200)
        #expect(Set(books.map(\.isbn)).count == books.count)
        #expect(
            Set(books.map { "\($0.title)\n\($0.author)".lowercased() }).count == books.count)
    }

    @Test func `every book has a title, an author, a publisher and a year of print`() throws {
        let incomplete = try Self.books().filter { book in
            book.title.isEmpty || book.author.isEmpty || book.publisher.isEmpty
                || !(1900...2010).contains(book.year ?? 0)
        }

        #expect(incomplete == [])
    }

    @Test func `a taste has from fifteen to twenty books, each once`() throws {
        for taste in try Self.tastes() {
            #expect((15...20).contains(taste.books.count), "\(taste.id)")
            #expect(Set(taste.books).count == taste.books.count, "\(taste.id)")
        }
    }

    @Test func `there are twelve tastes with names of their own`() throws {
        let tastes = try Self.tastes()

        #expect(tastes.count == 12)
        #expect(Set(tastes.map(\.id)).count == tastes.count)
        #expect(Set(tastes.map(\.name)).count == tastes.count)
    }

    @Test func `tastes and books name the same ISBNs, and some books belong to two`() throws {
        let inTastes = try Self.tastes().flatMap(\.books)
        let isbns = Set(try Self.books().map(\.isbn))

        #expect(Set(inTastes) == isbns)
        #expect(inTastes.count > isbns.count)
    }

    @Test(arguments: [
        "The Hobbit", "Pride and Prejudice", "Dune", "1984", "Murder on the Orient Express",
    ])
    func `the books that everybody knows are there`(title: String) throws {
        #expect(try Self.books().contains { $0.title == title })
    }

    @Test func `readers like the books of their tastes better than others`() throws {
        let tastes = try Self.tastes()
        let ratings = try SampleGenerator(tastes: tastes).ratings()
        let crime = Set(tastes[0].books)

        // Readers of mostly crime, and what they say of crime and of everything else.
        let fans = Dictionary(grouping: ratings, by: \.reader).values.filter { row in
            row.count { crime.contains($0.isbn) } * 2 > row.count
        }
        let rated = fans.joined().filter { $0.rating > 0 }
        let within = rated.filter { crime.contains($0.isbn) }.map(\.rating)
        let without = rated.filter { !crime.contains($0.isbn) }.map(\.rating)

        #expect(fans.count > 50)
        #expect(within.reduce(0, +) * without.count > without.reduce(0, +) * within.count)
    }
}
