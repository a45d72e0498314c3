import SQLite

/// The functions that statements may call: SQLite's harmless ones and a few of ours.
enum SQLFunctions {
    /// True for the JSON value `true`, not for `false`, and everything else as it is.
    static let truth = "ledge_truth"

    /// A list of what is allowed, so that what a later SQLite brings is refused until somebody has
    /// read about it. Left out are functions that reach files, extensions or the inside of the
    /// connection, and blobs of any size out of nothing.
    private static let allowed: Set<String> = [
        "->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg",
        "ceil", "ceiling", "char", "coalesce", "cos", "cosh", "count", "cume_dist",
        "current_date", "current_time", "current_timestamp", "date", "datetime", "degrees",
        "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat", "hex",
        "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_extract",
        "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch",
        "json_quote", "json_remove", "json_replace", "json_set", "json_type", "json_valid",
        "julianday", "lag", "last_value", "lead", "length", "like", "likelihood", "likely", "ln",
        "log", "log10", "log2", "lower", "ltrim", "max", "min", "mod", "nth_value", "ntile",
        "nullif", "percent_rank", "pi", "pow", "power", "printf", "quote", "radians", "random",
        "rank", "regexp", "replace", "round", "row_number", "rtrim", "sign", "sin", "sinh",
        "sqrt", "strftime", "substr", "substring", "sum", "tan", "tanh", "time", "total", "trim",
        "trunc", "typeof", "unicode", "unixepoch", "unlikely", "upper", truth,
    ]

    static func isAllowed(_ name: String) -> Bool {
        let name = name.lowercased()
        return allowed.contains(name) || SQLDates.names.contains(name)
    }

    /// Defines our functions for one statement; no other statement may be running.
    ///
    /// - Parameter now: In milliseconds since 1970; one value however often a statement asks.
    static func define(
        on connection: SQLiteConnection, now: Int64, deadline: SQLDeadline
    ) throws(SQLiteError) {
        try SQLDates.define(on: connection, now: now)
        try connection.define(truth, arguments: 1) { arguments in
            switch arguments.first {
            case .blob(let json)?: .integer(json == Array("true".utf8) ? 1 : 0)
            case let other?: other
            case nil: .null
            }
        }
        // SQLite's own gives any 64-bit integer.
        try connection.define("random", arguments: 0, isDeterministic: false) { _ in
            .real(Double.random(in: 0..<1))
        }
        let patterns = PatternCache()
        // SQLite turns `text REGEXP pattern` into `regexp(pattern, text)`.
        try connection.define("regexp", arguments: 2) { arguments throws(SQLiteError) in
            guard case .text(let pattern)? = arguments.first, let subject = text(arguments.last)
            else { return .null }
            let program = try patterns.program(for: pattern)
            let isFound = try program.matches(subject, stoppingAt: deadline)
            return .integer(isFound ? 1 : 0)
        }
    }

    /// What a pattern is held against; numbers as they are written.
    private static func text(_ value: SQLiteValue?) -> String? {
        switch value {
        case .text(let text)?: text
        case .integer(let whole)?: String(whole)
        case .real(let real)?: String(real)
        case .blob(let json)?: String(decoding: json, as: UTF8.self)
        case .null?, nil: nil
        }
    }

    /// The latest pattern, compiled: a statement nearly always has one.
    private final class PatternCache {
        private var latest: (text: String, program: SQLPattern)?

        func program(for text: String) throws(SQLiteError) -> SQLPattern {
            if let latest, latest.text == text { return latest.program }
            do throws(TableStorageError) {
                let program = try SQLPattern(text)
                latest = (text, program)
                return program
            } catch {
                throw SQLiteError(code: .other, extendedCode: 0, message: error.message)
            }
        }
    }
}

/// When a statement has run long enough.
struct SQLDeadline: Sendable {
    let limit: Duration
    private let end: ContinuousClock.Instant

    init(in limit: Duration) {
        self.limit = limit
        end = ContinuousClock.now + limit
    }

    var isOver: Bool { ContinuousClock.now > end }

    /// - Throws: `.interrupted`.
    func check() throws(SQLiteError) {
        guard isOver else { return }
        throw SQLiteError(code: .interrupted, extendedCode: 0, message: "interrupted")
    }
}
