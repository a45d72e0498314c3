/// A moment in UTC's calendar, taken apart.
struct SQLDay {
    var year: Int64
    /// 1 to 12.
    var month: Int64
    /// 1 to 31.
    var date: Int64
    /// Milliseconds since midnight.
    var time: Int64

    init(_ milliseconds: Int64) {
        let (day, time) = ISODate.quotient(milliseconds, ISODate.dayMilliseconds)
        (year, month, date) = ISODate.civil(day)
        self.time = time
    }

    var milliseconds: Int64 {
        ISODate.days(year, month, date) * ISODate.dayMilliseconds + time
    }

    /// 0 for Sunday.
    var weekday: Int {
        // 1970 began on a Thursday.
        Int(ISODate.quotient(ISODate.days(year, month, date) + 4, 7).rest)
    }

    /// The same day of another month, or that month's last.
    func adding(months: Int64) -> SQLDay {
        let (years, month) = ISODate.quotient(month - 1 + months, 12)
        var moved = self
        (moved.year, moved.month) = (year + years, month + 1)
        moved.date = min(date, moved.daysOfMonth)
        return moved
    }

    private var daysOfMonth: Int64 {
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        return ISODate.days(nextYear, nextMonth, 1) - ISODate.days(year, month, 1)
    }

    /// Months between two moments; what is left of one counts as its share of that month.
    static func months(from start: Int64, to end: Int64) -> Double {
        guard end >= start else { return -months(from: end, to: start) }
        let (first, last) = (SQLDay(start), SQLDay(end))
        var whole = (last.year - first.year) * 12 + last.month - first.month
        if first.adding(months: whole).milliseconds > end { whole -= 1 }
        let anchor = first.adding(months: whole).milliseconds
        let next = first.adding(months: whole + 1).milliseconds
        return Double(whole) + Double(end - anchor) / Double(next - anchor)
    }

    /// A day with one or two digits for month and date, perhaps with a time and a zone.
    static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) {
            $0 == "T" || $0 == " "
        }
        let numbers = halves[0].split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.utf8.count <= 4 ? Int64($0) : nil }
        guard numbers.count == 3, let year = numbers[0], let month = numbers[1],
            let date = numbers[2], halves[0].utf8.allSatisfy({ $0 != UInt8(ascii: "+") })
        else { return nil }
        // Written as ISO 8601 wants it, it is read as every other date of the store.
        let day = [(year, 4), (month, 2), (date, 2)].map(ISODate.padded).joined(separator: "-")
        let time = halves.count == 2 ? withColonInZone(String(halves[1])) : "00:00"
        for zone in ["", "Z"] {
            let whole = Array("\(day)T\(time)\(zone)".utf8)
            if let found = whole.withUnsafeBufferPointer(ISODate.milliseconds) { return found }
        }
        return nil
    }

    /// `+0200`, as `DATE()` writes a zone, becomes `+02:00`.
    private static func withColonInZone(_ time: String) -> String {
        let (clock, zone) = (time.dropLast(5), time.suffix(5))
        guard zone.first == "+" || zone.first == "-", !zone.contains(":") else { return time }
        return "\(clock)\(zone.prefix(3)):\(zone.suffix(2))"
    }
}

/// Dates as moment.js writes them: `YYYY-MM-DD`, `dddd`, `[at] HH:mm`.
enum SQLDateFormat {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    private static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    /// The longest first: `MMM` is one token, not `MM` and `M`.
    private static let tokens = [
        "YYYY", "MMMM", "dddd", "MMM", "ddd", "SSS", "YY", "MM", "DD", "HH", "hh", "mm", "ss",
        "ZZ", "M", "D", "H", "h", "m", "s", "A", "a", "d", "Q", "x", "X", "Z",
    ]

    /// - Parameter zoneMinutes: How far east of UTC the clock stands that is shown.
    static func text(_ milliseconds: Int64, _ format: String, zoneMinutes: Int64 = 0) -> String {
        let day = SQLDay(milliseconds + zoneMinutes * 60_000)
        var (rest, text) = (format[...], "")
        while let first = rest.first {
            if first == "[", let end = rest.firstIndex(of: "]") {
                text += rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
            } else if let token = tokens.first(where: rest.hasPrefix) {
                text += part(token, day, milliseconds, zoneMinutes)
                rest = rest.dropFirst(token.count)
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    private static func part(
        _ token: String, _ day: SQLDay, _ milliseconds: Int64, _ zone: Int64
    ) -> String {
        switch token {
        case "YYYY": ISODate.padded(day.year, 4)
        case "YY": ISODate.padded(ISODate.quotient(day.year, 100).rest, 2)
        case "Q": String((day.month + 2) / 3)
        case "MMMM": months[Int(day.month) - 1]
        case "MMM": String(months[Int(day.month) - 1].prefix(3))
        case "MM", "M": ISODate.padded(day.month, token.count)
        case "DD", "D": ISODate.padded(day.date, token.count)
        case "dddd": weekdays[day.weekday]
        case "ddd": String(weekdays[day.weekday].prefix(3))
        case "d": String(day.weekday)
        case "x": String(milliseconds)
        case "X": String(ISODate.quotient(milliseconds, 1_000).whole)
        case "ZZ", "Z": offset(zone, separator: token == "Z" ? ":" : "")
        default: clock(token, day.time)
        }
    }

    private static func clock(_ token: String, _ time: Int64) -> String {
        let hour = time / 3_600_000
        return switch token {
        case "HH", "H": ISODate.padded(hour, token.count)
        case "hh", "h": ISODate.padded((hour + 11) % 12 + 1, token.count)
        case "mm", "m": ISODate.padded(time / 60_000 % 60, token.count)
        case "ss", "s": ISODate.padded(time / 1_000 % 60, token.count)
        case "SSS": ISODate.padded(time % 1_000, 3)
        case "A": hour < 12 ? "AM" : "PM"
        default: hour < 12 ? "am" : "pm"
        }
    }

    private static func offset(_ minutes: Int64, separator: String) -> String {
        let size = abs(minutes)
        return (minutes < 0 ? "-" : "+") + ISODate.padded(size / 60, 2) + separator
            + ISODate.padded(size % 60, 2)
    }
}
