import Identifiers
import Kernels
import Testing
import Training

@Suite struct ItemFactorsTrainerTests {
    private let split = ReaderSplit(.tastes, rules: .init(likedRatingMin: 5, draws: 2))

    private func settings(
        _ change: (inout ItemFactorsSettings) -> Void = { _ in }
    ) -> ItemFactorsSettings {
        var settings = ItemFactorsSettings()
        settings.dimensions = 6
        settings.epochs = 4
        settings.regularisation = 0.02
        change(&settings)
        return settings
    }

    /// With steps enough the items of the last half epoch are the best answer to the readers before
    /// it: their systems are solved again in double precision.
    @Test(arguments: [0.0 as Float, 0.5, 1])
    func `items are what dense least squares give for the readers`(scaling: Float) throws {
        let settings = settings {
            $0.scaling = scaling
            $0.solverSteps = 40
        }
        var trainer = ItemFactorsTrainer(split: split, settings: settings)
        _ = trainer.epoch()

        let (items, readers) = (trainer.items, trainer.readers)
        let d = settings.dimensions
        for item in 0..<split.items.count {
            let chosen = split.pairs.filter { $0.item.place == item }.map(\.reader.place)
            let weight = Float(chosen.count) + settings.unobserved * Float(split.readers.count)
            var scaled: Double = 1
            if scaling == 0.5 { scaled = Double(weight).squareRoot() }
            if scaling == 1 { scaled = Double(weight) }
            let expected = try #require(
                Self.solution(
                    for: chosen, among: readers, d, unobserved: Double(settings.unobserved),
                    regularisation: Double(settings.regularisation) * scaled))
            for k in 0..<d { #expect(abs(Double(items[item * d + k]) - expected[k]) < 1e-3) }
        }
    }

    private static func solution(
        for chosen: [Int], among rows: [Float], _ d: Int, unobserved: Double, regularisation: Double
    ) -> [Double]? {
        var system = [Double](repeating: 0, count: d * d)
        var right = [Double](repeating: 0, count: d)
        for row in 0..<rows.count / d {
            let y = rows[row * d..<(row + 1) * d].map(Double.init)
            let weight = unobserved + (chosen.contains(row) ? 1 : 0)
            for k in 0..<d {
                if chosen.contains(row) { right[k] += y[k] }
                for l in 0..<d { system[k * d + l] += weight * y[k] * y[l] }
            }
        }
        for k in 0..<d { system[k * d + k] += regularisation }
        return CholeskyFactor(system, dimensions: d)?.solve(right)
    }

    @Test func `the loss is that of the definition`() {
        let settings = settings()
        var trainer = ItemFactorsTrainer(split: split, settings: settings)

        let loss = trainer.epoch()

        let (items, readers, d) = (trainer.items, trainer.readers, settings.dimensions)
        func product(_ reader: Int, _ item: Int) -> Double {
            (0..<d).reduce(0) { $0 + Double(readers[reader * d + $1] * items[item * d + $1]) }
        }
        var sum = split.pairs.reduce(0.0) {
            let error = 1 - product($1.reader.place, $1.item.place)
            return $0 + error * error
        }
        for reader in 0..<split.readers.count {
            for item in 0..<split.items.count {
                let square = product(reader, item) * product(reader, item)
                sum += Double(settings.unobserved) * square
            }
        }
        func penalty(_ rows: [Float], _ counts: [Int], _ columns: Int) -> Double {
            counts.enumerated().reduce(0) { sum, row in
                let square = rows[row.offset * d..<(row.offset + 1) * d].reduce(0) { $0 + $1 * $1 }
                let weight = Float(row.element) + settings.unobserved * Float(columns)
                return sum + Double(settings.regularisation * weight * square)
            }
        }
        let readerCounts = split.readers.indices.map { reader in
            split.pairs.count { $0.reader.place == reader }
        }
        let itemCounts = split.items.indices.map { item in
            split.pairs.count { $0.item.place == item }
        }
        sum += penalty(readers, readerCounts, split.items.count)
        sum += penalty(items, itemCounts, split.readers.count)
        #expect(abs(loss - sum / Double(split.pairs.count)) < 1e-3 * loss)
    }

    @Test func `three steps an epoch come to where exact solutions come`() throws {
        var exact = ItemFactorsTrainer(split: split, settings: settings { $0.solverSteps = 40 })
        var quick = ItemFactorsTrainer(split: split, settings: settings { $0.solverSteps = 3 })

        for _ in 0..<30 { _ = (exact.epoch(), quick.epoch()) }

        let (expected, loss) = (exact.epoch(), quick.epoch())
        #expect(abs(loss - expected) < 1e-3 * expected)
    }

    @Test func `no epoch makes the loss larger`() throws {
        var trainer = ItemFactorsTrainer(split: split, settings: settings { $0.epochs = 12 })

        let losses = try trainer.train { _ in true }.map(\.loss)

        #expect(losses.count == 12)
        #expect(zip(losses, losses.dropFirst()).allSatisfy { $1 <= $0 + 1e-5 })
        #expect(losses[11] < losses[0])
    }

    @Test func `the same seed gives the same factors to the last bit, another seed others`() throws
    {
        var (first, second) = (
            ItemFactorsTrainer(split: split, settings: settings()),
            ItemFactorsTrainer(split: split, settings: settings())
        )
        var other = ItemFactorsTrainer(split: split, settings: settings { $0.seed = 1 })

        for _ in 0..<3 { _ = (first.epoch(), second.epoch(), other.epoch()) }

        #expect(first.items == second.items)
        #expect(first.items != other.items)
    }

    @Test func `a training that is told to stop stops at once`() {
        var trainer = ItemFactorsTrainer(split: split, settings: settings())

        let error = #expect(throws: TrainingError.self) { try trainer.train { _ in false } }

        #expect(error?.code == .cancelled)
    }
}
