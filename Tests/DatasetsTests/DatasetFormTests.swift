import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct DatasetFormTests {
    private static func read(
        _ files: [String: String], forms: [DatasetForm] = DatasetForm.all
    ) throws -> Dataset {
        let directory = try TemporaryDirectory()
        for (name, text) in files {
            try Data(text.utf8).write(to: directory.url.appendingPathComponent(name))
        }
        return try DatasetReader.read(directory: directory.path, forms: forms)
    }

    /// Each row as reader, title and rating.
    private static func rows(_ dataset: Dataset) -> [String] {
        (0..<dataset.rowCount).map { row in
            let reader = dataset.readers[dataset.rowReaders[row].place]
            let item = dataset.items[dataset.rowItems[row].place]
            return "\(reader) \(item.title) \(dataset.rowRatings[row])"
        }
    }

    /// The files of a form, and the rows that they hold.
    struct Sample: CustomTestStringConvertible {
        let name: String
        let files: [String: String]
        let rows: [String]

        var testDescription: String { name }
    }

    private static let samples = [
        Sample(
            name: "Kaggle's Book-Crossing",
            files: [
                "Ratings.csv": "User-ID,ISBN,Book-Rating\r\n276725,034545104X,0\r\n",
                "Books.csv": """
                ISBN,Book-Title,Book-Author,Year-Of-Publication,Publisher,Image-URL-S\r
                034545104X,Flesh Tones,M. J. Rose,2002,Ballantine,http://x/s.jpg\r

                """,
                "Users.csv": "User-ID,Location,Age\r\n276725,\"tyler, texas, usa\",NULL\r\n",
            ], rows: ["276725 Flesh Tones 0.0"]),
        Sample(
            name: "goodbooks-10k, second version",
            files: [
                "ratings.csv": "user_id,book_id,rating\n1,258,5\n1,2,6\n",
                "books.csv": """
                book_id,goodreads_book_id,isbn,isbn13,authors,original_publication_year,title
                258,9,0307269752,9.78030726975e+12,Carlos Ruiz Zafon,2001.0,The Shadow of the Wind
                """,
            ], rows: ["1 The Shadow of the Wind 5.0"]),
        Sample(
            name: "goodbooks-10k, first version",
            files: [
                "ratings.csv": "book_id,user_id,rating\n1,314,5\n",
                "books.csv": """
                id,book_id,isbn,authors,original_publication_year,title
                1,2767052,439023483,Suzanne Collins,2008,The Hunger Games
                """,
            ], rows: ["314 The Hunger Games 5.0"]),
        Sample(
            name: "MovieLens 25M",
            files: [
                "ratings.csv": "userId,movieId,rating,timestamp\n1,296,4.5,1147880044\n",
                "movies.csv": "movieId,title,genres\n296,Pulp Fiction (1994),Crime\n",
            ], rows: ["1 Pulp Fiction (1994) 4.5"]),
        Sample(
            name: "MovieLens 1M",
            files: [
                "ratings.dat": "1::1193::5::978300760\n",
                "movies.dat": "1193::One Flew Over the Cuckoo's Nest (1975)::Drama\n",
            ], rows: ["1 One Flew Over the Cuckoo's Nest (1975) 5.0"]),
        Sample(
            name: "MovieLens 100K",
            files: [
                "u.data": "196\t242\t3\t881250949\n",
                "u.item": "242|Kolya (1996)|24-Jan-1997||http://us.imdb.com|0|0\n",
            ], rows: ["196 Kolya (1996) 3.0"]),
        Sample(
            name: "Echo Nest triplets",
            files: [
                "train_triplets.txt": "b80344d063b5ccb3212f76538f3d9e43d87dca9e\tSOAKIMP12A\t12\n",
                "unique_tracks.txt": "TRMM<SEP>SOAKIMP12A<SEP>Jack \"J\" Johnson<SEP>The Cove\n",
            ], rows: ["b80344d063b5ccb3212f76538f3d9e43d87dca9e The Cove 12.0"]),
        Sample(
            name: "HetRec Last.fm",
            files: [
                "user_artists.dat": "userID\tartistID\tweight\n2\t51\t13883\n",
                "artists.dat":
                    "id\tname\turl\tpictureURL\n51\tDuran \"Duran\"\thttp://x\thttp://y\n",
            ], rows: ["2 Duran \"Duran\" 13883.0"]),
        Sample(
            name: "Last.fm 360K",
            files: [
                "usersha1-artmbid-artname-plays.tsv":
                    "00000c28\t3bd73256\tbetty blowtorch\t2137\n00000c28\t\t\"weird al\"\t7\n"
            ], rows: ["00000c28 betty blowtorch 2137.0", "00000c28 \"weird al\" 7.0"]),
        Sample(
            name: "Last.fm 1K",
            files: [
                "userid-timestamp-artid-artname-traid-traname.tsv":
                    "u1\t2009\tf1b1\tDeep Dish\t\tFuck Me\nu1\t2008\tf1b1\tDeep Dish\t\tX\n"
            ], rows: ["u1 Deep Dish 2.0"]),
    ]

    @Test(arguments: samples)
    func `a data set is read as people have it`(sample: Sample) throws {
        #expect(Self.rows(try Self.read(sample.files)) == sample.rows)
    }

    @Test func `a book of goodbooks is found by its ISBNs`() throws {
        let sample = try #require(Self.samples.first { $0.name.hasSuffix("second version") })

        let dataset = try Self.read(sample.files)

        // The number of thirteen digits went through a float and lost some: it is none any more.
        #expect(dataset.aliases.map(\.key) == ["0307269752"])
        #expect(dataset.items[0].year == 2001)
        #expect(dataset.report.counts[.ratingOutOfRange] == 1)
    }

    @Test func `a picture's address is kept if it is one of the web`() throws {
        let sample = try #require(Self.samples.first)

        #expect(try Self.read(sample.files).items[0].image == "http://x/s.jpg")
    }

    @Test func `a file of one's own needs the names of its columns`() throws {
        let form = try DatasetForm.own(
            file: "log.csv",
            columns: ["reader": "who", "item": "what", "rating": "stars", "title": "name"])

        let dataset = try Self.read(
            ["log.csv": "stars,who,what,name\n4,ann,x1,Emma\n"], forms: [form])

        #expect(Self.rows(dataset) == ["ann Emma 4.0"])
        #expect(dataset.items[0].key == "x1")
    }

    @Test(arguments: [["reader": "a"], ["item": "a"], ["reader": "a", "item": "b", "age": "c"]])
    func `a role that is missing or unknown is refused`(columns: [String: String]) {
        let error = #expect(throws: DatasetError.self) {
            try DatasetForm.own(file: "x.csv", columns: columns)
        }

        #expect(error?.code == .missingColumn)
    }

    @Test func `a known name with unknown columns is refused with the columns that are there`() {
        let error = #expect(throws: DatasetError.self) {
            try Self.read(["ratings.csv": "who,what,stars\na,b,3\n"])
        }

        #expect(error?.code == .missingColumn)
        #expect(error?.message.contains("stars") == true)
    }

    @Test func `a directory that is none is refused`() {
        let error = #expect(throws: DatasetError.self) {
            try DatasetReader.read(directory: "/nowhere/at/all")
        }

        #expect(error?.code == .fileNotFound)
    }
}
