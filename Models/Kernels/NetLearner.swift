import CKernels

/// Learns ratings as a network over the two embeddings, the item's first.
///
///     rating(u, i) = layers([q[i], p[u]])
///
/// The loss of a batch is the mean over its examples of the squared error, plus `l2` times the
/// squares of the example's own embeddings.
package struct NetLearner: RatingLearner, Hashable {
    private let batch: Int
    private let l2: Float
    package private(set) var readers: EmbeddingTable
    package private(set) var items: EmbeddingTable
    private var layers: [LearningLayer]
    /// Shape (batch, two padded embeddings): what goes in, and the loss's gradient by it.
    private var inputs: [Float]
    private var inputGradients: [Float]

    /// - Precondition: the first layer takes both embeddings in two blocks; the last gives one
    ///   number; the tables have room for the batch.
    package init(
        batch: Int, l2: Float, rule: LearningRule, readers: EmbeddingTable, items: EmbeddingTable,
        stack: LayerStack
    ) {
        precondition(
            stack.layers.first?.inputs == readers.columns + items.columns, "two embeddings go in")
        self.batch = batch
        self.l2 = l2
        self.readers = readers
        self.items = items
        layers = stack.layers.map { LearningLayer($0, batch: batch, rule: rule) }
        inputs = [Float](repeating: 0, count: batch * (readers.width + items.width))
        inputGradients = inputs
    }

    /// The layers as they are now.
    package var stack: LayerStack { LayerStack(layers.map(\.layer)) }

    package mutating func learn(
        _ examples: RatedExamples, steps: ClosedRange<Int>, schedule: StepSchedule
    ) -> Double {
        var loss = 0.0
        schedule.withTable { table in
            examples.readers.withUnsafeBufferPointer { readers in
                examples.items.withUnsafeBufferPointer { items in
                    for step in steps {
                        let first = (step - 1) * batch
                        let count = min(batch, examples.count - first)
                        guard let readers = readers.baseAddress, let items = items.baseAddress
                        else { return }
                        loss += self.step(
                            Int32(step), readers + first, items + first,
                            examples.ratings[first..<first + count], table)
                    }
                }
            }
        }
        return loss
    }

    private mutating func step(
        _ step: Int32, _ readerIDs: UnsafePointer<Int32>, _ itemIDs: UnsafePointer<Int32>,
        _ ratings: ArraySlice<Float>, _ table: UnsafePointer<rating_schedule>
    ) -> Double {
        let count = ratings.count
        let (width, stride) = (items.width, items.width + readers.width)
        inputs.withUnsafeMutableBufferPointer { inputs in
            guard let x = inputs.baseAddress else { return }
            items.gather(itemIDs, count: count, table, step: step, into: x, stride: stride)
            readers.gather(
                readerIDs, count: count, table, step: step, into: x + width, stride: stride)
        }
        forward(count)
        let loss = differentiate(ratings)
        backward(count)
        for layer in layers.indices { layers[layer].move(table, step: step) }
        inputGradients.withUnsafeBufferPointer { gradients in
            guard let dx = gradients.baseAddress else { return }
            let decay = 2 * l2 / Float(count)
            items.apply(
                dx, stride: stride, decay: decay, itemIDs, count: count, table, step: step)
            readers.apply(
                dx + width, stride: stride, decay: decay, readerIDs, count: count, table,
                step: step)
        }
        return loss
    }

    private mutating func forward(_ count: Int) {
        layers[0].forward(inputs, rows: count)
        for layer in layers.indices.dropFirst() {
            layers[layer].forward(layers[layer - 1].outputs, rows: count)
        }
    }

    /// Puts the gradient of the batch's loss by its predictions behind the last layer.
    ///
    /// - Returns: The sum of the squared errors.
    private mutating func differentiate(_ ratings: ArraySlice<Float>) -> Double {
        let last = layers.count - 1
        let stride = layers[last].layer.paddedOutputs
        let isRectified = layers[last].layer.isRectified
        var loss = 0.0
        for (row, rating) in ratings.enumerated() {
            let prediction = layers[last].outputs[row * stride]
            let error = prediction - rating
            loss += Double(error) * Double(error)
            let passes = !isRectified || prediction > 0
            layers[last].outputGradients[row * stride] =
                passes ? 2 * error / Float(ratings.count) : 0
        }
        return loss
    }

    private mutating func backward(_ count: Int) {
        for layer in layers.indices.reversed() where layer > 0 {
            var gradients: [Float] = []
            // Taken out and put back, so that two layers of one list change without a copy.
            swap(&gradients, &layers[layer - 1].outputGradients)
            layers[layer].backward(
                layers[layer - 1].outputs, rows: count,
                isMasked: layers[layer - 1].layer.isRectified, &gradients)
            swap(&gradients, &layers[layer - 1].outputGradients)
        }
        layers[0].backward(inputs, rows: count, isMasked: false, &inputGradients)
    }

    package mutating func finishEpoch(_ schedule: StepSchedule) {
        readers.finish(schedule)
        items.finish(schedule)
    }

    package func predictions(for examples: RatedExamples) -> [Float] {
        let columns = items.columns
        return items.withWeights { items in
            readers.withWeights { readers in
                stack.outputs(count: examples.count, dimensions: columns) { example in
                    (
                        UnsafePointer(items.pointee.row(examples.items[example])),
                        UnsafePointer(readers.pointee.row(examples.readers[example]))
                    )
                }
            }
        }
    }

    package var state: [(name: String, values: [Float])] {
        [("readers", readers.state), ("items", items.state)]
            + layers.enumerated().map { ("layer_\($0.offset + 1)", $0.element.state) }
    }

    package mutating func restore(_ state: [String: [Float]]) -> Bool {
        guard readers.restore(state["readers"] ?? []), items.restore(state["items"] ?? []) else {
            return false
        }
        return layers.indices.allSatisfy { layers[$0].restore(state["layer_\($0 + 1)"] ?? []) }
    }
}
