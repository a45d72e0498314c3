import Foundation
import Kernels
import TestSupport
import Testing

/// A table and queries in which the answer is anything but obvious.
struct QuantizedCase: CustomTestStringConvertible {
    let name: String
    let rows: Int
    let value: @Sendable (_ row: Int, _ dimension: Int, _ chance: inout SeededGenerator) -> Float

    var testDescription: String { name }

    func table(_ dimensions: Int, _ chance: inout SeededGenerator) -> [Float] {
        (0..<rows * dimensions).map { value($0 / dimensions, $0 % dimensions, &chance) }
    }

    static let all = [
        QuantizedCase(name: "random", rows: 150) { _, _, chance in
            Float.random(in: -1...1, using: &chance)
        },
        QuantizedCase(name: "one row", rows: 1) { _, _, chance in
            Float.random(in: -1...1, using: &chance)
        },
        QuantizedCase(name: "a block and one row", rows: 65) { _, _, chance in
            Float.random(in: -1...1, using: &chance)
        },
        QuantizedCase(name: "constant", rows: 300) { _, _, _ in 0.37 },
        QuantizedCase(name: "zero", rows: 130) { _, _, _ in 0 },
        QuantizedCase(name: "one giant", rows: 300) { row, _, chance in
            Float.random(in: -1...1, using: &chance) * (row == 77 ? 1e9 : 1e-3)
        },
        QuantizedCase(name: "tiny", rows: 300) { _, _, chance in
            Float.random(in: -1...1, using: &chance) * 1e-30
        },
        QuantizedCase(name: "below the normal numbers", rows: 300) { _, _, chance in
            Float.random(in: -1...1, using: &chance) * Float.leastNonzeroMagnitude * 999
        },
        QuantizedCase(name: "huge", rows: 300) { _, _, chance in
            Float.random(in: -1...1, using: &chance) * 1e17
        },
        QuantizedCase(name: "all positive and alike", rows: 400) { row, _, chance in
            1 + Float(row % 3) * 1e-6 + Float.random(in: 0...1e-7, using: &chance)
        },
        QuantizedCase(name: "many equal rows", rows: 500) { row, dimension, _ in
            Float((row % 7) * 31 % 5) - Float(dimension % 3)
        },
        QuantizedCase(name: "largest codes", rows: 200) { row, dimension, _ in
            (row + dimension) % 2 == 0 ? 1 : -1
        },
        QuantizedCase(name: "one dimension in use", rows: 300) { row, dimension, _ in
            dimension == 0 ? Float(row % 50) : 0
        },
    ]
}

/// The plain scan: every row scored, the best kept.
private func scan(_ rows: [Float], _ query: [Float], limit: Int) -> [TopScores.Entry] {
    var top = TopScores(capacity: limit)
    rows.withUnsafeBufferPointer { rows in
        query.withUnsafeBufferPointer { query in
            guard let start = rows.baseAddress, let first = query.baseAddress else { return }
            for row in 0..<rows.count / query.count {
                let score = VectorKernels.dot(first, start + row * query.count, query.count)
                top.offer(score, at: Int32(row))
            }
        }
    }
    return top.ranked()
}

/// A table, some queries for it, and both ways to the answer.
private struct Trial {
    let rows: [Float]
    let queries: [[Float]]
    let table: QuantizedRows

    init(_ kind: QuantizedCase, dimensions: Int) {
        var chance = SeededGenerator(seed: UInt64(dimensions))
        let rows = kind.table(dimensions, &chance)
        // Some are rows themselves: the ones that a bound is closest to.
        queries =
            (0..<3).map { number in
                let row = Int.random(in: 0..<kind.rows, using: &chance)
                return (0..<dimensions).map { dimension in
                    let noise = Float.random(in: -1...1, using: &chance)
                    return number == 0 ? noise : rows[row * dimensions + dimension]
                }
            } + [[Float](repeating: 0, count: dimensions)]
        self.rows = rows
        table = rows.withUnsafeBufferPointer { QuantizedRows($0, dimensions: dimensions) }
    }

    func found(
        _ query: [Float], limit: Int, excluding excluded: [Int32] = [], _ form: KernelForm
    ) -> [TopScores.Entry] {
        rows.withUnsafeBufferPointer {
            table.top(limit, of: query, in: $0, excluding: excluded, form: form)
        }
    }
}

