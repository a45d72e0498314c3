/// Dates as JavaScript writes them into JSON.
enum WireDate {
    private static let millisecondsPerDay = 86_400_000
    /// 0000-01-01 and 10000-01-01 in milliseconds since 1970.
    private static let range = -62_167_219_200_000.0..<253_402_300_800_000.0

    /// Nil for what has no year of four digits.
    static func text(milliseconds: Double) -> String? {
        guard range.contains(milliseconds),
            let total = Int(exactly: milliseconds.rounded(.down))
        else { return nil }
        let days = Int((Double(total) / Double(millisecondsPerDay)).rounded(.down))
        let rest = total - days * millisecondsPerDay
        let (year, month, day) = civil(days: days)
        let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
        let (seconds, fraction) = rest.quotientAndRemainder(dividingBy: 1_000)
        let time =
            "\(digits(seconds / 3_600, 2)):\(digits(seconds / 60 % 60, 2)):"
            + digits(seconds % 60, 2)
        return "\(date)T\(time).\(digits(fraction, 3))Z"
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// Years are counted from March on, so that the leap day is the last of its year; 400 years
    /// have 146,097 days.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let daysToEpoch = 719_468
        let shifted = days + daysToEpoch
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }
}
