import Foundation
import Kernels

/// Counts which items occur together and keeps the nearest neighbours of each.
///
/// Each row is summed by one thread in the order of the readers: the result is the same however
/// many processors there are.
package struct ItemNeighboursTrainer {
    /// The weights as compressed sparse rows, each row best first.
    package struct Rows: Sendable, Equatable {
        package var offsets: [Int64] = [0]
        package var neighbours: [Int32] = []
        package var weights: [Float] = []
    }

    private let settings: ItemNeighboursSettings
    private let readers: WeightedRows
    private let items: WeightedRows
    /// |I(r)|^-activity of each reader.
    private let activity: [Float]
    /// n(i)^source and n(i)^target of each item.
    private let source: [Float]
    private let target: [Float]

    /// Items that one thread takes at a time.
    private static let blockItems = 128
    /// How often progress is told.
    private static let waves = 20

    package init(split: ReaderSplit, settings: ItemNeighboursSettings) {
        self.settings = settings
        let rules = split.rules
        readers = WeightedRows(split) { settings.weights.weight(of: $0.rating, rules) }
        items = readers.transposed(count: split.items.count)
        func powers(_ sums: [Float], _ exponent: Float) -> [Float] {
            sums.map { pow(max($0, .leastNormalMagnitude), exponent) }
        }
        activity = powers(readers.sums, -settings.activity)
        let counts = items.sums
        source = powers(counts, settings.source)
        target = powers(counts, settings.target)
    }

    /// - Parameter progress: Is told now and then, on the calling thread; false stops the training.
    /// - Throws: `.cancelled` if progress said so.
    package func train(
        now: () -> ContinuousClock.Instant = { .now }, progress: (TrainingProgress) -> Bool
    ) throws(TrainingError) -> Rows {
        let start = now()
        var rows = Rows()
        for wave in 0..<Self.waves {
            let from = items.count * wave / Self.waves
            let to = items.count * (wave + 1) / Self.waves
            let blocks = ParallelBlocks.ranges(from..<to, size: Self.blockItems)
            for block in ParallelBlocks.map(blocks.count, { neighbours(of: blocks[$0]) }) {
                for row in block {
                    rows.neighbours.append(contentsOf: row.map(\.index))
                    rows.weights.append(contentsOf: row.map(\.score))
                    rows.offsets.append(Int64(rows.neighbours.count))
                }
            }
            let report = TrainingProgress(
                step: wave + 1, of: Self.waves, loss: nil, examples: items.count / Self.waves,
                seconds: (now() - start) / .seconds(1))
            guard progress(report) else {
                throw TrainingError(.cancelled, "the training was stopped at item \(to)")
            }
        }
        return rows
    }

    private func neighbours(of range: Range<Int>) -> [[TopScores.Entry]] {
        var together = [Float](repeating: 0, count: items.count)
        var touched: [Int32] = []
        return range.map { item in
            for place in items.starts[item]..<items.starts[item + 1] {
                let reader = Int(items.places[place])
                let weight = items.weights[place] * activity[reader]
                for other in readers.starts[reader]..<readers.starts[reader + 1] {
                    let neighbour = readers.places[other]
                    if together[Int(neighbour)] == 0 { touched.append(neighbour) }
                    together[Int(neighbour)] += weight * readers.weights[other]
                }
            }
            var top = TopScores(capacity: settings.neighbours)
            for neighbour in touched {
                let count = together[Int(neighbour)]
                together[Int(neighbour)] = 0
                guard Int(neighbour) != item else { continue }
                let scale = source[item] * target[Int(neighbour)] + settings.shrink
                top.offer(count / scale, at: neighbour)
            }
            touched.removeAll(keepingCapacity: true)
            return top.ranked()
        }
    }
}
