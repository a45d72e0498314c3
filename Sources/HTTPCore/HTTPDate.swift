/// Times as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
package enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let secondsPerDay = 86_400
    /// The first of January 1970 was a Thursday.
    private static let epochWeekday = 4
    /// 9999-12-31T23:59:59Z, the last one with four digits for its year.
    private static let secondsMax = 253_402_300_799

    /// - Parameter seconds: Since 1970 in UTC, without leap seconds; the year has four digits.
    package static func text(secondsSince1970 seconds: Int) -> String {
        let seconds = min(max(seconds, 0), secondsMax)
        let (day, time) = seconds.quotientAndRemainder(dividingBy: secondsPerDay)
        let (year, month, dayOfMonth) = civil(day: day)
        let weekday = days[(day + epochWeekday) % days.count]
        let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
        return "\(weekday), \(two(dayOfMonth)) \(months[month - 1]) \(four(year)) \(clock) GMT"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func four(_ number: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// The proleptic Gregorian date of a day counted from 1970. Years are counted from March,
    /// so that the leap day is the last of its year; 400 years have 146,097 days.
    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let daysFromYearZero = 719_468
        let daysPerEra = 146_097
        let (era, dayOfEra) = (day + daysFromYearZero).quotientAndRemainder(dividingBy: daysPerEra)
        let leapDays = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfMonth)
    }
}

/// The Date field's text, made anew only when the second changes: thousands of answers share it.
package struct HTTPDateCache {
    private var second = Int.min
    private var text = ""

    package init() {}

    package mutating func text(secondsSince1970 seconds: Int) -> String {
        if seconds != second {
            second = seconds
            text = HTTPDate.text(secondsSince1970: seconds)
        }
        return text
    }
}