struct QuantizedRowsTests {
    @Test(arguments: 1...256)
    func `rows, scores and order are those of a plain scan at every width`(dimensions: Int) {
        let trial = Trial(QuantizedCase.all[0], dimensions: dimensions)

        for query in trial.queries {
            let expected = scan(trial.rows, query, limit: 10)
            #expect(trial.found(query, limit: 10, .plain) == expected)
            #expect(trial.found(query, limit: 10, .best) == expected)
        }
    }

    @Test(arguments: QuantizedCase.all, [1, 7, 24, 33, 100])
    func `rows, scores and order are those of a plain scan for every kind of table`(
        kind: QuantizedCase, dimensions: Int
    ) {
        let trial = Trial(kind, dimensions: dimensions)

        for query in trial.queries {
            let expected = scan(trial.rows, query, limit: 10)
            #expect(trial.found(query, limit: 10, .plain) == expected)
            #expect(trial.found(query, limit: 10, .best) == expected)
        }
    }

    @Test(arguments: [1, 2, 64, 300, 5_000])
    func `any number of rows can be asked for`(limit: Int) {
        let trial = Trial(QuantizedCase.all[0], dimensions: 24)

        let found = trial.found(trial.queries[0], limit: limit, .best)

        #expect(found == scan(trial.rows, trial.queries[0], limit: limit))
        #expect(found.count == min(limit, 150))
    }

    @Test func `an excluded row makes room for the next one`() {
        let trial = Trial(QuantizedCase.all[0], dimensions: 24)
        let all = scan(trial.rows, trial.queries[0], limit: 12)

        let found = trial.found(
            trial.queries[0], limit: 10, excluding: [all[0].index, all[5].index], .best)

        #expect(
            found == all.enumerated().filter { $0.offset != 0 && $0.offset != 5 }.map(\.element))
    }

    @Test func `queries together are answered as one by one`() {
        let trial = Trial(QuantizedCase.all[0], dimensions: 24)

        let together = trial.rows.withUnsafeBufferPointer {
            trial.table.top(10, ofEach: trial.queries, in: $0)
        }

        #expect(together == trial.queries.map { trial.found($0, limit: 10, .best) })
    }

    @Test(arguments: [1, 2, 5])
    func `several threads find what one finds`(threads: Int) {
        let trial = Trial(
            QuantizedCase(name: "random", rows: 9_000) { _, _, chance in
                Float.random(in: -1...1, using: &chance)
            }, dimensions: 24)

        let found = trial.table.top(10, of: trial.queries[1], in: trial.rows, threads: threads)

        #expect(found == scan(trial.rows, trial.queries[1], limit: 10))
    }

    @Test func `more survivors than the buffer holds are scored on the way`() {
        let kind = QuantizedCase(name: "alike", rows: 4_000) { _, _, chance in
            1 + Float.random(in: 0...1e-6, using: &chance)
        }
        let trial = Trial(kind, dimensions: 8)

        #expect(
            trial.found(trial.queries[1], limit: 10, .best)
                == scan(trial.rows, trial.queries[1], limit: 10))
    }

    @Test func `a weight multiplies the score of its row`() {
        let trial = Trial(QuantizedCase.all[0], dimensions: 24)
        let weights = (0..<150).map { Float($0 % 13 + 1) * 0.37 }
        let table = trial.rows.withUnsafeBufferPointer {
            QuantizedRows($0, dimensions: 24, weights: weights)
        }

        let found = trial.rows.withUnsafeBufferPointer {
            table.top(10, of: trial.queries[0], in: $0)
        }

        var expected = TopScores(capacity: 10)
        for entry in scan(trial.rows, trial.queries[0], limit: 150) {
            expected.offer(weights[Int(entry.index)] * entry.score, at: entry.index)
        }
        #expect(found == expected.ranked())
    }

    @Test func `rows at the floor are found, and no better one is lost`() {
        let trial = Trial(QuantizedCase.all[0], dimensions: 24)
        let all = scan(trial.rows, trial.queries[0], limit: 10)

        let found = trial.rows.withUnsafeBufferPointer {
            trial.table.top(10, of: trial.queries[0], in: $0, atLeast: all[4].score)
        }

        #expect(Array(found.prefix(5)) == Array(all.prefix(5)))
    }

    @Test func `an empty table has no rows to give`() {
        let table = [Float]().withUnsafeBufferPointer { QuantizedRows($0, dimensions: 4) }

        let found = [Float]().withUnsafeBufferPointer { table.top(3, of: [1, 2, 3, 4], in: $0) }

        #expect(found == [])
    }
}
