import Foundation
import SQLite

/// HarperDB's functions of dates for SQL.
///
/// A date is a number of milliseconds since 1970, or a text such as `2020-4-1` or
/// `2020-04-01T12:30:00.000Z`; without a zone it is UTC's. What is no date, no unit or beyond
/// the years that JavaScript counts gives NULL.
enum SQLDates {
    /// What is allowed beside SQLite's own functions.
    static let names: Set<String> = [
        "now", "getdate", "get_server_time", "date_add", "date_sub", "date_diff", "date_format",
        "extract", "offset_utc",
    ]

    /// The farthest moment from 1970 on either side (ECMA-262, "Time Values").
    private static let millisecondsMax: Double = 8.64e15
    private static let formatBytesMax = 250

    /// - Parameter now: In milliseconds since 1970.
    static func define(on connection: SQLiteConnection, now: Int64) throws(SQLiteError) {
        for name in ["current_timestamp", "now", "getdate"] {
            try connection.define(name, arguments: 0) { _ in .integer(now) }
        }
        for (name, format) in [
            ("current_date", "YYYY-MM-DD"), ("current_time", "HH:mm:ss.SSS"),
            ("get_server_time", full), ("date", full),
        ] {
            let text = SQLDateFormat.text(now, format)
            try connection.define(name, arguments: 0) { _ in .text(text) }
        }
        try defineCalculations(on: connection)
    }

    private static let full = "YYYY-MM-DDTHH:mm:ss.SSSZZ"

    private static func defineCalculations(
        on connection: SQLiteConnection
    ) throws(SQLiteError) {
        try connection.define("date", arguments: 1) { values in
            milliseconds(values[0]).map { .text(SQLDateFormat.text($0, full)) } ?? .null
        }
        try connection.define("date_add", arguments: 3) { values in sum(values, sign: 1) }
        try connection.define("date_sub", arguments: 3) { values in sum(values, sign: -1) }
        for count: Int32 in [2, 3] {
            try connection.define("date_diff", arguments: count) { values in difference(values) }
        }
        try connection.define("date_format", arguments: 2) { values throws(SQLiteError) in
            guard let date = milliseconds(values[0]), let format = text(values[1]) else {
                return .null
            }
            guard format.utf8.count <= formatBytesMax else {
                throw SQLiteError(
                    code: .other, extendedCode: 0,
                    message: "a format of a date has at most \(formatBytesMax) bytes")
            }
            return .text(SQLDateFormat.text(date, format))
        }
        try connection.define("extract", arguments: 2) { values in
            guard let date = milliseconds(values[0]), let unit = text(values[1]).flatMap(Unit.init)
            else { return .null }
            return .text(SQLDateFormat.text(date, unit.format))
        }
        try connection.define("offset_utc", arguments: 2) { values in
            guard let date = milliseconds(values[0]), let offset = number(values[1]) else {
                return .null
            }
            // As moment.js has it: up to 16 it counts hours, beyond that minutes.
            let minutes = abs(offset) <= 16 ? offset * 60 : offset
            guard abs(minutes) <= 16 * 60 else { return .null }
            return .text(SQLDateFormat.text(date, full, zoneMinutes: Int64(minutes)))
        }
    }

    private static func sum(_ values: [SQLiteValue], sign: Double) -> SQLiteValue {
        guard let date = milliseconds(values[0]), let count = number(values[1]),
            let unit = text(values[2]).flatMap(Unit.init)
        else { return .null }
        let moved: Double
        if let months = unit.months {
            let (whole, day) = (sign * count.rounded(.towardZero) * months, SQLDay(date))
            // Beyond these the farthest moment is passed anyway.
            guard abs(whole) <= 12 * 300_000 else { return .null }
            moved = Double(day.adding(months: Int64(whole)).milliseconds)
        } else {
            moved = Double(date) + sign * count * unit.milliseconds
        }
        guard abs(moved) <= millisecondsMax else { return .null }
        return .integer(Int64(moved))
    }

    private static func difference(_ values: [SQLiteValue]) -> SQLiteValue {
        guard let left = milliseconds(values[0]), let right = milliseconds(values[1]) else {
            return .null
        }
        guard values.count == 3 else { return .integer(left - right) }
        guard let unit = text(values[2]).flatMap(Unit.init) else { return .null }
        guard let months = unit.months else {
            return .real(Double(left - right) / unit.milliseconds)
        }
        return .real(SQLDay.months(from: right, to: left) / months)
    }
}

// MARK: Arguments

extension SQLDates {
    /// A span of time under the names that moment.js has for it.
    private struct Unit {
        /// Nil for spans of a fixed length.
        let months: Double?
        let milliseconds: Double
        /// How `EXTRACT` shows this part of a date.
        let format: String

        init?(_ name: String) {
            let isShort = name.count <= 2
            switch isShort ? name : String(name.lowercased().trimmingSuffix("s")) {
            case "y", "year": (months, milliseconds, format) = (12, 0, "YYYY")
            case "Q", "quarter": (months, milliseconds, format) = (3, 0, "Q")
            case "M", "month": (months, milliseconds, format) = (1, 0, "MM")
            case "w", "week": (months, milliseconds, format) = (nil, 604_800_000, "DD")
            case "d", "day": (months, milliseconds, format) = (nil, 86_400_000, "DD")
            case "h", "hour": (months, milliseconds, format) = (nil, 3_600_000, "HH")
            case "m", "minute": (months, milliseconds, format) = (nil, 60_000, "mm")
            case "s", "second": (months, milliseconds, format) = (nil, 1_000, "ss")
            case "ms", "millisecond": (months, milliseconds, format) = (nil, 1, "SSS")
            default: return nil
            }
        }
    }

    private static func text(_ value: SQLiteValue) -> String? {
        if case .text(let text) = value { text } else { nil }
    }

    private static func number(_ value: SQLiteValue) -> Double? {
        switch value {
        case .integer(let whole): Double(whole)
        case .real(let real) where real.isFinite: real
        case .text(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    private static func milliseconds(_ value: SQLiteValue) -> Int64? {
        if case .text(let text) = value, let date = SQLDay.milliseconds(text) { return date }
        guard let number = number(value), abs(number) <= millisecondsMax else { return nil }
        return Int64(number)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> Substring {
        hasSuffix(suffix) ? dropLast(suffix.count) : self[...]
    }
}
