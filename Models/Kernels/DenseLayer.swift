import CKernels

/// y = x W + b, or max(0, x W + b): a dense layer that is only asked.
///
/// Inputs and outputs are padded to whole registers with zeros. The first layer's inputs are two
/// blocks, each padded by itself.
package struct DenseLayer: Sendable, Hashable {
    package let inputs: Int
    package let outputs: Int
    package let isRectified: Bool
    /// Into how many equal blocks the inputs fall.
    package let blocks: Int
    /// The padded place of each input.
    let inputPlaces: [Int]
    let paddedInputs: Int
    let paddedOutputs: Int
    /// Which machine code computes the layer.
    let form: KernelForm
    /// W, then b, padded.
    fileprivate(set) var values: [Float]

    /// - Parameters:
    ///   - weights: W, shape (inputs, outputs).
    ///   - biases: b, shape (outputs).
    ///   - blocks: Into how many equal blocks the inputs fall.
    package init(
        weights: [Float], biases: [Float], isRectified: Bool, blocks: Int = 1,
        form: KernelForm = .best
    ) {
        outputs = biases.count
        inputs = weights.count / max(1, outputs)
        precondition(
            inputs * outputs == weights.count && inputs.isMultiple(of: blocks),
            "weights are whole rows, inputs whole blocks")
        self.isRectified = isRectified
        self.blocks = blocks
        self.form = form
        let block = inputs / blocks
        let paddedBlock = Lanes.padded(block)
        inputPlaces = (0..<inputs).map { $0 / block * paddedBlock + $0 % block }
        paddedInputs = blocks * paddedBlock
        paddedOutputs = Lanes.padded(outputs)
        values = [Float](repeating: 0, count: (paddedInputs + 1) * paddedOutputs)
        for (row, place) in (inputPlaces + [paddedInputs]).enumerated() {
            for output in 0..<outputs {
                values[place * paddedOutputs + output] =
                    row < inputs ? weights[row * outputs + output] : biases[output]
            }
        }
    }

    /// W without padding, shape (inputs, outputs).
    package var weights: [Float] { inputPlaces.flatMap(row) }

    /// b without padding, shape (outputs).
    package var biases: [Float] { row(paddedInputs) }

    private func row(_ place: Int) -> [Float] {
        Array(values[place * paddedOutputs..<place * paddedOutputs + outputs])
    }

    /// - Parameters:
    ///   - x: Shape (rows, padded inputs).
    ///   - y: Receives shape (rows, padded outputs).
    func run(_ x: UnsafePointer<Float>, rows: Int, _ y: UnsafeMutablePointer<Float>) {
        values.withUnsafeBufferPointer { values in
            guard let w = values.baseAddress else { return }
            rating_dense(
                form.code, x, Int32(rows), Int32(paddedInputs), w, w + paddedInputs * paddedOutputs,
                Int32(paddedOutputs), isRectified ? 1 : 0, y)
        }
    }
}

/// Dense layers one after the other, asked for many rows at a time.
package struct LayerStack: Sendable, Hashable {
    package let layers: [DenseLayer]

    /// Rows that go through together.
    private static let rows = 64

    /// - Precondition: each layer takes what the one before gives; the last gives one number.
    package init(_ layers: [DenseLayer]) {
        precondition(
            zip(layers, layers.dropFirst()).allSatisfy { $0.outputs == $1.inputs }
                && layers.last?.outputs == 1, "layers fit together and end in one number")
        self.layers = layers
    }

    /// The outputs for pairs of embeddings.
    ///
    /// - Parameter pair: The two blocks of a row, each of shape (dimensions).
    package func outputs(
        count: Int, dimensions: Int,
        pair: (Int) -> (left: UnsafePointer<Float>, right: UnsafePointer<Float>)
    ) -> [Float] {
        let width = Lanes.padded(dimensions)
        let widest = layers.map { max($0.paddedInputs, $0.paddedOutputs) }.max() ?? 0
        var x = [Float](repeating: 0, count: Self.rows * widest)
        var y = x
        var outputs: [Float] = []
        outputs.reserveCapacity(count)
        for first in stride(from: 0, to: count, by: Self.rows) {
            let rows = min(Self.rows, count - first)
            for row in 0..<rows {
                let place = row * 2 * width
                let (left, right) = pair(first + row)
                for k in 0..<dimensions {
                    x[place + k] = left[k]
                    x[place + width + k] = right[k]
                }
                for k in dimensions..<width {
                    x[place + k] = 0
                    x[place + width + k] = 0
                }
            }
            for layer in layers {
                layer.run(x, rows: rows, &y)
                swap(&x, &y)
            }
            let stride = layers.last?.paddedOutputs ?? 1
            for row in 0..<rows { outputs.append(x[row * stride]) }
        }
        return outputs
    }
}

/// A dense layer while it learns.
struct LearningLayer: Sendable, Hashable {
    private(set) var layer: DenseLayer
    private var first: [Float]
    private var second: [Float]
    private var gradients: [Float]
    /// Shape (batch, padded outputs): what the layer gave, and the loss's gradient by it.
    fileprivate(set) var outputs: [Float]
    var outputGradients: [Float]
    private var transposed: [Float]

    init(_ layer: DenseLayer, batch: Int, rule: LearningRule) {
        self.layer = layer
        let start = rule.kind == .adagrad ? rule.accumulatorStart : 0
        first = [Float](repeating: 0, count: layer.values.count)
        second = [Float](repeating: start, count: layer.values.count)
        gradients = first
        outputs = [Float](repeating: 0, count: batch * layer.paddedOutputs)
        outputGradients = outputs
        transposed = first
    }

    mutating func forward(_ x: UnsafePointer<Float>, rows: Int) {
        layer.run(x, rows: rows, &outputs)
    }

    /// From the gradient by the outputs to that by the weights and, in `dx`, that by the inputs.
    ///
    /// - Parameter isMasked: Whether the inputs are a rectifier's outputs, which pass on a gradient
    ///   where they are positive only.
    mutating func backward(
        _ x: UnsafePointer<Float>, rows: Int, isMasked: Bool, _ dx: UnsafeMutablePointer<Float>
    ) {
        let (ins, outs) = (Int32(layer.paddedInputs), Int32(layer.paddedOutputs))
        let biases = layer.paddedInputs * layer.paddedOutputs
        let (code, rows) = (layer.form.code, Int32(rows))
        gradients.withUnsafeMutableBufferPointer { gradients in
            guard let dw = gradients.baseAddress else { return }
            rating_dense_weights(
                code, x, outputGradients, rows, ins, outs, dw, dw + biases)
        }
        rating_dense_inputs(
            code, outputGradients, rows, outs, layer.values, ins, isMasked ? x : nil, &transposed,
            dx)
    }

    mutating func move(_ schedule: UnsafePointer<rating_schedule>, step: Int32) {
        let code = layer.form.code
        rating_move(
            code, &layer.values, &first, &second, gradients, Int32(layer.values.count), schedule,
            step)
    }

    var state: [Float] { layer.values + first + second }

    mutating func restore(_ state: [Float]) -> Bool {
        let count = layer.values.count
        guard state.count == 3 * count else { return false }
        layer.values = Array(state[..<count])
        first = Array(state[count..<2 * count])
        second = Array(state[(2 * count)...])
        return true
    }
}
