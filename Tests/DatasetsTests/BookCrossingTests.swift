import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct BookCrossingTests {
    private static func read(
        _ files: [String: String], encoding: String.Encoding = .utf8,
        options: DatasetReader.Options = .init()
    ) throws -> Dataset {
        let directory = try TemporaryDirectory()
        for (name, text) in files {
            let bytes = try #require(text.data(using: encoding))
            try bytes.write(to: directory.url.appendingPathComponent(name))
        }
        return try DatasetReader.read(directory: directory.path, options: options)
    }

    /// Each row as reader, key and rating.
    private static func rows(_ dataset: Dataset) -> [String] {
        (0..<dataset.rowCount).map { row in
            let reader = dataset.readers[dataset.rowReaders[row].place]
            let item = dataset.items[dataset.rowItems[row].place].key
            return "\(reader) \(item) \(Int(dataset.rowRatings[row]))"
        }
    }

    private static let books = """
        isbn,title,author,year,publisher
        0345339681,The Hobbit,J. R. R. Tolkien,1986,Del Rey
        0618002219,The Hobbit,J. R. R. TOLKIEN,1999,Houghton Mifflin
        080652121X,"Hitler's Secret Bankers",Adam LeBor,0,Citadel Press
        """

    @Test func `the plain form is read`() throws {
        let dataset = try Self.read([
            "books.csv": Self.books,
            "ratings.csv": "user_id,isbn,rating\n7,0345339681,9\n8,080652121x,0\n",
        ])

        #expect(Self.rows(dataset) == ["7 0345339681 9", "8 080652121X 0"])
        #expect(dataset.items[0].publisher == "Del Rey")
        #expect(dataset.items[1].year == nil)
    }

    @Test func `the first published form has semicolons, backslashes and Latin-1`() throws {
        let dataset = try Self.read(
            [
                "BX-Books.csv": """
                "ISBN";"Book-Title";"Book-Author";"Year-Of-Publication";"Publisher";"Image-URL-S"\r
                "0345339681";"The \\"Hobbit\\" &amp; after";"José";"1986";"Del Rey";"x"\r

                """,
                "BX-Book-Ratings.csv": """
                "User-ID";"ISBN";"Book-Rating"\r
                "276725";"0345339681";"5"\r

                """,
            ], encoding: .isoLatin1)

        #expect(Self.rows(dataset) == ["276725 0345339681 5"])
        #expect(dataset.items[0].title == #"The "Hobbit" & after"#)
        #expect(dataset.items[0].author == "José")
    }

    @Test func `editions of one title and author become the first of them`() throws {
        let dataset = try Self.read([
            "books.csv": Self.books,
            "ratings.csv": "user_id,isbn,rating\n7,0345339681,9\n8,0618002219,8\n",
        ])

        #expect(Self.rows(dataset) == ["7 0345339681 9", "8 0345339681 8"])
        #expect(dataset.aliases.map(\.key) == ["0618002219"])
        #expect(dataset.report.counts[.mergedEdition] == 1)
    }

    private static let editionPairs: [(String, String, Bool)] = [
        ("Jane Eyre,Charlotte Bronte", "Jane Eyre (Bantam Classics),CHARLOTTE BRONTE", true),
        ("Emma (Norton (Critical)),J. Austen", "Emma,J.Austen", true),
        ("\"Jazz: A Novel\",Toni Morrison", "Jazz - a novel,Toni Morrison", true),
        ("Sandman (Vol. 1),Neil Gaiman", "Sandman (Vol. 2),Neil Gaiman", false),
        ("Sandman,Neil Gaiman", "Sandman (Book 2),Neil Gaiman", false),
        ("Emma,Jane Austen", "Emma,Anne Austen", false),
        ("Übermut,A. B.", "Obermut,A. B.", false), ("(Sic),A. B.", "(Sic!),A. B.", true),
        ("(Sic),A. B.", "(Tic),A. B.", false), ("Ah (er,A. B.", "Ah,A. B.", false),
    ]

    @Test(arguments: editionPairs)
    func `additions and punctuation make no other book, numbers and names do`(
        first: String, second: String, isOneBook: Bool
    ) throws {
        let dataset = try Self.read([
            "books.csv": "isbn,title,author\n0345339681,\(first)\n0618002219,\(second)\n",
            "ratings.csv": "user_id,isbn,rating\n7,0345339681,9\n7,0618002219,9\n",
        ])

        #expect(dataset.items.count == (isOneBook ? 1 : 2))
    }

    @Test func `an edition that nobody rated leads to its book`() throws {
        let dataset = try Self.read([
            "books.csv": Self.books, "ratings.csv": "user_id,isbn,rating\n7,0618002219,9\n",
        ])

        #expect(dataset.items.map(\.key) == ["0618002219"])
        #expect(dataset.aliases.map(\.key) == ["0345339681"])
        #expect(dataset.aliases.map(\.item.place) == [0])
    }

    @Test func `thousands of readers keep their own numbers`() throws {
        let rows = (0..<5_000).map { "reader-\($0 * 7_919 % 5_000),0345339681,\($0 % 11)\n" }
        let dataset = try Self.read([
            "books.csv": Self.books, "ratings.csv": "user_id,isbn,rating\n" + rows.joined(),
        ])

        #expect(dataset.readers.count == 5_000)
        #expect(dataset.readers[4_999] == "reader-\(4_999 * 7_919 % 5_000)")
        #expect(dataset.rowReaders.map(\.place) == Array(0..<5_000))
    }

    @Test func `editions stay apart on request`() throws {
        var options = DatasetReader.Options()
        options.mergesEditions = false

        let dataset = try Self.read(
            [
                "books.csv": Self.books,
                "ratings.csv": "user_id,isbn,rating\n7,0345339681,9\n8,0618002219,8\n",
            ], options: options)

        #expect(dataset.items.count == 2)
    }

    @Test func `lost zeros are restored and wrong check digits counted`() throws {
        var options = DatasetReader.Options()
        options.requiresTitles = false

        let dataset = try Self.read(
            ["ratings.csv": "user_id,isbn,rating\n7,345339681,9\n7,12345,8\n"], options: options)

        #expect(Self.rows(dataset) == ["7 0345339681 9", "7 12345 8"])
        #expect(dataset.report.counts[.restoredZeros] == 1)
        #expect(dataset.report.counts[.invalidISBN] == 1)
    }

    @Test func `readers in any order keep their numbers, and an ampersand is only an ampersand`()
        throws
    {
        let dataset = try Self.read([
            "books.csv": """
            isbn,title,author,year,publisher
            0345339681,Bread & Jam,Hoban,-50,Simon & Schuster;
            080652121X,A &amp; B,Hoban,1986-07-01,x
            """,
            "ratings.csv": """
            user_id,isbn,rating
            8,0345339681,9
            8,080652121x,7
            77,0345339681,5
            8,0-345-33968-1,3
            77,080652121X,1
            """,
        ])

        #expect(dataset.readers == ["8", "77"])
        #expect(
            Self.rows(dataset) == [
                "8 0345339681 3", "8 080652121X 7", "77 0345339681 5", "77 080652121X 1",
            ])
        #expect(dataset.items.map(\.title) == ["Bread & Jam", "A & B"])
        #expect(dataset.items.map(\.year) == [-50, 1])
        #expect(dataset.items[0].publisher == "Simon & Schuster;")
    }

    @Test func `bad rows are counted with an example and never fatal`() throws {
        let dataset = try Self.read([
            "books.csv": Self.books,
            "ratings.csv": """
            user_id,isbn,rating
            7,0345339681,9
            7,0345339681,7
            ,0345339681,7
            8,,7
            8,0345339681,11
            8,0345339681,-1
            8,0345339681,five
            8,9999999999,5
            "x"y,0345339681,5
            """,
        ])

        #expect(Self.rows(dataset) == ["7 0345339681 7"])
        #expect(dataset.report.ratingRowsRead == 9)
        #expect(dataset.report.ratingRowsKept == 1)
        #expect(dataset.report.counts[.repeatedPair] == 1)
        #expect(dataset.report.counts[.missingField] == 2)
        #expect(dataset.report.counts[.ratingOutOfRange] == 3)
        #expect(dataset.report.counts[.untitledItem] == 1)
        #expect(dataset.report.counts[.malformedRow] == 1)
        #expect(dataset.report.lines.contains { $0.contains("line 6") })
    }

    @Test func `a gzipped file is unpacked`() throws {
        let directory = try TemporaryDirectory()
        let plain = directory.file("ratings.csv")
        try Data("user_id,isbn,rating\n7,0345339681,9\n".utf8)
            .write(to: URL(fileURLWithPath: plain))
        try Data(Self.books.utf8).write(to: URL(fileURLWithPath: directory.file("books.csv.gz")))
        let gzip = try Process.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: ["gzip", plain])
        gzip.waitUntilExit()

        // The books are no gzip file: that is an error, while a missing file would be none.
        let error = #expect(throws: DatasetError.self) {
            try DatasetReader.read(directory: directory.path)
        }
        #expect(error?.code == .unreadable)

        try FileManager.default.removeItem(atPath: directory.file("books.csv.gz"))
        var options = DatasetReader.Options()
        options.requiresTitles = false
        let dataset = try DatasetReader.read(directory: directory.path, options: options)
        #expect(Self.rows(dataset) == ["7 0345339681 9"])
    }

    @Test func `a directory without ratings is refused with the names that would do`() throws {
        let error = #expect(throws: DatasetError.self) {
            try Self.read(["books.csv": Self.books])
        }

        #expect(error?.code == .fileNotFound)
        #expect(error?.message.contains("BX-Book-Ratings.csv") == true)
    }

    @Test func `a missing column is named beside those that are there`() throws {
        let error = #expect(throws: DatasetError.self) {
            try Self.read(["ratings.csv": "reader,isbn,rating\n1,0345339681,5\n"])
        }

        #expect(error?.code == .missingColumn)
        #expect(error?.message.contains("user_id") == true)
        #expect(error?.message.contains("reader") == true)
    }

    @Test func `a file with a header and nothing else is empty`() throws {
        let error = #expect(throws: DatasetError.self) {
            try Self.read(["ratings.csv": "user_id,isbn,rating\n"])
        }

        #expect(error?.code == .empty)
    }
}
