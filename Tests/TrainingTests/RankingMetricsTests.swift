import Foundation
import Identifiers
import JSON
import TestSupport
import Testing
import Training

@Suite struct RankingMetricsTests {
    private func query(_ reader: Int, draw: Int = 0, hidden: [Int]) -> HeldOutQuery {
        HeldOutQuery(
            reader: reader, draw: draw, items: [97, 98, 99].map { ItemIndex($0) },
            hidden: hidden.map { ItemIndex($0) })
    }

    private func answer(_ items: some Sequence<Int>) -> [ItemIndex] { items.map { ItemIndex($0) } }

    /// What the reference's `score` printed for the same answers.
    @Test func `the figures are those of the reference to the last digit`() {
        var queries: [HeldOutQuery] = []
        var answers: [[ItemIndex]] = []
        let lengths = [20, 7, 0, 20, 12]
        for reader in 0..<5 {
            for draw in 0..<2 {
                var hidden: [Int] = []
                for j in 0..<1 + (reader * 7 + draw * 3) % 24 {
                    let item = (reader * 31 + draw * 17 + j * j * 5 + j) % 97
                    if !hidden.contains(item) { hidden.append(item) }
                }
                queries.append(query(reader, draw: draw, hidden: hidden))
                answers.append(
                    answer((0..<lengths[reader]).map { (reader * 13 + draw * 29 + $0 * 11) % 97 }))
            }
        }

        let metrics = RankingMetrics(answers: answers, to: queries, itemCount: 100)

        let expected: JSONObject = [
            "recall@10": 0.1475, "recall@20": 0.1625, "ndcg@10": 0.1394, "hit@10": 0.4,
            "ci95_ndcg@10": 0.181, "ci95_recall@10": 0.1771, "coverage@10": 0.65,
            "mean_len@10": 7.4, "test_users": 5, "queries": 10,
        ]
        #expect(metrics.json == expected)
    }

    @Test func `all hidden items in front are a perfect answer`() {
        let metrics = RankingMetrics(
            answers: [answer([3, 1, 2, 9])], to: [query(0, hidden: [1, 2, 3])], itemCount: 10)

        #expect(metrics.ndcgAt10 == 1)
        #expect(metrics.recallAt10 == 1)
        #expect(metrics.ndcgConfidence == 0)
    }

    @Test(arguments: [(9, 1.0), (10, 0.0)])
    func `the tenth place counts and the eleventh does not`(place: Int, hits: Double) {
        var items = Array(20..<40)
        items[place] = 1

        let metrics = RankingMetrics(
            answers: [answer(items)], to: [query(0, hidden: [1])], itemCount: 100)

        #expect(metrics.hitRateAt10 == hits)
        #expect(metrics.recallAt20 == 1)
    }

    @Test func `readers weigh the same however many draws they have`() {
        let queries = [
            query(0, hidden: [1]), query(1, hidden: [2]), query(1, draw: 1, hidden: [3]),
        ]

        let metrics = RankingMetrics(
            answers: [answer([1]), answer([5]), answer([5])], to: queries, itemCount: 10)

        #expect(metrics.ndcgAt10 == 0.5)
        #expect(metrics.readerCount == 2)
    }

    @Test func `no queries give zeros and no number that is none`() {
        let metrics = RankingMetrics(answers: [], to: [], itemCount: 0)

        #expect(metrics.ndcgAt10 == 0 && metrics.coverageAt10 == 0 && metrics.ndcgConfidence == 0)
    }

    private static let askReference = """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        import common
        answers, queries = json.load(open(sys.argv[2]))
        print(json.dumps(common.score(answers, [tuple(query) for query in queries], 500)))
        """

    @Test(
        .enabled(
            if: Places.hasNumericReference, "needs shared/ beside the repository and Python's numpy"
        )
    )
    func `a thousand answers score what common.py gives them, if shared is there`() throws {
        let shared = try #require(Places.shared)
        var random = SplitMix64(seed: 5)
        func items(_ count: Int) -> [Int] {
            Array((0..<500).shuffled(using: &random).prefix(count))
        }
        let queries = (0..<1_000).map { place in
            let all = items(4 + random.below(40))
            return HeldOutQuery(
                reader: place / 3, draw: place % 3, items: answer(all.prefix(3)),
                hidden: answer(all.dropFirst(3)))
        }
        let answers = queries.map { query in
            answer(query.hidden.prefix(random.below(4)).map(\.place) + items(random.below(18)))
        }
        let directory = try TemporaryDirectory()
        let file = directory.file("answers.json")
        let text: JSONValue = [
            .array(answers.map { .array($0.map { JSONValue($0.place) }) }),
            .array(
                queries.map { query in
                    [
                        JSONValue(query.reader), JSONValue(query.draw),
                        .array(query.items.map { JSONValue($0.place) }),
                        .array(query.hidden.map { JSONValue($0.place) }),
                    ]
                }),
        ]
        try Data(text.encoded()).write(to: URL(fileURLWithPath: file))

        let metrics = RankingMetrics(answers: answers, to: queries, itemCount: 500)

        let printed = try Places.run(
            "python3", "-B", "-c", Self.askReference, shared.appendingPathComponent("eval").path,
            file)
        let reference = try #require(try JSONValue(parsing: [UInt8](printed)).objectValue)
        #expect(metrics.json == reference)
    }
}
