import Foundation
import Identifiers
import TestSupport
import Testing
import Training

@Suite struct RatingSplitTests {
    /// Twelve ratings, and a row without one between them; the rating tells the row.
    private static let twelve: Interactions = {
        let ratings: [Float] = [1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        return Interactions(
            readers: ["a", "b"], items: ["x", "y", "z"],
            rowReaders: ratings.indices.map { ReaderIndex($0 % 2) },
            rowItems: ratings.indices.map { ItemIndex($0 % 3) }, rowRatings: ratings)
    }()

    /// The reference orders twelve rows by their hashes as 8, 0, 1, 9, 6, 11, 5, 3, 10, 7, 4, 2.
    @Test func `test and validation rows are the first in the order of the reference's hashes`() {
        let split = RatingSplit(Self.twelve, validationShare: 0.2)

        #expect(Set(split.test.ratings) == [9, 1, 2])
        #expect(Set(split.validation.ratings) == [10, 7, 12])
        #expect(split.training.count == 6)
        #expect(
            split.known.ratings
                == (1...12).map { Float($0) }.filter { !split.test.ratings.contains($0) })
    }

    @Test func `without validation everything but the test is trained on`() {
        let split = RatingSplit(Self.twelve, validationShare: 0)

        #expect(split.validation.count == 0)
        #expect(split.training == split.known)
    }

    @Test(.enabled(if: Places.hasReference, "the reference lies beside the repository"))
    func `the files are those of the reference, repeated rows included`() throws {
        let shared = try #require(Places.shared)
        let directory = try TemporaryDirectory()
        let rows = (0..<400).map { row in (row * 7 % 23, row * row % 17, 1 + row % 9) }
        let text = rows.map { "\($0.1),\($0.0),\(Double($0.2) / 2)\n" }
        try ("book_id,user_id,rating\n" + text.joined()).write(
            toFile: directory.file("ratings.csv"), atomically: true, encoding: .utf8)

        try Places.run(
            "python3", shared.appendingPathComponent("eval/prepare.py").path, "goodbooks",
            directory.file("ratings.csv"), directory.path)

        var (readers, items): ([Int], [Int]) = ([], [])
        for row in rows {
            if !readers.contains(row.0) { readers.append(row.0) }
            if !items.contains(row.1) { items.append(row.1) }
        }
        let interactions = Interactions(
            readers: readers.map { "\($0)" }, items: items.map { "\($0)" },
            rowReaders: rows.map { row in ReaderIndex(readers.firstIndex(of: row.0) ?? 0) },
            rowItems: rows.map { row in ItemIndex(items.firstIndex(of: row.1) ?? 0) },
            rowRatings: rows.map { Float($0.2) / 2 })
        let split = RatingSplit(interactions, validationShare: 0.1)
        for file in RatingSplitFiles(split, of: interactions).files().prefix(2) {
            let expected = try String(contentsOfFile: directory.file(file.name), encoding: .utf8)
            #expect(file.text == expected)
        }
    }
}
