import CKernels
import Dispatch
import Synchronization

/// A batch of questions for a two-tower model: who is asked with what.
///
/// Letters: B examples, q items of a question, U readers among the examples.
package struct TwoTowerBatch: Sendable {
    /// The distinct readers, in the order of their first example: shape (U).
    package private(set) var readers: [Int32] = []
    /// The place of each example's reader among them, shape (B).
    package private(set) var targets: [Int32]
    /// Items of each example, shape (B, q); longer than that, for rows are asked for ahead.
    fileprivate private(set) var items: [Int32]
    /// For each reader of the data its place among those of the batch, or `absent`.
    private var places: [Int32]

    private static let absent: Int32 = -1
    fileprivate static let ahead = 16

    package init(examples: Int, queryItems: Int, readerCount: Int) {
        targets = [Int32](repeating: 0, count: examples)
        items = [Int32](repeating: 0, count: examples * queryItems + Self.ahead)
        places = [Int32](repeating: Self.absent, count: readerCount)
    }

    /// Forgets the examples; all B must be set anew.
    package mutating func clear() {
        for reader in readers { places[Int(reader)] = Self.absent }
        readers.removeAll(keepingCapacity: true)
    }

    package mutating func setReader(_ reader: Int32, of example: Int) {
        if places[Int(reader)] == Self.absent {
            places[Int(reader)] = Int32(readers.count)
            readers.append(reader)
        }
        targets[example] = places[Int(reader)]
    }

    /// - Parameter place: `example * q + position`.
    package mutating func setItem(_ item: Int32, at place: Int) { items[place] = item }
}

