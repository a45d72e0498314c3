import Foundation
import Kernels
import Testing

/// A batch small enough to compute its loss in double precision by the definition.
private struct Batch {
    let dimensions: Int
    /// The distinct reader of each example, numbered from 0 in the order of their first example.
    let targets: [Int32]
    let masksRepeatedReaders: Bool
    /// Shape (examples, d).
    var queries: [Double]
    /// Shape (distinct readers, d).
    var candidates: [Double]

    var count: Int { targets.count }
    var readerCount: Int { Int(targets.max() ?? 0) + 1 }

    init(targets: [Int32], dimensions: Int, masksRepeatedReaders: Bool) {
        self.targets = targets
        self.dimensions = dimensions
        self.masksRepeatedReaders = masksRepeatedReaders
        queries = (0..<targets.count * dimensions).map { sin(Double($0 * 3 + 1) * 78.233) }
        candidates = (0...targets.count * dimensions).map { cos(Double($0 * 5 + 2) * 37.719) }
        candidates.removeLast(candidates.count - readerCount * dimensions)
    }

    /// -sum over i of log softmax(q_i . c_j)[i] over all examples j, if asked for without other
    /// examples of i's own reader.
    var loss: Double {
        (0..<count).reduce(0) { sum, i in
            let columns = (0..<count).filter {
                $0 == i || !masksRepeatedReaders || targets[$0] != targets[i]
            }
            let logits = columns.map { j in
                (0..<dimensions).reduce(0) {
                    $0 + queries[i * dimensions + $1]
                        * candidates[Int(targets[j]) * dimensions + $1]
                }
            }
            let own = columns.firstIndex(of: i) ?? 0
            return sum - log(ReferenceKernels.softmax(logits)[own])
        }
    }

    /// Loss, dQ (examples, d) and dC (distinct readers, d) as the kernel gives them.
    func kernel(
        _ form: KernelForm
    ) -> (loss: Double, queries: [Float], candidates: [Float]) {
        let width = SoftmaxBlock.panels(for: readerCount) * SoftmaxBlock.panelColumns
        var columns = SoftmaxBlock.Candidates(dimensions: dimensions)
        columns.columns = [Float](repeating: 0, count: width * dimensions)
        columns.multiplicity = [Float](repeating: 0, count: width)
        for target in targets { columns.multiplicity[Int(target)] += 1 }
        func place(_ j: Int, _ k: Int) -> Int {
            columns.start(of: j) + k * SoftmaxBlock.panelColumns
        }
        for j in 0..<width {
            let reader = j < readerCount ? j : 0
            for k in 0..<dimensions {
                columns.columns[place(j, k)] = Float(candidates[reader * dimensions + k])
            }
        }
        // Two parts, as two processors would have them.
        let half = count / 2
        let parts = [0..<half, half..<count].map { rows in
            SoftmaxBlock.gradients(
                of: rows, queries: queries.map(Float.init), targets: targets, candidates: columns,
                countsTargetOnce: masksRepeatedReaders, form: form)
        }
        let dc = (0..<readerCount).flatMap { j in
            (0..<dimensions).map { k in
                parts.reduce(0) { $0 + $1.candidates[place(j, k)] }
            }
        }
        return (parts.reduce(0) { $0 + $1.loss }, parts.flatMap(\.queries), dc)
    }
}

@Suite struct SoftmaxBlockTests {
    private static let batches: [[Int32]] = [
        [0], [0, 1], [0, 1, 2, 0, 3], Array(0..<16), Array(0..<24), Array(0..<49),
        (0..<37).map { $0 % 11 }, (0..<131).map { $0 % 50 },
    ]
    private static let forms = KernelForm.available

    @Test(arguments: batches, [1, 3, 24])
    func `the loss is that of the definition`(targets: [Int32], dimensions: Int) {
        for form in Self.forms {
            for masks in [true, false] {
                let batch = Batch(
                    targets: targets, dimensions: dimensions, masksRepeatedReaders: masks)

                let found = batch.kernel(form).loss

                #expect(abs(found - batch.loss) <= 1e-4 * Double(targets.count))
            }
        }
    }

    @Test(arguments: batches, [1, 3, 24])
    func `both gradients agree with finite differences`(targets: [Int32], dimensions: Int) {
        for form in Self.forms {
            for masks in [true, false] {
                compare(
                    Batch(targets: targets, dimensions: dimensions, masksRepeatedReaders: masks),
                    form)
            }
        }
    }

    private func compare(_ batch: Batch, _ form: KernelForm) {
        let found = batch.kernel(form)
        let step = 1e-5
        func slope(_ member: WritableKeyPath<Batch, [Double]>, _ index: Int) -> Double {
            var (up, down) = (batch, batch)
            up[keyPath: member][index] += step
            down[keyPath: member][index] -= step
            return (up.loss - down.loss) / (2 * step)
        }
        let every = max(1, batch.queries.count / 12)
        for index in Swift.stride(from: 0, to: batch.queries.count, by: every) {
            #expect(abs(Double(found.queries[index]) - slope(\.queries, index)) < 1e-3)
        }
        for index in Swift.stride(from: 0, to: batch.candidates.count, by: every) {
            #expect(abs(Double(found.candidates[index]) - slope(\.candidates, index)) < 1e-3)
        }
    }

    @Test func `logits far below zero and far above it give finite numbers`() {
        for form in Self.forms {
            var batch = Batch(targets: [0, 1, 2], dimensions: 2, masksRepeatedReaders: true)
            for scale in [-1e4, 1e4, 1e-30] {
                batch.queries = batch.queries.map { $0.sign == .minus ? -abs(scale) : abs(scale) }

                let found = batch.kernel(form)

                #expect(found.loss.isFinite)
                #expect((found.queries + found.candidates).allSatisfy { $0.isFinite })
            }
        }
    }
}
