/// Reads a regular expression.
struct SQLPatternParser {
    private let text: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    private typealias Node = SQLPattern.Node

    init(_ text: String) throws(TableStorageError) {
        guard text.utf8.count <= TableLimits.patternBytesMax else {
            throw TableStorageError(
                .limitExceeded,
                "a pattern has \(text.utf8.count) bytes, the limit is "
                    + "\(TableLimits.patternBytesMax)")
        }
        self.text = Array(text.unicodeScalars)
    }

    mutating func parse() throws(TableStorageError) -> SQLPattern.Node {
        let node = try choice()
        guard current == nil else { throw refusal("a bracket is closed that was not opened") }
        return node
    }

    private var current: Unicode.Scalar? { index < text.count ? text[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        index += 1
        return true
    }

    private func refusal(_ reason: String) -> TableStorageError {
        TableStorageError(.invalidSQL, "the pattern is no regular expression: \(reason)")
    }

    private mutating func choice() throws(TableStorageError) -> SQLPattern.Node {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(TableStorageError) -> SQLPattern.Node {
        var nodes: [Node] = []
        while let next = current, next != "|", next != ")" {
            nodes.append(try repeated(try atom()))
        }
        return .sequence(nodes)
    }

    private mutating func atom() throws(TableStorageError) -> SQLPattern.Node {
        guard let scalar = current else { throw refusal("it ends too early") }
        index += 1
        switch scalar {
        case "(": return try group()
        case "[": return .one(try characterClass())
        case ".": return .one(.notLineEnd)
        case "^": return .assert(.start)
        case "$": return .assert(.end)
        case "\\": return try escape()
        case "*", "+", "?": throw refusal("nothing is there to repeat")
        default: return .one(SQLPatternSet(ranges: [scalar...scalar]))
        }
    }

    private mutating func group() throws(TableStorageError) -> SQLPattern.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TableLimits.patternDepthMax else {
            throw TableStorageError(
                .limitExceeded,
                "groups of a pattern nest at most \(TableLimits.patternDepthMax) deep")
        }
        if take("?"), !take(":") { throw refusal("groups neither look ahead nor have names") }
        let node = try choice()
        guard take(")") else { throw refusal("a bracket is not closed") }
        return node
    }
}

// MARK: Repetition

extension SQLPatternParser {
    private mutating func repeated(
        _ node: SQLPattern.Node
    ) throws(TableStorageError) -> SQLPattern.Node {
        var node = node
        while let (least, most) = try repetition() {
            node = .repeated(node, least: least, most: most)
            // Whether as much or as little as possible is taken makes no difference to a yes.
            _ = take("?")
        }
        return node
    }

    private mutating func repetition() throws(TableStorageError) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        let least = try count()
        guard take(",") else { return try closed(least, least) }
        return try closed(least, current == "}" ? nil : try count())
    }

    private mutating func closed(
        _ least: Int, _ most: Int?
    ) throws(TableStorageError) -> (least: Int, most: Int?) {
        guard take("}"), least <= most ?? least else {
            throw refusal("a repetition is written {2}, {2,} or {2,5}")
        }
        return (least, most)
    }

    private mutating func count() throws(TableStorageError) -> Int {
        var digits = ""
        while let digit = current, SQLPatternSet.digit.contains(digit) {
            digits.unicodeScalars.append(digit)
            index += 1
        }
        guard let count = Int(digits), count <= TableLimits.patternStepsMax else {
            throw refusal("a repetition is a number up to \(TableLimits.patternStepsMax)")
        }
        return count
    }
}

// MARK: Characters

extension SQLPatternParser {
    private static let sets: [Unicode.Scalar: SQLPatternSet] = [
        "d": .digit, "D": .digit.inverted, "w": .word, "W": .word.inverted, "s": .space,
        "S": .space.inverted,
    ]
    private static let controls: [Unicode.Scalar: Unicode.Scalar] = [
        "t": "\t", "n": "\n", "r": "\r", "f": "\u{C}", "v": "\u{B}",
    ]

    private mutating func escape() throws(TableStorageError) -> SQLPattern.Node {
        if take("b") { return .assert(.wordEdge) }
        if take("B") { return .assert(.noWordEdge) }
        return .one(try escapedSet())
    }

    /// What a backslash means outside and inside of a class.
    private mutating func escapedSet() throws(TableStorageError) -> SQLPatternSet {
        guard let scalar = current else { throw refusal("a backslash ends it") }
        index += 1
        if let set = Self.sets[scalar] { return set }
        let meant = Self.controls[scalar] ?? scalar
        guard meant != scalar || !SQLPatternSet.word.contains(scalar) else {
            throw refusal("\\\(scalar) is not known here")
        }
        return SQLPatternSet(ranges: [meant...meant])
    }

    private mutating func characterClass() throws(TableStorageError) -> SQLPatternSet {
        let isInverted = take("^")
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while !take("]") {
            let first = try member()
            guard current == "-", index + 1 < text.count, text[index + 1] != "]" else {
                ranges += first.plainRanges
                continue
            }
            index += 1
            guard let lower = first.single, let upper = try member().single, lower <= upper else {
                throw refusal("a range goes from one character up to another")
            }
            ranges.append(lower...upper)
        }
        guard !ranges.isEmpty else { throw refusal("a class is empty") }
        return SQLPatternSet(ranges: ranges, isInverted: isInverted)
    }

    private mutating func member() throws(TableStorageError) -> SQLPatternSet {
        guard let scalar = current else { throw refusal("a class is not closed") }
        index += 1
        guard scalar == "\\" else { return SQLPatternSet(ranges: [scalar...scalar]) }
        return try escapedSet()
    }
}

extension SQLPatternSet {
    /// The character, if the set has exactly one.
    fileprivate var single: Unicode.Scalar? {
        guard !isInverted, ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound else {
            return nil
        }
        return ranges[0].lowerBound
    }
}