/// Learns two towers: the mean of a question's item embeddings finds its reader's embedding.
///
/// The loss is the softmax over the readers of the batch; see ``SoftmaxBlock``. A batch is always
/// cut into the same parts and their sums are added in the same order, so the result does not
/// depend on the number of processors.
package struct TwoTowerLearner: Sendable {
    package struct Form: Sendable, Hashable {
        package var dimensions: Int
        /// Items of a question.
        package var queryItems: Int
        /// Whether other examples of an example's own reader are left out of its negatives.
        package var masksRepeatedReaders: Bool

        package init(dimensions: Int, queryItems: Int, masksRepeatedReaders: Bool) {
            self.dimensions = dimensions
            self.queryItems = queryItems
            self.masksRepeatedReaders = masksRepeatedReaders
        }
    }

    private let form: Form
    package private(set) var items: EmbeddingTable
    package private(set) var readers: EmbeddingTable
    private var candidates: SoftmaxBlock.Candidates

    /// Parts that a batch is cut into, whatever the number of processors.
    private static let partCount = 4

    /// - Precondition: tables have the form's columns; that of the items has room for all items of
    ///   a batch's questions, that of the readers for all its examples.
    package init(form: Form, items: EmbeddingTable, readers: EmbeddingTable) {
        precondition(
            items.columns == form.dimensions && readers.columns == form.dimensions,
            "one form of rows")
        self.form = form
        self.items = items
        self.readers = readers
        candidates = SoftmaxBlock.Candidates(dimensions: form.dimensions)
    }

    /// Learns a batch.
    ///
    /// - Parameter step: Its number in the schedule, 1 being the first.
    /// - Returns: The mean loss of the batch before it was learned, in nats.
    package mutating func learn(
        _ batch: TwoTowerBatch, step: Int, schedule: StepSchedule
    ) -> Double {
        schedule.withTable { table in
            let queries = gather(batch, table, Int32(step))
            let parts = differentiate(queries, batch)
            applyToItems(parts, batch, table, Int32(step))
            applyToReaders(parts, batch, table, Int32(step))
            return parts.reduce(0) { $0 + $1.loss } / Double(batch.targets.count)
        }
    }

    /// Takes over what a checkpoint has kept of both tables.
    ///
    /// - Returns: False if a table is missing or of another size; the learner is useless then.
    package mutating func restore(items: [Float]?, readers: [Float]?) -> Bool {
        guard let items, let readers else { return false }
        return self.items.restore(items) && self.readers.restore(readers)
    }

    /// Must be called after the last step of a schedule, before anything is asked.
    package mutating func finish(_ schedule: StepSchedule) {
        items.finish(schedule)
        readers.finish(schedule)
    }

    /// Brings the rows of the batch up to date; the means of the questions, shape (B, d).
    private mutating func gather(
        _ batch: TwoTowerBatch, _ table: UnsafePointer<rating_schedule>, _ step: Int32
    ) -> [Float] {
        let (d, q, width) = (form.dimensions, form.queryItems, items.width)
        let exampleCount = batch.targets.count
        var rows = [Float](repeating: 0, count: exampleCount * q * width)
        items.gather(
            batch.items, count: exampleCount * q, table, step: step, into: &rows, stride: width)
        var queries = [Float](repeating: 0, count: exampleCount * d)
        let scale = 1 / Float(q)
        queries.withUnsafeMutableBufferPointer { queries in
            rows.withUnsafeBufferPointer { rows in
                guard let queries = queries.baseAddress, let rows = rows.baseAddress else { return }
                for place in 0..<exampleCount * q {
                    VectorKernels.axpy(scale, rows + place * width, queries + place / q * d, d)
                }
            }
        }

        var columns = [Float](repeating: 0, count: batch.readers.count * width)
        readers.gather(
            batch.readers + [Int32](repeating: 0, count: TwoTowerBatch.ahead),
            count: batch.readers.count, table, step: step, into: &columns, stride: width)
        candidates.fill(with: columns, stride: width, examples: batch.targets)
        return queries
    }

    private func differentiate(
        _ queries: [Float], _ batch: TwoTowerBatch
    ) -> [SoftmaxBlock.Gradients] {
        let (form, candidates) = (form, candidates)
        let parts = Mutex<[SoftmaxBlock.Gradients?]>(Array(repeating: nil, count: Self.partCount))
        DispatchQueue.concurrentPerform(iterations: Self.partCount) { part in
            let gradients = SoftmaxBlock.gradients(
                of: Self.rows(of: part, batch.targets.count), queries: queries,
                targets: batch.targets, candidates: candidates,
                countsTargetOnce: form.masksRepeatedReaders)
            parts.withLock { $0[part] = gradients }
        }
        return parts.withLock { $0.compactMap(\.self) }
    }

    /// Parts are whole blocks but for the last.
    private static func rows(of part: Int, _ count: Int) -> Range<Int> {
        let blocks = (count + SoftmaxBlock.rows - 1) / SoftmaxBlock.rows
        let first = blocks * part / partCount * SoftmaxBlock.rows
        let end = blocks * (part + 1) / partCount * SoftmaxBlock.rows
        return min(count, first)..<min(count, end)
    }

    private mutating func applyToItems(
        _ parts: [SoftmaxBlock.Gradients], _ batch: TwoTowerBatch,
        _ table: UnsafePointer<rating_schedule>, _ step: Int32
    ) {
        let (d, q, width) = (form.dimensions, form.queryItems, items.width)
        let count = batch.targets.count * q
        var gradients = [Float](repeating: 0, count: count * width)
        let scale = 1 / Float(q)
        for part in parts {
            part.queries.withUnsafeBufferPointer { dq in
                gradients.withUnsafeMutableBufferPointer { gradients in
                    guard let dq = dq.baseAddress, let gradients = gradients.baseAddress else {
                        return
                    }
                    for place in part.rows.lowerBound * q..<part.rows.upperBound * q {
                        let row = dq + (place / q - part.rows.lowerBound) * d
                        VectorKernels.axpy(scale, row, gradients + place * width, d)
                    }
                }
            }
        }
        items.apply(
            gradients, stride: width, decay: 0, batch.items, count: count, table, step: step)
    }

    private mutating func applyToReaders(
        _ parts: [SoftmaxBlock.Gradients], _ batch: TwoTowerBatch,
        _ table: UnsafePointer<rating_schedule>, _ step: Int32
    ) {
        let (d, width) = (form.dimensions, readers.width)
        let count = batch.readers.count
        var gradients = [Float](repeating: 0, count: count * width)
        for part in parts {
            for column in 0..<count {
                let start = candidates.start(of: column)
                for k in 0..<d {
                    gradients[column * width + k] +=
                        part.candidates[start + k * SoftmaxBlock.panelColumns]
                }
            }
        }
        readers.apply(
            gradients, stride: width, decay: 0,
            batch.readers + [Int32](repeating: 0, count: TwoTowerBatch.ahead), count: count, table,
            step: step)
    }
}

extension SoftmaxBlock.Candidates {
    /// Takes the rows of a batch's distinct readers as columns.
    ///
    /// - Parameters:
    ///   - rows: Shape (U, stride), of which the first d of each row count.
    ///   - examples: The column that each example of the batch asks for.
    fileprivate mutating func fill(with rows: [Float], stride: Int, examples: [Int32]) {
        let count = rows.count / stride
        let width = SoftmaxBlock.panels(for: count) * SoftmaxBlock.panelColumns
        multiplicity = [Float](repeating: 0, count: width)
        for column in examples { multiplicity[Int(column)] += 1 }
        columns = [Float](repeating: 0, count: width * dimensions)
        for column in 0..<width {
            let to = start(of: column)
            let from = (column < count ? column : 0) * stride
            for k in 0..<dimensions { columns[to + k * SoftmaxBlock.panelColumns] = rows[from + k] }
        }
    }
}
