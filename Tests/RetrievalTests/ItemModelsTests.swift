import Identifiers
import JSON
import Kernels
import Retrieval
import Testing

@Suite struct ItemSumTests {
    /// Item 0 shares two readers with 1 and one with 2; item 3 shares two with 2.
    private let small = SmallModel(
        items: 5,
        [
            [(0, 9), (1, 9)], [(0, 9), (1, 9), (2, 9)], [(2, 9), (3, 9)], [(2, 9), (3, 9)],
            [(4, 9)],
        ])

    @Test func `scores are the sums of the rows, reasons what gave most`() throws {
        let answer = try small.answer(.itemSum(ItemSum()), to: [0, 3])

        #expect(answer.prefix(2).map(\.score) == [3, 2])
        #expect(Array(answer.items.prefix(2)) == [2, 1])
        #expect(Array(answer.reasons.prefix(2)) == [3, 0])
    }

    @Test func `damping divides an item's score by a power of its readers`() throws {
        let answer = try small.answer(.itemSum(ItemSum(damping: 2)), to: [0, 3])

        #expect(answer.items.prefix(2) == [1, 2])
        #expect(abs(answer[0].score - 2 / 4) < 1e-6)
        #expect(abs(answer[1].score - 3 / 9) < 1e-6)
    }

    @Test func `a high locality lets one near neighbour outweigh several far ones`() throws {
        let small = SmallModel(
            items: 5,
            [
                [(0, 9), (3, 9)], [(0, 9), (3, 9)], [(0, 9), (4, 9)], [(1, 9), (4, 9)],
                [(2, 9), (4, 9)],
            ])

        #expect(try small.answer(.itemSum(ItemSum()), to: [0, 1, 2]).items.first == 4)
        #expect(
            try small.answer(.itemSum(ItemSum(locality: 2)), to: [0, 1, 2]).items.first == 3)
    }

    @Test func `what nothing speaks for is filled up from what is popular`() throws {
        let answer = try small.answer(.itemSum(ItemSum()), to: [4])

        #expect(answer.items == [2, 0, 1, 3])
        #expect(answer.allSatisfy { $0.score == 0 })
    }
}

@Suite struct FoldInTests {
    private let small = SmallModel(
        items: 6,
        [
            [(0, 9), (1, 9), (2, 9)], [(1, 9), (2, 9), (3, 9)], [(3, 9), (4, 9)], [(0, 9), (5, 9)],
        ])

    /// The system of the definition, solved directly in double precision.
    private func scores(_ liked: [Int], _ rule: FoldIn) throws -> [Double] {
        let d = small.choices.count
        let rows = (0..<small.itemCount).map { item in
            small.choices.map { $0.contains { $0.item == item } ? 1.0 : 0 }
        }
        var system = [Double](repeating: 0, count: d * d)
        for k in 0..<d {
            for l in 0..<d {
                let all = rows.reduce(0) { $0 + $1[k] * $1[l] }
                let chosen = liked.reduce(0) { $0 + rows[$1][k] * rows[$1][l] }
                system[k * d + l] = Double(rule.unobserved) * all + chosen
            }
            system[k * d + k] += Double(rule.regularisation)
        }
        let right = (0..<d).map { k in liked.reduce(0) { $0 + rows[$1][k] } }
        let reader = try #require(CholeskyFactor(system, dimensions: d)).solve(right)
        return rows.map { row in zip(row, reader).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    @Test(arguments: [[0], [0, 4], [1, 3, 3], [0, 1, 2, 3, 4]])
    func `scores are those of the reader who solves the system`(liked: [Int]) throws {
        let rule = FoldIn(unobserved: 0.3, regularisation: 0.7)

        let answer = try small.answer(.foldIn(rule), to: liked)

        let expected = try scores(liked, rule)
        for entry in answer where entry.score > 0 {
            #expect(abs(Double(entry.score) - expected[entry.item.place]) < 1e-5)
        }
        #expect(answer.count { $0.score > 0 } > 0)
    }

    @Test func `an item's reason is the liked one that gave most`() throws {
        let answer = try small.answer(.foldIn(FoldIn()), to: [0, 4])

        let reasons = Dictionary(
            uniqueKeysWithValues: zip(answer.items, answer.reasons))
        #expect(reasons[5] == 0)
        #expect(reasons[3] == 4)
    }

    @Test func `factors so large that sums overflow still give an answer`() throws {
        let huge = ItemFactorsModel(
            ItemFactorsParts(
                dimensions: 4,
                factors: .owned([Float](repeating: .greatestFiniteMagnitude, count: 24)),
                readership: small.itemFactors.parts.readership))

        let answer = try small.answer(.foldIn(FoldIn()), of: .itemFactors(huge), to: [0], limit: 5)

        #expect(answer.count == 5)
        #expect(Set(answer.items).count == 5)
    }
}

@Suite struct RuleAndKindTests {
    private static let small = SmallModel.checkerboard(size: 8)
    private static let kinds: [RankingModel] = [
        .twoTower(small.model), .itemFactors(small.itemFactors),
        .itemNeighbours(small.itemNeighbours),
    ]
    private static let unfit: [(Int, ServingRule)] = [
        (0, .itemSum(ItemSum())), (0, .foldIn(FoldIn())), (1, .nearestReader),
        (1, .itemSum(ItemSum())), (2, .nearestReader), (2, .foldIn(FoldIn())),
        (2, .blend([BlendPart(weight: 1, rule: .foldIn(FoldIn()))])),
    ]

    @Test(arguments: unfit)
    func `a rule that needs another kind of model is refused`(kind: Int, rule: ServingRule) {
        let error = #expect(throws: RetrievalError.self) {
            try Recommender(model: Self.kinds[kind], rule: rule)
        }

        #expect(error?.code == .unknownRule)
    }

    @Test(arguments: 0..<3)
    func `readers vote in a model of every kind`(kind: Int) throws {
        let answer = try Self.small.answer(
            .readerVote(ReaderVote(towerWeight: 0)), of: Self.kinds[kind], to: [0, 2], limit: 2)

        #expect(Set(answer.items) == [4, 6])
    }

    @Test func `a blend of one rule ranks as the rule does`() throws {
        let liked = [1, 3]
        let blend = ServingRule.blend([BlendPart(weight: 2, rule: .itemSum(ItemSum()))])

        let answer = try Self.small.answer(blend, to: liked, limit: 8)

        #expect(
            answer.items
                == (try Self.small.answer(.itemSum(ItemSum()), to: liked, limit: 8)).items)
        #expect(answer.first?.score == 2)
    }
}
