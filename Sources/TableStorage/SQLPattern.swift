import SQLite

/// A regular expression, matched in time proportional to the text and the expression.
///
/// No step is ever taken back: all ways to match go on side by side, as in R. Cox, "Regular
/// Expression Matching Can Be Simple And Fast" (2007). So a client's pattern is no weapon, and
/// there are no back references, which need going back.
///
/// Literals, `.`, classes `[a-z]` and `[^a-z]`, `\d \w \s \b` and their capitals, `^ $`, groups,
/// `|`, `* + ?` and `{m,n}`. Case matters; a dot is any character but a line's end.
struct SQLPattern: Sendable {
    enum Step: Sendable {
        case one(SQLPatternSet)
        /// Goes on at both places.
        case either(Int, Int)
        case jump(Int)
        case assert(Assertion)
        case found
    }

    enum Assertion: Sendable { case start, end, wordEdge, noWordEdge }

    /// Part of an expression.
    indirect enum Node: Sendable {
        case one(SQLPatternSet)
        case assert(Assertion)
        case sequence([Node])
        case choice([Node])
        case repeated(Node, least: Int, most: Int?)
    }

    private let steps: [Step]
    /// How many characters pass between two looks at the clock.
    private static let charactersPerLook = 64

    /// - Throws: `.invalidSQL` for what is no expression, `.limitExceeded`.
    init(_ text: String) throws(TableStorageError) {
        var parser = try SQLPatternParser(text)
        var compiler = Compiler()
        try compiler.add(try parser.parse())
        try compiler.append(.found)
        steps = compiler.steps
    }

    /// Whether the expression matches anywhere in a text.
    ///
    /// - Throws: `.interrupted` when the time is over.
    func matches(_ text: String, stoppingAt deadline: SQLDeadline) throws(SQLiteError) -> Bool {
        var (threads, next) = (Threads(count: steps.count), Threads(count: steps.count))
        var before: Unicode.Scalar?
        var untilLook = Self.charactersPerLook
        for scalar in text.unicodeScalars {
            // A match may begin at every place.
            if add(0, to: &threads, before: before, behind: scalar) { return true }
            next.clear()
            for place in threads.places {
                guard case .one(let set) = steps[place], set.contains(scalar) else { continue }
                next.waiting.append(place + 1)
            }
            (threads, next) = (next, threads)
            before = scalar
            untilLook -= 1
            if untilLook == 0 {
                try deadline.check()
                untilLook = Self.charactersPerLook
            }
        }
        return add(0, to: &threads, before: before, behind: nil)
    }

    /// Follows everything that takes no character, from what waits and from a place.
    ///
    /// - Returns: Whether the end of the expression was reached.
    private func add(
        _ start: Int, to threads: inout Threads, before: Unicode.Scalar?, behind: Unicode.Scalar?
    ) -> Bool {
        threads.waiting.append(start)
        while let place = threads.waiting.popLast() {
            guard threads.insert(place) else { continue }
            switch steps[place] {
            case .one: break
            case .either(let first, let second): threads.waiting += [second, first]
            case .jump(let target): threads.waiting.append(target)
            case .assert(let assertion):
                if assertion.holds(before: before, behind: behind) {
                    threads.waiting.append(place + 1)
                }
            case .found: return true
            }
        }
        return false
    }

    /// The places in the expression that the text has reached, each once.
    private struct Threads {
        private(set) var places: [Int] = []
        /// Places whose steps are still to be followed.
        var waiting: [Int] = []
        private var isIn: [Bool]

        init(count: Int) { isIn = Array(repeating: false, count: count) }

        mutating func insert(_ place: Int) -> Bool {
            guard !isIn[place] else { return false }
            isIn[place] = true
            places.append(place)
            return true
        }

        mutating func clear() {
            for place in places { isIn[place] = false }
            places.removeAll(keepingCapacity: true)
            waiting.removeAll(keepingCapacity: true)
        }
    }
}

