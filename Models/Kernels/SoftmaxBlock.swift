import CKernels

/// One block of rows of an in-batch softmax: logits, loss and both gradients in one pass.
///
/// Letters: `U` distinct candidates of the batch, `R` rows of the block, `d` dimensions; `Q` is
/// (R, d), the queries; `C` is (U, d), the candidates; `m[j]` says how many examples of the batch
/// have candidate j, and t(i) is row i's own candidate.
///
///     Z = Q C^T,  P[i, j] = m[j] exp Z[i, j] / sum over k of m[k] exp Z[i, k]
///     loss = -sum over i of log(P[i, t(i)] / m[t(i)])
///     dQ = (P - Y) C,  dC = (P - Y)^T Q,  Y[i, t(i)] = 1
///
/// This is the softmax over all examples of the batch: those with one candidate have equal logits,
/// so each is computed once and counted m times. With `countsTargetOnce` m[t(i)] is 1 in row i:
/// other examples of the same candidate are no negatives.
///
/// Only R rows of Z exist at a time: they stay in the cache, and a whole batch of logits never
/// exists. The arithmetic is in C, for reasons that `CKernels.h` gives.
package enum SoftmaxBlock {
    /// Rows that make a block; a part of a batch is best a multiple of it.
    package static let rows = Int(ledge_block_rows)
    /// Columns that lie together in memory; see ``Candidates``.
    package static let panelColumns = Int(ledge_panel)

    /// How many panels hold so many candidates.
    package static func panels(for count: Int) -> Int { (count + panelColumns - 1) / panelColumns }

    /// The candidates of a batch, column by column; a panel is one run of memory.
    package struct Candidates {
        /// C^T in panels: shape (panels, d, panelColumns); columns beyond U repeat the first.
        package var columns: [Float]
        /// m: shape (panels, panelColumns), 0 beyond U.
        package var multiplicity: [Float]
        package let dimensions: Int

        var panels: Int { multiplicity.count / panelColumns }

        package init(dimensions: Int) {
            self.dimensions = dimensions
            columns = []
            multiplicity = []
        }

        /// Where the first dimension of column j is; the next is `panelColumns` further.
        package func start(of j: Int) -> Int {
            j / panelColumns * dimensions * panelColumns + j % panelColumns
        }
    }

    /// The gradients of some rows of a batch: what one processor computes.
    package struct Gradients: Sendable {
        /// The rows of the batch whose queries these are.
        package let rows: Range<Int>
        /// dQ of the rows: shape (rows, d).
        package internal(set) var queries: [Float]
        /// This part of dC, in panels like the candidates.
        package internal(set) var candidates: [Float]
        /// The sum of the rows' losses, in nats.
        package internal(set) var loss = 0.0
    }

    /// Computes some rows of a batch, block by block.
    ///
    /// - Parameters:
    ///   - queries: Q of the whole batch, shape (B, d).
    ///   - targets: t of the whole batch, shape (B).
    package static func gradients(
        of rows: Range<Int>, queries: [Float], targets: [Int32], candidates: Candidates,
        countsTargetOnce: Bool, form: KernelForm = .best
    ) -> Gradients {
        let d = candidates.dimensions
        let width = candidates.panels * panelColumns
        precondition(
            queries.count >= rows.upperBound * d && targets.count >= rows.upperBound,
            "the rows lie in the batch")
        precondition(candidates.columns.count == width * d, "one row of numbers for each column")
        var gradients = Gradients(
            rows: rows, queries: [Float](repeating: 0, count: rows.count * d),
            candidates: [Float](repeating: 0, count: width * d))
        // Rows a multiple of 4 KiB apart would share their places in the first cache.
        let stride = width + panelColumns
        var scratch = [Float](repeating: 0, count: Int(ledge_block_rows) * stride)
        gradients.loss = candidates.columns.withUnsafeBufferPointer { columns in
            candidates.multiplicity.withUnsafeBufferPointer { multiplicity in
                let batch = ledge_candidates(
                    columns: columns.baseAddress, multiplicity: multiplicity.baseAddress,
                    panels: candidates.panels, dimensions: d,
                    counts_target_once: countsTargetOnce ? 1 : 0)
                return (form == .avx2 ? ledge_softmax_avx2 : ledge_softmax_plain)(
                    batch, Array(queries[rows.lowerBound * d..<rows.upperBound * d]),
                    Array(targets[rows]), rows.count, &gradients.queries, &gradients.candidates,
                    &scratch, stride)
            }
        }
        return gradients
    }
}
