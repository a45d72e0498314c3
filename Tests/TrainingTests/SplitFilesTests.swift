import TestSupport
import Testing
import Training

@Suite struct SplitFilesTests {
    private let split = ReaderSplit(.small, rules: .init(likedRatingMin: 5, draws: 2))

    private func write(
        _ split: ReaderSplit, replacing changes: [String: String] = [:]
    ) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for (name, text) in split.files() {
            try (changes[name] ?? text).write(
                toFile: directory.file(name), atomically: true, encoding: .utf8)
        }
        return directory
    }

    @Test func `a split that was written is read back as it was`() throws {
        let directory = try write(split)

        let files = try SplitFiles(directory: directory.path)

        #expect(files.items == split.items)
        #expect(files.test == split.test)
        #expect(files.validation == split.validation)
        #expect(files.itemCounts.reduce(0, +) == split.pairs.count)
    }

    @Test
    func `half stars and counts are written as C's %g does`() throws {
        let ratings: [Float] = [4.5, 352_698, 1_500_000]
        let rows = (0..<10).flatMap { reader in
            ratings.map { ("r\(reader)", "i\($0)", $0) }
        }
        let split = ReaderSplit(
            Interactions(rows: rows), rules: .init(likedRatingMin: 1, draws: 1))

        let train = try #require(split.files().first { $0.name == "train.tsv" }).text

        #expect(train.hasPrefix("0\t0\t4.5\n0\t1\t352698\n0\t2\t1.5e+06\n"))
    }

    @Test(arguments: [
        ("items.tsv", "1\tx\n"), ("items.tsv", "0\n"), ("train.tsv", "0\t17\t5\n"),
        ("train.tsv", "0\t-1\t5\n"), ("test.queries.tsv", "0\t0\t1,2,3\t17\n"),
        ("test.queries.tsv", "x\t0\t1,2,3\t4\n"), ("test.queries.tsv", "0\t0\t1,2,3\t\n"),
        ("valid.queries.tsv", "0\t0\t\t4\n"), ("valid.queries.tsv", "0\t0\t1,2,3\n"),
    ])
    func `a line that belongs to no split is refused`(file: String, line: String) throws {
        let directory = try write(split, replacing: [file: line])

        let error = #expect(throws: TrainingError.self) {
            try SplitFiles(directory: directory.path)
        }

        #expect(error?.code == .badSplit)
    }

    @Test func `a directory without a split is refused with the name of the file`() throws {
        let directory = try TemporaryDirectory()

        let error = #expect(throws: TrainingError.self) {
            try SplitFiles(directory: directory.path)
        }

        #expect(error?.message.contains("items.tsv") == true)
    }
}
