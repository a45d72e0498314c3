import Foundation
import Identifiers
import Testing
import Training

@Suite struct ItemNeighboursTrainerTests {
    private let split = ReaderSplit(.tastes, rules: .init(likedRatingMin: 5, draws: 2))

    private static let cases: [ItemNeighboursSettings] = {
        var cosine = ItemNeighboursSettings()
        cosine.activity = 0
        var walk = ItemNeighboursSettings()
        (walk.activity, walk.source, walk.target, walk.shrink) = (1, 1, 0.6, 0)
        var graded = ItemNeighboursSettings()
        (graded.weights.grade, graded.weights.disliked, graded.weights.unrated) = (1.5, 0.5, 0.25)
        return [cosine, walk, graded]
    }()

    /// w(r, i) of every reader and item, by the definition.
    private func weights(_ settings: ItemNeighboursSettings) -> [[Double]] {
        var weights = [[Double]](
            repeating: [Double](repeating: 0, count: split.items.count), count: split.readers.count)
        for pair in split.pairs + split.unlikedPairs {
            let graded = pow(Double(pair.rating) / 5, Double(settings.weights.grade))
            let weight =
                pair.rating == 0
                ? Double(settings.weights.unrated)
                : graded * (pair.rating < 5 ? Double(settings.weights.disliked) : 1)
            weights[pair.reader.place][pair.item.place] = weight
        }
        return weights
    }

    @Test(arguments: cases)
    func `the weights are those of the definition`(settings: ItemNeighboursSettings) throws {
        let rows = try ItemNeighboursTrainer(split: split, settings: settings).train { _ in true }

        let w = weights(settings)
        let items = split.items.indices
        let itemSums = items.map { item in w.reduce(0) { $0 + $1[item] } }
        let activity = w.map { pow($0.reduce(0, +), -Double(settings.activity)) }
        for q in items {
            let range = Int(rows.offsets[q])..<Int(rows.offsets[q + 1])
            var found: [Int32: Float] = [:]
            for place in range { found[rows.neighbours[place]] = rows.weights[place] }
            #expect(found.count == range.count)
            for i in items where i != q {
                let together = w.indices.reduce(0) { $0 + activity[$1] * w[$1][q] * w[$1][i] }
                let scale =
                    pow(itemSums[q], Double(settings.source))
                    * pow(itemSums[i], Double(settings.target)) + Double(settings.shrink)
                #expect(abs(Double(found[Int32(i)] ?? 0) - together / scale) < 1e-5)
            }
            #expect(found[Int32(q)] == nil)
        }
    }

    @Test func `only the nearest neighbours are kept, nearest first`() throws {
        var settings = ItemNeighboursSettings()
        let all = try ItemNeighboursTrainer(split: split, settings: settings).train { _ in true }
        settings.neighbours = 3

        let few = try ItemNeighboursTrainer(split: split, settings: settings).train { _ in true }

        for item in split.items.indices {
            let from = Int(all.offsets[item])
            #expect(few.offsets[item + 1] - few.offsets[item] == 3)
            let kept = few.neighbours[Int(few.offsets[item])..<Int(few.offsets[item + 1])]
            #expect(Array(kept) == Array(all.neighbours[from..<from + 3]))
        }
        #expect(all.weights.allSatisfy { $0 > 0 })
    }

    @Test func `the rows are the same each time`() throws {
        let settings = ItemNeighboursSettings()

        let one = try ItemNeighboursTrainer(split: split, settings: settings).train { _ in true }
        let two = try ItemNeighboursTrainer(split: split, settings: settings).train { _ in true }

        #expect(one == two)
    }

    @Test func `a training that is told to stop stops at once`() {
        let trainer = ItemNeighboursTrainer(split: split, settings: ItemNeighboursSettings())

        let error = #expect(throws: TrainingError.self) { try trainer.train { _ in false } }

        #expect(error?.code == .cancelled)
    }
}
