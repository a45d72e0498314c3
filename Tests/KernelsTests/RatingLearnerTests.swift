import Testing

@testable import Kernels

@Suite struct RatingLearnerTests {
    private typealias Model = ReferenceRatings.Model

    private static let readerCount = 5
    private static let itemCount = 4

    /// Eleven examples in which readers and items occur several times.
    private static let examples: [ReferenceRatings.Example] = (0..<11).map { row in
        ReferenceRatings.Example(
            reader: row * 3 % readerCount, item: row * row % itemCount,
            rating: Double(1 + row * 7 % 5))
    }

    private static var rated: RatedExamples {
        RatedExamples(
            readers: examples.map { Int32($0.reader) }, items: examples.map { Int32($0.item) },
            ratings: examples.map { Float($0.rating) })
    }

    /// Numbers that look random and are always the same.
    private static func numbers(_ count: Int, _ seed: Int) -> [Double] {
        (0..<count).map { Double((($0 + seed) * 7_919) % 101) / 101 - 0.5 }
    }

    private static func rows(_ count: Int, _ columns: Int, _ seed: Int) -> [[Double]] {
        (0..<count).map { numbers(columns, seed + $0 * columns) }
    }

    private static func table(
        _ rows: [[Double]], _ rule: LearningRule, batch: Int, _ form: KernelForm
    ) -> EmbeddingTable {
        EmbeddingTable(
            weights: rows.flatMap(\.self).map { Float($0) }, rowCount: rows.count,
            columns: rows[0].count, batch: batch, rule: rule, form: form)
    }

    private static func dotModel(_ dimensions: Int, hasBiases: Bool) -> Model {
        let columns = dimensions + (hasBiases ? 1 : 0)
        return Model(
            dimensions: dimensions, readers: rows(readerCount, columns, 1),
            items: rows(itemCount, columns, 50), hasBiases: hasBiases,
            mean: hasBiases ? 2.5 : 0, l2: 0.3, biasL2: hasBiases ? 0.2 : 0)
    }

    private static func netModel(_ dimensions: Int, _ hidden: [Int]) -> Model {
        let widths = [2 * dimensions] + hidden + [1]
        var model = Model(
            dimensions: dimensions, readers: rows(readerCount, dimensions, 1),
            items: rows(itemCount, dimensions, 50), l2: 0.3)
        model.layers = zip(widths, widths.dropFirst()).enumerated().map { place, pair in
            (rows(pair.0, pair.1, 7 * place), numbers(pair.1, 90 + place))
        }
        return model
    }

    private static func dot(
        _ model: Model, _ rule: LearningRule, batch: Int = 11, _ form: KernelForm
    ) -> DotLearner {
        DotLearner(
            form: DotLearner.Form(
                dimensions: model.dimensions, hasBiases: model.hasBiases, mean: Float(model.mean),
                l2: Float(model.l2), biasL2: Float(model.biasL2)),
            batch: batch, readers: table(model.readers, rule, batch: batch, form),
            items: table(model.items, rule, batch: batch, form))
    }

    private static func net(
        _ model: Model, _ rule: LearningRule, batch: Int = 11, _ form: KernelForm
    ) -> NetLearner {
        let layers = model.layers.enumerated().map { place, layer in
            DenseLayer(
                weights: layer.weights.flatMap(\.self).map { Float($0) },
                biases: layer.biases.map { Float($0) },
                isRectified: place < model.layers.count - 1 || model.isOutputRectified,
                blocks: place == 0 ? 2 : 1, form: form)
        }
        return NetLearner(
            batch: batch, l2: Float(model.l2), rule: rule,
            readers: table(model.readers, rule, batch: batch, form),
            items: table(model.items, rule, batch: batch, form), stack: LayerStack(layers))
    }

