import Identifiers
import Retrieval
import Testing

@Suite struct RecommenderTests {
    private static let rules: [ServingRule] = [
        .nearestReader, .popularity, .readerVote(ReaderVote()),
        .readerVote(ReaderVote(readers: 3, towerWeight: 1, unrated: 0, activity: 0)),
        .readerVote(ReaderVote(towerWeight: 0, sharpness: 2)),
        .itemSum(ItemSum()), .itemSum(ItemSum(locality: 2, damping: 0.5)),
        .foldIn(FoldIn()), .foldIn(FoldIn(unobserved: 0, regularisation: 2, damping: 0.25)),
        .blend([
            BlendPart(weight: 1, rule: .itemSum(ItemSum())),
            BlendPart(weight: 0.5, rule: .readerVote(ReaderVote())),
        ]),
    ]
    private static let personalRules = rules.filter { $0 != .popularity }

    /// Readers who like one colour of the board each lack one field of it.
    @Test(arguments: personalRules, 0..<8)
    func `on a checkerboard the answer begins with the colour that was asked with`(
        rule: ServingRule, first: Int
    ) throws {
        let size = 16
        let liked = [first, (first + 2) % size, (first + 4) % size]

        let answer = try SmallModel.checkerboard(size: size).answer(rule, to: liked, limit: 4)

        #expect(answer.count == 4)
        #expect(answer.items.allSatisfy { $0 % 2 == first % 2 })
    }

    @Test(arguments: rules, [[0], [0, 2, 4], [5, 5, 5], [0, 1, 2, 3, 4, 5, 6, 7]])
    func `nothing is recommended that was asked with, and nothing twice`(
        rule: ServingRule, liked: [Int]
    ) throws {
        let answer = try SmallModel.checkerboard(size: 16).answer(rule, to: liked, limit: 20)

        #expect(Set(answer.items).isDisjoint(with: liked))
        #expect(Set(answer.items).count == answer.count)
        #expect(!answer.isEmpty)
    }

    @Test(arguments: rules, [[1], [0, 2, 4], [3, 3, 9]])
    func `scores fall and reasons are among the items asked with`(
        rule: ServingRule, liked: [Int]
    ) throws {
        let answer = try SmallModel.checkerboard(size: 16).answer(rule, to: liked, limit: 20)

        #expect(zip(answer, answer.dropFirst()).allSatisfy { $0.score >= $1.score })
        #expect(answer.reasons.allSatisfy { liked.contains($0) })
    }

    @Test(arguments: rules)
    func `the same question has the same answer in every model with the same parts`(
        rule: ServingRule
    ) throws {
        let small = SmallModel.checkerboard(size: 32)

        #expect(try small.answer(rule, to: [1, 3, 7]) == small.answer(rule, to: [1, 3, 7]))
    }

    @Test(arguments: rules, [0, 1, 3])
    func `an answer is no longer than asked for`(rule: ServingRule, limit: Int) throws {
        let answer = try SmallModel.checkerboard(size: 16).answer(
            rule, to: [0, 2, 4], limit: limit)

        #expect(answer.count == limit)
    }

    @Test func `what is popular is in the order of the counts, of equals the first`() throws {
        let small = SmallModel(
            items: 4, [[(3, 8), (1, 8)], [(3, 8), (2, 8)], [(3, 5), (0, 0)]])

        #expect(try small.answer(.popularity, to: [0]).items == [3, 1, 2])
    }

    @Test func `a query of more items than a machine word has bits is answered`() throws {
        let small = SmallModel.checkerboard(size: 200)
        let liked = Array(stride(from: 0, to: 160, by: 2))

        let answer = try small.answer(.readerVote(ReaderVote()), to: liked, limit: 5)

        #expect(answer.items.allSatisfy { $0 >= 160 && $0.isMultiple(of: 2) })
    }
}

@Suite struct NearestReaderRuleTests {
    /// One reader, so that the reader is the nearest.
    private func answer(_ ratings: [UInt8], liked: [Int] = [0]) throws -> [Int] {
        let items = 1 + ratings.count
        let rated = ratings.enumerated().map { (item: $0.offset + 1, rating: $0.element) }
        return try SmallModel(items: items, [[(item: 0, rating: 10)] + rated])
            .answer(.nearestReader, to: liked).items
    }

    @Test func `the best rated books come down to the first rating that gives five`() throws {
        #expect(try answer([10, 10, 9, 9, 8, 8, 7]) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `five books of one rating are enough`() throws {
        #expect(try answer([10, 10, 10, 10, 10, 9]) == [1, 2, 3, 4, 5])
    }

    @Test func `ratings count down to six`() throws {
        #expect(try answer([10, 9, 8, 7, 6, 5]) == [1, 2, 3, 4, 5])
    }

    @Test func `fewer than five good books leave only the tens`() throws {
        #expect(try answer([10, 9, 8, 7, 5, 5]) == [1])
    }

    @Test func `the books asked with neither count nor come back`() throws {
        #expect(try answer([10, 10, 10, 10, 10, 9, 9], liked: [0, 1]) == [2, 3, 4, 5, 6, 7])
    }

    @Test func `without readers the answer is empty`() throws {
        var small = SmallModel(items: 1, [])
        small.readerRows = []

        #expect(try small.answer(.nearestReader, to: [0]).isEmpty)
    }
}
