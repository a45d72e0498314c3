import Kernels

/// The plain forms of rating models and optimisers, in double precision, from the formulas.
enum ReferenceRatings {
    struct Example {
        let reader: Int
        let item: Int
        let rating: Double
    }

    /// Both tables and the layers of a model as one list of parameters.
    struct Model {
        var dimensions: Int
        /// Shape (readers, columns) and (items, columns); a last column is the bias, if any.
        var readers: [[Double]]
        var items: [[Double]]
        var hasBiases = false
        var mean = 0.0
        var l2 = 0.0
        var biasL2 = 0.0
        /// Each W of shape (inputs, outputs), and b; empty for a dot product.
        var layers: [(weights: [[Double]], biases: [Double])] = []
        var isOutputRectified = false

        func prediction(reader: Int, item: Int) -> Double {
            let (p, q) = (readers[reader], items[item])
            guard !layers.isEmpty else {
                let product = (0..<dimensions).reduce(0) { $0 + p[$1] * q[$1] }
                return mean + product + (hasBiases ? p[dimensions] + q[dimensions] : 0)
            }
            var x = q + p
            for (place, layer) in layers.enumerated() {
                x = layer.biases.indices.map { output in
                    let sum = x.indices.reduce(layer.biases[output]) {
                        $0 + x[$1] * layer.weights[$1][output]
                    }
                    return place < layers.count - 1 || isOutputRectified ? max(0, sum) : sum
                }
            }
            return x[0]
        }

        /// The mean over a batch of squared error and decay.
        func loss(_ batch: [Example]) -> Double {
            batch.reduce(0) { sum, example in
                let error = prediction(reader: example.reader, item: example.item) - example.rating
                return sum + error * error + decay(readers[example.reader])
                    + decay(items[example.item])
            } / Double(batch.count)
        }

        private func decay(_ row: [Double]) -> Double {
            row.enumerated().reduce(0) { sum, entry in
                sum + (entry.offset < dimensions ? l2 : biasL2) * entry.element * entry.element
            }
        }
    }

    /// The derivative of the loss by one number of the model, by a central difference.
    static func slope(
        of model: Model, _ batch: [Example], at path: WritableKeyPath<Model, Double>
    ) -> Double {
        let step = 1e-5
        var (above, below) = (model, model)
        above[keyPath: path] += step
        below[keyPath: path] -= step
        return (above.loss(batch) - below.loss(batch)) / (2 * step)
    }

    /// One weight under a rule, step by step; the gradient 0 is a step too.
    struct Weight {
        var value: Double
        var first = 0.0
        var second: Double
        var steps = 0

        init(_ value: Double, _ rule: LearningRule) {
            self.value = value
            second = rule.kind == .adagrad ? Double(rule.accumulatorStart) : 0
        }

        mutating func move(by g: Double, rate: Double, _ rule: LearningRule) {
            steps += 1
            switch rule.kind {
            case .sgd: value -= rate * g
            case .adagrad:
                // Duchi, Hazan, Singer (2011), the diagonal form.
                second += g * g
                value -= rate * g / (second.squareRoot() + rule.epsilon)
            case .adam:
                // Kingma, Ba (2015), algorithm 1 with the order of section 2.
                first = rule.beta1 * first + (1 - rule.beta1) * g
                second = rule.beta2 * second + (1 - rule.beta2) * g * g
                let t = Double(steps)
                var (decay1, decay2) = (1.0, 1.0)
                for _ in 0..<Int(t) {
                    decay1 *= rule.beta1
                    decay2 *= rule.beta2
                }
                let alpha = rate * (1 - decay2).squareRoot() / (1 - decay1)
                value -= alpha * first / (second.squareRoot() + rule.epsilon)
            }
        }
    }
}