    /// One step of plain descent at the rate 1 moves a weight by minus its gradient.
    private static func learnOnce(_ learner: inout some RatingLearner) -> Double {
        var schedule = StepSchedule(rule: LearningRule(.sgd), stepCount: 1)
        schedule.begin(rate: 1, stepsBefore: 0)
        let loss = learner.learn(rated, steps: 1...1, schedule: schedule)
        learner.finishEpoch(schedule)
        return loss
    }

    private func expectGradients(
        _ model: Model, _ table: KeyPath<Model, [[Double]]>, _ learned: EmbeddingTable,
        _ path: (Int, Int) -> WritableKeyPath<Model, Double>
    ) {
        let weights = learned.weights
        for (row, columns) in model[keyPath: table].enumerated() {
            for column in columns.indices {
                let slope = ReferenceRatings.slope(
                    of: model, Self.examples, at: path(row, column))
                let moved = columns[column] - Double(weights[row * columns.count + column])
                #expect(abs(moved - slope) < 1e-4 * max(1, abs(slope)))
            }
        }
    }

    @Test(arguments: [1, 5, 8, 10, 13, 16], [false, true])
    func `a dot product's gradients are the slopes of its loss`(dimensions: Int, hasBiases: Bool) {
        let model = Self.dotModel(dimensions, hasBiases: hasBiases)
        for form in KernelForm.available {
            var learner = Self.dot(model, LearningRule(.sgd), form)

            _ = Self.learnOnce(&learner)

            expectGradients(model, \.readers, learner.readers) { \.readers[$0][$1] }
            expectGradients(model, \.items, learner.items) { \.items[$0][$1] }
        }
    }

    private static let networks = [
        (1, [3]), (5, [16, 8]), (10, [128, 32]), (15, [20]), (3, []), (4, [9, 7, 5]),
    ]

    @Test(arguments: networks, KernelForm.available)
    func `a network's gradients are the slopes of its loss`(
        shape: (dimensions: Int, hidden: [Int]), form: KernelForm
    ) {
        expectSlopes(Self.netModel(shape.dimensions, shape.hidden), form)
    }

    /// Some of the outputs are above 0 and some below, where nothing is learned.
    @Test(arguments: KernelForm.available)
    func `a rectified output passes on the gradients of what is above 0 only`(form: KernelForm) {
        var model = Self.netModel(4, [9])
        model.isOutputRectified = true
        let outputs = Self.examples.map { model.prediction(reader: $0.reader, item: $0.item) }
        #expect(outputs.contains(0) && outputs.contains { $0 > 0 })

        expectSlopes(model, form)
    }

    private func expectSlopes(_ model: Model, _ form: KernelForm) {
        var learner = Self.net(model, LearningRule(.sgd), form)

        _ = Self.learnOnce(&learner)

        expectGradients(model, \.readers, learner.readers) { \.readers[$0][$1] }
        expectGradients(model, \.items, learner.items) { \.items[$0][$1] }
        for (place, layer) in learner.stack.layers.enumerated() {
            for (row, columns) in model.layers[place].weights.enumerated() {
                for column in [0, columns.count - 1] {
                    let slope = ReferenceRatings.slope(
                        of: model, Self.examples, at: \.layers[place].weights[row][column])
                    let moved =
                        columns[column] - Double(layer.weights[row * columns.count + column])
                    #expect(abs(moved - slope) < 1e-4 * max(1, abs(slope)))
                }
            }
            let slope = ReferenceRatings.slope(
                of: model, Self.examples, at: \.layers[place].biases[0])
            let moved = model.layers[place].biases[0] - Double(layer.biases[0])
            #expect(abs(moved - slope) < 1e-4 * max(1, abs(slope)))
        }
    }

