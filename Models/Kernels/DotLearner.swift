import CKernels

/// Learns ratings as dot products of embeddings, on request with biases.
///
///     rating(u, i) = mean + sum over k of p[u, k] q[i, k] + b[u] + b[i]
///
/// The loss of a batch is the mean over its examples of the squared error, plus `l2` times the
/// squares of the example's own factors and `biasL2` times those of its two biases.
package struct DotLearner: RatingLearner, Hashable {
    package struct Form: Sendable, Hashable {
        package var dimensions: Int
        package var hasBiases: Bool
        /// 0 without biases.
        package var mean: Float
        package var l2: Float
        package var biasL2: Float

        package init(
            dimensions: Int, hasBiases: Bool, mean: Float, l2: Float = 0, biasL2: Float = 0
        ) {
            self.dimensions = dimensions
            self.hasBiases = hasBiases
            self.mean = mean
            self.l2 = l2
            self.biasL2 = biasL2
        }

        /// Columns of a row: the factors, then the bias if there is one.
        package var columns: Int { dimensions + (hasBiases ? 1 : 0) }
    }

    package let form: Form
    private let batch: Int
    /// Shape (readers, columns) and (items, columns).
    package private(set) var readers: EmbeddingTable
    package private(set) var items: EmbeddingTable

    /// - Precondition: both tables have the form's columns and room for the batch.
    package init(form: Form, batch: Int, readers: EmbeddingTable, items: EmbeddingTable) {
        precondition(
            readers.columns == form.columns && items.columns == form.columns, "one form of rows")
        self.form = form
        self.batch = batch
        self.readers = readers
        self.items = items
    }

    package mutating func learn(
        _ examples: RatedExamples, steps: ClosedRange<Int>, schedule: StepSchedule
    ) -> Double {
        let (form, batch, code) = (form, batch, readers.form.code)
        var scratch = [Int32](repeating: 0, count: 2 * batch)
        return readers.withRows { readers in
            items.withRows { items in
                schedule.withTable { schedule in
                    form.withTable { form in
                        rating_dot_steps(
                            code, readers, items, form, schedule, examples.readers, examples.items,
                            examples.ratings, Int32(examples.count), Int32(batch),
                            Int32(steps.lowerBound), Int32(steps.upperBound + 1), &scratch)
                    }
                }
            }
        }
    }

    package mutating func finishEpoch(_ schedule: StepSchedule) {
        readers.finish(schedule)
        items.finish(schedule)
    }

    package func predictions(for examples: RatedExamples) -> [Float] {
        let code = readers.form.code
        var predictions = [Float](repeating: 0, count: examples.count)
        readers.withWeights { readers in
            items.withWeights { items in
                form.withTable { form in
                    rating_dot_predict(
                        code, readers, items, form, examples.readers, examples.items,
                        Int32(examples.count), &predictions)
                }
            }
        }
        return predictions
    }

    package var state: [(name: String, values: [Float])] {
        [("readers", readers.state), ("items", items.state)]
    }

    package mutating func restore(_ state: [String: [Float]]) -> Bool {
        readers.restore(state["readers"] ?? []) && items.restore(state["items"] ?? [])
    }
}

extension DotLearner.Form {
    fileprivate func withTable<Result>(
        _ body: (UnsafePointer<rating_dot_form>) -> Result
    ) -> Result {
        let width = Lanes.padded(columns)
        let bias = hasBiases ? dimensions : width
        let factors = (0..<width).map { $0 < dimensions ? Float(1) : 0 }
        let biases = (0..<width).map { $0 == bias ? Float(1) : 0 }
        let decay = (0..<width).map { 2 * ($0 < dimensions ? l2 : $0 == bias ? biasL2 : 0) }
        return factors.withUnsafeBufferPointer { factors in
            biases.withUnsafeBufferPointer { biases in
                decay.withUnsafeBufferPointer { decay in
                    let table = rating_dot_form(
                        mean: mean, factors: factors.baseAddress, biases: biases.baseAddress,
                        decay: decay.baseAddress)
                    return withUnsafePointer(to: table, body)
                }
            }
        }
    }
}
