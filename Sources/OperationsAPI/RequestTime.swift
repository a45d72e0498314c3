import Foundation
import JSON

/// Times as clients write them.
enum RequestTime {
    /// Years of four digits: beyond them nobody means a time.
    private static let millisecondsMax = 253_402_300_799_999

    /// Milliseconds since 1970, or a text of ISO 8601: a date, with or without a time of day, a
    /// fraction and a zone. Without a zone it is UTC.
    static func date(_ value: JSONValue) -> Date? {
        if let milliseconds = value.doubleValue {
            guard abs(milliseconds) <= Double(millisecondsMax) else { return nil }
            return Date(timeIntervalSince1970: milliseconds / 1_000)
        }
        return value.stringValue.flatMap(parse)
    }

    private static func parse(_ text: String) -> Date? {
        let pattern =
            /(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?/
        guard text.utf8.count <= 40, let match = text.wholeMatch(of: pattern)?.output else {
            return nil
        }
        let components = DateComponents(
            timeZone: .gmt, year: Int(match.1), month: Int(match.2), day: Int(match.3),
            hour: Int(match.4 ?? "0"), minute: Int(match.5 ?? "0"), second: Int(match.6 ?? "0"))
        let calendar = Calendar(identifier: .gregorian)
        // The calendar would take the 30th of February for the second of March.
        guard components.isValidDate(in: calendar), let day = calendar.date(from: components) else {
            return nil
        }
        let fraction = match.7.flatMap { Double("0\($0)") } ?? 0
        return day.addingTimeInterval(fraction - Double(offsetSeconds(match.8 ?? "Z")))
    }

    /// Of `Z`, `+0100` or `-01:30`.
    private static func offsetSeconds(_ zone: Substring) -> Int {
        let digits = zone.filter(\.isNumber)
        guard let hours = Int(digits.prefix(2)), let minutes = Int(digits.suffix(2)) else {
            return 0
        }
        let seconds = hours * 3_600 + minutes * 60
        return zone.first == "-" ? -seconds : seconds
    }
}