    @Test(arguments: KernelForm.available)
    func `losses and predictions are those of the plain forms`(form: KernelForm) {
        let (dot, net) = (Self.dotModel(5, hasBiases: true), Self.netModel(5, [12, 4]))
        var dotLearner = Self.dot(dot, LearningRule(.sgd), form)
        var netLearner = Self.net(net, LearningRule(.sgd), form)

        for (model, predictions) in [
            (dot, dotLearner.predictions(for: Self.rated)),
            (net, netLearner.predictions(for: Self.rated)),
        ] {
            for (example, prediction) in zip(Self.examples, predictions) {
                let expected = model.prediction(reader: example.reader, item: example.item)
                #expect(abs(Double(prediction) - expected) < 1e-5)
            }
        }
        for (model, loss) in [
            (dot, Self.learnOnce(&dotLearner)), (net, Self.learnOnce(&netLearner)),
        ] {
            var plain = model
            (plain.l2, plain.biasL2) = (0, 0)
            #expect(abs(loss - plain.loss(Self.examples) * 11) < 1e-4 * loss)
        }
    }

    /// Two epochs of six batches of two examples: most rows are left alone in most steps, which a
    /// dense optimiser counts as steps with the gradient 0.
    @Test(arguments: LearningRule.Kind.allCases, KernelForm.available)
    func `rows move as under the plain form of the rule, also those that a batch does not touch`(
        kind: LearningRule.Kind, form: KernelForm
    ) {
        let rule = LearningRule(kind)
        let model = Self.dotModel(3, hasBiases: false)
        var learner = Self.dot(model, rule, batch: 2, form)
        var schedule = StepSchedule(rule: rule, stepCount: 6)
        var plain = model
        var weights = (model.readers + model.items).map { row in
            row.map { ReferenceRatings.Weight($0, rule) }
        }

        for epoch in 0..<2 {
            schedule.begin(rate: 0.01, stepsBefore: epoch * 6)
            _ = learner.learn(Self.rated, steps: 1...6, schedule: schedule)
            learner.finishEpoch(schedule)
            for first in stride(from: 0, to: 11, by: 2) {
                let batch = Array(Self.examples[first..<min(first + 2, 11)])
                let before = plain
                for row in weights.indices {
                    let isReader = row < Self.readerCount
                    let place = isReader ? row : row - Self.readerCount
                    for column in 0..<3 {
                        let path: WritableKeyPath<Model, Double> =
                            isReader ? \.readers[place][column] : \.items[place][column]
                        let slope = ReferenceRatings.slope(of: before, batch, at: path)
                        weights[row][column].move(by: slope, rate: 0.01, rule)
                        plain[keyPath: path] = weights[row][column].value
                    }
                }
            }
        }

        let learned = learner.readers.weights + learner.items.weights
        for (value, expected) in zip(learned, (plain.readers + plain.items).flatMap(\.self)) {
            #expect(abs(Double(value) - expected) < 2e-4)
        }
    }

    @Test(arguments: LearningRule.Kind.allCases, KernelForm.available)
    func `layers move as under the plain form of the rule`(
        kind: LearningRule.Kind, form: KernelForm
    ) {
        let rule = LearningRule(kind)
        let model = Self.netModel(2, [])
        var learner = Self.net(model, rule, form)
        var schedule = StepSchedule(rule: rule, stepCount: 1)
        var bias = ReferenceRatings.Weight(model.layers[0].biases[0], rule)
        var plain = model

        for epoch in 0..<5 {
            plain.readers = Self.doubles(learner.readers)
            plain.items = Self.doubles(learner.items)
            plain.layers[0].weights = learner.stack.layers[0].weights.map { [Double($0)] }
            plain.layers[0].biases = [bias.value]
            let slope = ReferenceRatings.slope(
                of: plain, Self.examples, at: \.layers[0].biases[0])
            bias.move(by: slope, rate: 0.01, rule)
            schedule.begin(rate: 0.01, stepsBefore: epoch)
            _ = learner.learn(Self.rated, steps: 1...1, schedule: schedule)
            learner.finishEpoch(schedule)
        }

        #expect(abs(Double(learner.stack.layers[0].biases[0]) - bias.value) < 1e-4)
    }

    private static func doubles(_ table: EmbeddingTable) -> [[Double]] {
        let weights = table.weights
        return (0..<table.rowCount).map { row in
            (0..<table.columns).map { Double(weights[row * table.columns + $0]) }
        }
    }
}
