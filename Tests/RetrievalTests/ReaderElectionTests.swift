import Foundation
import Identifiers
import Retrieval
import Testing

@Suite struct ReaderElectionTests {
    private static let plain = ReaderVote(
        readers: 100, towerWeight: 0, unrated: 0.5, rarity: 0, activity: 0, damping: 0,
        sharpness: 1)

    /// A vote with one setting changed.
    private func vote(_ change: (inout ReaderVote) -> Void) -> ServingRule {
        var vote = Self.plain
        change(&vote)
        return .readerVote(vote)
    }

    @Test func `scores are those of the definition`() throws {
        let small = SmallModel(
            items: 5, [[(0, 9), (1, 9), (3, 9)], [(1, 8), (3, 8), (4, 0)], [(2, 7), (4, 7)]])
        let rule = ServingRule.readerVote(
            ReaderVote(
                readers: 9, towerWeight: 0, unrated: 0.5, rarity: 0.5, activity: 1, damping: 0.5,
                sharpness: 2))
        let rare = pow(2.0, -0.5)
        let (first, second) = (pow((1 + rare) / 3, 2), pow(rare / 3, 2))

        let answer = try small.answer(rule, to: [0, 1])

        #expect(answer.items == [3, 4, 2])
        #expect(abs(Double(answer[0].score) - (first + second) * rare) < 1e-6)
        #expect(abs(Double(answer[1].score) - second * 0.5 * rare) < 1e-6)
        #expect(answer[2].score == 0)
    }

    @Test func `only so many readers vote, the nearest first`() throws {
        let small = SmallModel(
            items: 5, [[(0, 9), (3, 9)], [(0, 9), (1, 9), (4, 9)]])

        let answer = try small.answer(vote { $0.readers = 1 }, to: [0, 1])

        #expect(answer.first?.item.place == 4)
        #expect(answer.items.firstIndex(of: 3).map { answer[$0].score } == 0)
    }

    @Test func `a reader with many items counts less if activity does`() throws {
        let small = SmallModel(
            items: 5, [[(0, 9), (1, 9), (2, 9), (3, 9)], [(0, 9), (4, 9)]])

        #expect(try small.answer(vote { $0.activity = 0 }, to: [0]).items.first == 1)
        #expect(try small.answer(vote { $0.activity = 1 }, to: [0]).items.first == 4)
    }

    @Test func `what everybody has counts less if damping does`() throws {
        let small = SmallModel(
            items: 4,
            [[(0, 9), (1, 9), (3, 9)], [(1, 9)], [(1, 9)], [(0, 9), (1, 9), (2, 0)]])

        #expect(try small.answer(vote { $0.damping = 0 }, to: [0]).items.first == 1)
        #expect(try small.answer(vote { $0.damping = 1 }, to: [0]).items.first == 3)
    }

    @Test func `an item that few have says more about a reader if rarity counts`() throws {
        let small = SmallModel(
            items: 5, [[(0, 9), (3, 9)], [(1, 9), (4, 9)], [(0, 9)], [(0, 9)]])

        #expect(try small.answer(vote { $0.rarity = 0 }, to: [0, 1]).items.first == 3)
        #expect(try small.answer(vote { $0.rarity = 1 }, to: [0, 1]).items.first == 4)
    }

    @Test func `an item without a rating counts as much as the vote says`() throws {
        let small = SmallModel(items: 3, [[(0, 9), (1, 9), (2, 0)]])

        let answer = try small.answer(vote { $0.unrated = 0.25 }, to: [0])

        #expect(answer.items == [1, 2])
        #expect(answer.map(\.score) == [1, 0.25])
    }

    @Test func `readers who share nothing vote only through the tower`() throws {
        var small = SmallModel(items: 3, [[(1, 9)], [(2, 9)]])
        small.itemRows = [[1, 0], [0, 1], [0, 1]]
        small.readerRows = [[-1, 0], [1, 0.5]]

        let without = try small.answer(vote { $0.towerWeight = 0 }, to: [0])
        let with = try small.answer(vote { $0.towerWeight = 0.5 }, to: [0])

        #expect(without.map(\.score) == [0, 0])
        #expect(with.items == [2, 1])
        #expect(with[0].score > 0 && with[1].score == 0)
    }

    @Test func `the reason is the liked item that the voters of an item share most`() throws {
        let small = SmallModel(
            items: 4, [[(0, 9), (2, 9)], [(1, 9), (3, 9)], [(1, 9), (3, 9)]])

        let answer = try small.answer(.readerVote(Self.plain), to: [0, 1])

        #expect(answer.items == [3, 2])
        #expect(answer.reasons == [1, 0])
    }

    @Test func `items with equal votes come in the order of their indices`() throws {
        let small = SmallModel(items: 5, [[(4, 9), (0, 9), (2, 9), (3, 9), (1, 9)]])

        #expect(try small.answer(.readerVote(Self.plain), to: [0]).items == [1, 2, 3, 4])
    }

    /// Every reader is looked at here, where the election leaves out whom it can.
    @Test(arguments: [0.001, 0.05, 1, 20] as [Float], 1...6)
    func `the towers let vote whom a look at every reader would`(
        towerWeight: Float, seed: Int
    ) throws {
        let (readers, items, d) = (300, 40, 5)
        func number(_ place: Int) -> Float { Float(sin(Double(place + seed * 7_919) * 78.233)) }
        var small = SmallModel(
            items: items,
            (0..<readers).map { reader in
                Set((0..<3).map { abs(Int(number(reader * 3 + $0) * 1e6)) % items }).sorted()
                    .map { (item: $0, rating: 9) }
            })
        small.itemRows = (0..<items).map { item in
            (0..<d).map { number(item * d + $0 + 10_000) }
        }
        small.readerRows = (0..<readers).map { reader in
            (0..<d).map { number(reader * d + $0 + 20_000) * Float(1 + reader % 9) }
        }
        let liked = [1, 2, 3]

        let answer = try small.answer(
            vote {
                $0.readers = 12
                $0.towerWeight = towerWeight
            }, to: liked)

        let expected = try expectedScores(small, liked, towerWeight: towerWeight, voters: 12)
        #expect(answer.count == 10)
        for ranked in answer {
            #expect(abs(Double(ranked.score) - expected[ranked.item.place]) < 1e-4)
        }
        #expect(
            abs((expected.max() ?? 0) - Double(answer[0].score)) < 1e-4,
            "the best item by the definition is the best of the answer")
    }

    /// The definition in double precision, with the settings of `plain` and a tower.
    private func expectedScores(
        _ small: SmallModel, _ liked: [Int], towerWeight: Float, voters: Int
    ) throws -> [Double] {
        let (items, readers) = (try #require(small.itemRows), try #require(small.readerRows))
        let query = items[0].indices.map { k in
            liked.reduce(0.0) { $0 + Double(items[$1][k]) } / Double(liked.count)
        }
        func length(_ row: [Double]) -> Double { row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let similarity = readers.indices.map { reader in
            let row = readers[reader].map(Double.init)
            let cosine =
                zip(row, query).reduce(0) { $0 + $1.0 * $1.1 } / length(row) / length(query)
            let shared = small.choices[reader].count { liked.contains($0.item) }
            return Double(shared) + Double(towerWeight) * max(0, cosine)
        }
        var scores = [Double](repeating: 0, count: items.count)
        let elected = similarity.indices.sorted { similarity[$0] > similarity[$1] }.prefix(voters)
        for reader in elected {
            for choice in small.choices[reader] where !liked.contains(choice.item) {
                scores[choice.item] += similarity[reader]
            }
        }
        return scores
    }
}
