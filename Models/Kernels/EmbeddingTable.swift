import CKernels

/// A table of embeddings that learns, with what its optimiser remembers of each row.
///
/// Rows are padded to whole registers; a column beyond `columns` is 0 and stays so.
package struct EmbeddingTable: Sendable, Hashable {
    package let rowCount: Int
    /// Columns that mean something.
    package let columns: Int
    /// Columns with padding.
    let width: Int
    /// Shape (rows, 4, width): weights, last direction, first and second moment.
    private var values: [Float]
    private var steps: [Int32]
    private var places: [Int32]
    private var touched: [Int32]
    private var touchedCount: Int32 = 0
    private var gradients: [Float]
    /// The place among the touched rows of each example of the batch, shape (batch).
    private var examplePlaces: [Int32]

    /// Which machine code works on the rows.
    let form: KernelForm

    private static let parts = 4

    /// - Parameters:
    ///   - weights: Shape (rows, columns).
    ///   - batch: How many rows a batch touches at most.
    package init(
        weights: [Float], rowCount: Int, columns: Int, batch: Int, rule: LearningRule,
        form: KernelForm = .best
    ) {
        precondition(weights.count == rowCount * columns, "weights fill their rows")
        self.form = form
        self.rowCount = rowCount
        self.columns = columns
        width = Lanes.padded(columns)
        values = [Float](repeating: 0, count: rowCount * Self.parts * width)
        steps = [Int32](repeating: 0, count: rowCount)
        places = [Int32](repeating: -1, count: rowCount)
        touched = [Int32](repeating: 0, count: batch)
        gradients = [Float](repeating: 0, count: batch * width)
        examplePlaces = touched
        let start = rule.kind == .adagrad ? rule.accumulatorStart : 0
        for row in 0..<rowCount {
            let from = row * Self.parts * width
            for column in 0..<columns { values[from + column] = weights[row * columns + column] }
            for column in 0..<width { values[from + 3 * width + column] = start }
        }
    }

    /// The weights without padding, shape (rows, columns).
    package var weights: [Float] {
        var weights: [Float] = []
        weights.reserveCapacity(rowCount * columns)
        for row in 0..<rowCount {
            let from = row * Self.parts * width
            weights.append(contentsOf: values[from..<from + columns])
        }
        return weights
    }

    /// Everything that a checkpoint must keep between two epochs, shape (rows, 4, width).
    package var state: [Float] { values }

    /// - Returns: False, with nothing changed, if the state is of another size.
    package mutating func restore(_ state: [Float]) -> Bool {
        guard state.count == values.count else { return false }
        values = state
        return true
    }

    mutating func withRows<Result>(
        _ body: (UnsafeMutablePointer<rating_rows>) -> Result
    ) -> Result {
        let width = Int32(width)
        return values.withUnsafeMutableBufferPointer { values in
            steps.withUnsafeMutableBufferPointer { steps in
                places.withUnsafeMutableBufferPointer { places in
                    touched.withUnsafeMutableBufferPointer { touched in
                        gradients.withUnsafeMutableBufferPointer { gradients in
                            var rows = rating_rows(
                                values: values.baseAddress, steps: steps.baseAddress,
                                places: places.baseAddress, touched: touched.baseAddress,
                                gradients: gradients.baseAddress, touched_count: touchedCount,
                                width: width)
                            defer { touchedCount = rows.touched_count }
                            return withUnsafeMutablePointer(to: &rows, body)
                        }
                    }
                }
            }
        }
    }

    /// For reading: nothing behind the pointer changes.
    func withWeights<Result>(_ body: (UnsafePointer<rating_rows>) -> Result) -> Result {
        values.withUnsafeBufferPointer { values in
            let rows = rating_rows(
                values: UnsafeMutablePointer(mutating: values.baseAddress), steps: nil, places: nil,
                touched: nil, gradients: nil, touched_count: 0, width: Int32(width))
            return withUnsafePointer(to: rows, body)
        }
    }

    /// Brings the rows of a batch up to date and puts their embeddings into `x` at `offset`.
    ///
    /// - Parameter ids: The batch's rows; readable for some more than `count`.
    mutating func gather(
        _ ids: UnsafePointer<Int32>, count: Int, _ table: UnsafePointer<rating_schedule>,
        step: Int32, into x: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let code = form.code
        var examplePlaces = takePlaces()
        withRows { rows in
            rating_rows_touch(code, rows, ids, Int32(count), table, step, &examplePlaces)
            rating_rows_gather(code, rows, ids, Int32(count), x, Int32(stride))
        }
        self.examplePlaces = examplePlaces
    }

    /// Moves the rows of the batch that was gathered by the gradients in `dx`.
    mutating func apply(
        _ dx: UnsafePointer<Float>, stride: Int, decay: Float, _ ids: UnsafePointer<Int32>,
        count: Int, _ table: UnsafePointer<rating_schedule>, step: Int32
    ) {
        let (code, examplePlaces) = (form.code, examplePlaces)
        withRows { rows in
            rating_rows_add(
                code, rows, ids, examplePlaces, Int32(count), dx, Int32(stride), decay)
            rating_rows_apply(code, rows, table, step)
        }
    }

    /// The places without a second owner, so that writing to them copies nothing.
    private mutating func takePlaces() -> [Int32] {
        var places: [Int32] = []
        swap(&places, &examplePlaces)
        return places
    }

    /// Brings every row up to the end of an epoch.
    mutating func finish(_ schedule: StepSchedule) {
        let (code, count) = (form.code, Int32(rowCount))
        withRows { rows in
            schedule.withTable {
                rating_rows_finish(code, rows, count, $0, Int32(schedule.stepCount))
            }
        }
    }
}