extension SQLPattern.Assertion {
    fileprivate func holds(before: Unicode.Scalar?, behind: Unicode.Scalar?) -> Bool {
        let isEdge = Self.isWord(before) != Self.isWord(behind)
        return switch self {
        case .start: before == nil
        case .end: behind == nil
        case .wordEdge: isEdge
        case .noWordEdge: !isEdge
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
        scalar.map(SQLPatternSet.word.contains) ?? false
    }
}

extension SQLPattern {
    /// Turns an expression into steps; repetition is copying, within the limit.
    private struct Compiler {
        private(set) var steps: [Step] = []
        /// Parts are counted too: a group of nothing makes no step however often it is repeated.
        private var parts = 0

        mutating func append(_ step: Step) throws(TableStorageError) {
            steps.append(step)
            try check(steps.count)
        }

        private func check(_ count: Int) throws(TableStorageError) {
            guard count <= TableLimits.patternStepsMax else {
                throw TableStorageError(
                    .limitExceeded,
                    "a pattern has at most \(TableLimits.patternStepsMax) steps, "
                        + "and repetition copies them")
            }
        }

        mutating func add(_ node: Node) throws(TableStorageError) {
            parts += 1
            try check(parts)
            switch node {
            case .one(let set): try append(.one(set))
            case .assert(let assertion): try append(.assert(assertion))
            case .sequence(let nodes): for node in nodes { try add(node) }
            case .choice(let nodes): try addChoice(nodes[...])
            case .repeated(let node, let least, let most):
                for _ in 0..<least { try add(node) }
                guard let most else { return try addLoop(node) }
                for _ in least..<most { try addOptional(node) }
            }
        }

        private mutating func addChoice(_ nodes: ArraySlice<Node>) throws(TableStorageError) {
            guard let first = nodes.first else { return }
            guard nodes.count > 1 else { return try add(first) }
            let fork = steps.count
            try append(.jump(fork))
            try add(first)
            let exit = steps.count
            try append(.jump(exit))
            steps[fork] = .either(fork + 1, steps.count)
            try addChoice(nodes.dropFirst())
            steps[exit] = .jump(steps.count)
        }

        private mutating func addLoop(_ node: Node) throws(TableStorageError) {
            let fork = steps.count
            try append(.jump(fork))
            try add(node)
            try append(.jump(fork))
            steps[fork] = .either(fork + 1, steps.count)
        }

        private mutating func addOptional(_ node: Node) throws(TableStorageError) {
            let fork = steps.count
            try append(.jump(fork))
            try add(node)
            steps[fork] = .either(fork + 1, steps.count)
        }
    }
}

/// A set of characters.
struct SQLPatternSet: Sendable {
    var ranges: [ClosedRange<Unicode.Scalar>]
    var isInverted = false

    static let digit = SQLPatternSet(ranges: ["0"..."9"])
    static let word = SQLPatternSet(ranges: ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"])
    static let space = SQLPatternSet(ranges: [
        "\t"..."\r", " "..." ", "\u{A0}"..."\u{A0}", "\u{2028}"..."\u{2029}",
    ])
    /// The dot.
    static let notLineEnd = SQLPatternSet(
        ranges: ["\n"..."\n", "\r"..."\r", "\u{2028}"..."\u{2029}"], isInverted: true)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar) } != isInverted
    }

    /// Everything else.
    var inverted: SQLPatternSet { SQLPatternSet(ranges: ranges, isInverted: !isInverted) }

    /// The ranges of what the set contains, so that they can become part of a class.
    var plainRanges: [ClosedRange<Unicode.Scalar>] {
        guard isInverted else { return ranges }
        var free: [ClosedRange<Unicode.Scalar>] = []
        var start: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound.value > start {
                Self.append(start, range.lowerBound.value - 1, to: &free)
            }
            start = max(start, range.upperBound.value + 1)
        }
        Self.append(start, 0x10FFFF, to: &free)
        return free
    }

    /// Surrogates are no characters: a bound among them moves out.
    private static func append(
        _ lower: UInt32, _ upper: UInt32, to ranges: inout [ClosedRange<Unicode.Scalar>]
    ) {
        guard let lower = Unicode.Scalar(lower), let upper = Unicode.Scalar(upper), lower <= upper
        else { return }
        ranges.append(lower...upper)
    }
}
