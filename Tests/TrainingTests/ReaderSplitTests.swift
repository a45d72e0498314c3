import Foundation
import Identifiers
import TestSupport
import Testing
import Training

@Suite struct ReaderSplitTests {
    private static let rules = ReaderSplit.Rules(likedRatingMin: 5, draws: 2)

    private func file(_ name: String, of split: ReaderSplit) -> String {
        split.files().first { $0.name == name }?.text ?? ""
    }

    /// FNV-1a of 64 bits.
    private func fingerprint(of text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// What prepare.py wrote for the same rows.
    @Test func `the training pairs of the small split are those of the reference`() {
        let split = ReaderSplit(.small, rules: Self.rules)

        let text = file("train.tsv", of: split)

        #expect(text.hasPrefix("0\t0\t10\n0\t1\t6\n0\t2\t9\n"))
        #expect(text.utf8.count == 654)
        #expect(fingerprint(of: text) == 0xF134_26C6_F46C_4BDE)
        #expect(
            split.items == [
                "i10", "i2", "i4", "i14", "i1", "i8", "i0", "i5", "i13", "i15", "i12", "i6", "i3",
                "i7", "i9", "i16", "i11",
            ])
    }

    /// What prepare.py wrote for the same rows.
    @Test func `the queries of the small split are those of the reference`() {
        let split = ReaderSplit(.small, rules: Self.rules)

        #expect(
            file("valid.queries.tsv", of: split) == """
                0\t0\t11,12,16\t0,6,3
                0\t1\t3,12,11\t6,16,0
                1\t0\t3,13,14\t1,2
                1\t1\t3,1,2\t13,14
                2\t0\t1,4,8\t15,11
                2\t1\t11,8,1\t4,15

                """)
        #expect(
            file("test.queries.tsv", of: split) == """
                0\t0\t14,13,3\t0,2
                0\t1\t14,0,3\t2,13
                1\t0\t2,10,9\t4,5
                1\t1\t5,2,4\t9,10
                3\t0\t1,8,11\t0,16
                3\t1\t0,16,1\t8,11
                4\t0\t6,10,13\t0,11,7
                4\t1\t0,10,6\t13,11,7
                5\t0\t0,13,8\t6,2
                5\t1\t8,0,13\t2,6
                6\t0\t9,16,1\t12,7
                6\t1\t16,7,12\t9,1
                7\t0\t3,15,8\t13,14
                7\t1\t3,8,14\t15,13

                """)
    }

    @Test func `nobody who is asked about is trained on`() {
        let interactions = Interactions.tastes
        let split = ReaderSplit(interactions, rules: Self.rules)

        let asked = Set(split.test.map(\.reader)).count + Set(split.validation.map(\.reader)).count
        #expect(asked > 20)
        #expect(split.readers.count + asked <= interactions.readers.count)
        #expect(Set(split.readers).count == split.readers.count)
        #expect(split.pairs.map(\.reader.place).max() == split.readers.count - 1)
    }

    @Test func `what training readers had without rating it is kept apart`() {
        let interactions = Interactions.tastes
        let split = ReaderSplit(interactions, rules: Self.rules)
        let training = Set(split.readers)

        let expected = (0..<interactions.rowCount).count { row in
            interactions.rowRatings[row] == 0
                && training.contains(interactions.readers[interactions.rowReaders[row].place])
        }

        #expect(expected > 0)
        #expect(split.unratedPairs.count == expected)
        #expect(split.pairs.allSatisfy { $0.rating >= 5 })
    }

    @Test(arguments: [(4, 0), (5, 2)])
    func `a reader is asked about from five liked items on`(liked: Int, queries: Int) {
        // A hundred readers who like the same items; their roles follow from their names.
        let rows = (0..<100).flatMap { reader in
            (0..<liked).map { ("r\(reader)", "i\($0)", Float(5)) }
        }

        let split = ReaderSplit(Interactions(rows: rows), rules: Self.rules)

        #expect(split.test.filter { $0.reader == 0 }.count == queries)
        #expect(split.test.allSatisfy { $0.items.count == 3 && $0.hidden.count == liked - 3 })
    }

    @Test(
        .enabled(
            if: Places.hasReference, "needs shared/ with data and prepare.py beside the repository")
    )
    func `Book-Crossing is split as prepare.py splits it, if shared is there`() throws {
        let shared = try #require(Places.shared)
        let ratings = shared.appendingPathComponent("data/book-crossing/ratings.csv.gz").path
        let script = shared.appendingPathComponent("eval/prepare.py").path
        let expected = try TemporaryDirectory()
        try Places.run("python3", "-B", script, "bookcrossing", ratings, expected.path)

        let split = ReaderSplit(try rawInteractions(ratings), rules: Self.rules)

        for (name, text) in split.files() {
            let reference = try Data(contentsOf: URL(fileURLWithPath: expected.file(name)))
            #expect(Data(text.utf8) == reference, "\(name) differs")
        }
    }

    /// The rows as they stand in the file, with no ISBN cleaned; the file has no quotes.
    private func rawInteractions(_ path: String) throws -> Interactions {
        let text = String(decoding: try Places.run("gzip", "-dc", path), as: UTF8.self)
        return Interactions(
            rows: text.split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split(separator: ",")
                return Float(fields[2]).map { (String(fields[0]), String(fields[1]), $0) }
            })
    }
}