extension rating_rows {
    /// Where the weights of a row begin.
    func row(_ id: Int32) -> UnsafeMutablePointer<Float> { values + Int(id) * 4 * Int(width) }
}

/// Registers of floats.
enum Lanes {
    static let count = Int(RATING_LANES)

    /// The next whole number of registers.
    static func padded(_ columns: Int) -> Int { (columns + count - 1) / count * count }
}

/// Who gave what which rating, in the order in which it is learned.
package struct RatedExamples: Sendable, Hashable {
    package let count: Int
    /// Longer than `count`: rows are asked for some examples ahead.
    package private(set) var readers: [Int32]
    package private(set) var items: [Int32]
    package private(set) var ratings: [Float]

    private static let ahead = 16

    /// - Precondition: the three columns are equally long.
    package init(readers: [Int32], items: [Int32], ratings: [Float]) {
        precondition(
            readers.count == items.count && items.count == ratings.count,
            "columns of one table are equally long")
        count = ratings.count
        self.readers = readers + repeatElement(0, count: Self.ahead)
        self.items = items + repeatElement(0, count: Self.ahead)
        self.ratings = ratings
    }

    /// Takes the examples of another list in the given order.
    ///
    /// - Precondition: both are equally long, and the order names each of them once.
    package mutating func arrange(_ other: RatedExamples, by order: [Int32]) {
        precondition(other.count == count && order.count == count, "one place for each example")
        for (place, source) in order.enumerated() {
            readers[place] = other.readers[Int(source)]
            items[place] = other.items[Int(source)]
            ratings[place] = other.ratings[Int(source)]
        }
    }
}

/// A rating model while it learns.
package protocol RatingLearner: Sendable {
    var readers: EmbeddingTable { get }
    var items: EmbeddingTable { get }

    /// Learns batches `steps` of an epoch, 1 being the first.
    ///
    /// - Returns: The sum of the squared errors, each taken before its batch was learned.
    mutating func learn(
        _ examples: RatedExamples, steps: ClosedRange<Int>, schedule: StepSchedule
    ) -> Double

    /// Must be called after the last step of an epoch, before anything is predicted.
    mutating func finishEpoch(_ schedule: StepSchedule)

    func predictions(for examples: RatedExamples) -> [Float]

    /// What a checkpoint must keep between two epochs, by name.
    var state: [(name: String, values: [Float])] { get }

    /// - Returns: False if a tensor is missing or has another size; the learner is useless then.
    mutating func restore(_ state: [String: [Float]]) -> Bool
}
