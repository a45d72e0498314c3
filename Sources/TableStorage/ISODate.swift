/// Dates as JSON carries them: ISO 8601 text with a zone, counted in milliseconds since 1970.
///
/// HarperDB turns such text of a CSV file into a date, which JSON shows as UTC with milliseconds:
/// `2012-03-09T01:00+01:00` becomes `2012-03-09T00:00:00.000Z`. The form is that of its CSV reader:
/// date, `T`, hours and minutes, perhaps seconds, perhaps a fraction, and a zone, which must be
/// there. A day that no calendar has makes it ordinary text.
enum ISODate {
    /// The moment that a text with date, time and zone names; nil for any other text.
    static func milliseconds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard (17...bytesMax).contains(bytes.count) else { return nil }
        var scanner = Scanner(bytes: bytes)
        guard let day = scanner.day(), scanner.take("T"), let time = scanner.time(),
            let zone = scanner.zone(), scanner.isAtEnd
        else { return nil }
        return day * dayMilliseconds + time - zone
    }

    /// A moment in UTC with milliseconds.
    static func text(_ milliseconds: Int64) -> String {
        let (day, time) = quotient(milliseconds, dayMilliseconds)
        let (year, month, date) = civil(day)
        let clock = [time / 3_600_000, time / 60_000 % 60, time / 1_000 % 60].map { padded($0, 2) }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))"
            + "T\(clock.joined(separator: ":")).\(padded(time % 1_000, 3))Z"
    }

    private static let bytesMax = 40
    static let dayMilliseconds: Int64 = 86_400_000

    static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// Division that rounds down, so that the rest is never negative.
    static func quotient(_ number: Int64, _ divisor: Int64) -> (whole: Int64, rest: Int64) {
        let rest = number % divisor
        return rest < 0
            ? (number / divisor - 1, rest + divisor) : (number / divisor, rest)
    }

    // Both ways between days and dates count years from March, so that the leap day is the last,
    // in eras of 400 years, which all have the same number of days. The Gregorian calendar is
    // carried back before its beginning, as ISO 8601 wants.
    private static let eraDays: Int64 = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let epochDays: Int64 = 719_468

    static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let (era, yearOfEra) = quotient(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
        return era * eraDays + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - epochDays
    }

    static func civil(_ days: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let (era, day) = quotient(days + epochDays, eraDays)
        let yearOfEra = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension ISODate {
    /// Reads numbers of fixed width; whatever does not fit gives nil.
    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        private var position = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        private mutating func digit() -> Int64? {
            guard let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                return nil
            }
            position += 1
            return Int64(byte - UInt8(ascii: "0"))
        }

        private mutating func number(_ digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
            var number: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return range.contains(number) ? number : nil
        }

        /// Days since 1970.
        mutating func day() -> Int64? {
            guard let year = number(4, 0...9_999), take("-"), let month = number(2, 1...12),
                take("-"), let date = number(2, 1...31)
            else { return nil }
            let day = ISODate.days(year, month, date)
            let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
            return day < ISODate.days(nextYear, nextMonth, 1) ? day : nil
        }

        /// Milliseconds since midnight.
        mutating func time() -> Int64? {
            guard let hour = number(2, 0...23), take(":"), let minute = number(2, 0...59) else {
                return nil
            }
            let minutes = (hour * 60 + minute) * 60_000
            guard take(":") else { return minutes }
            guard let second = number(2, 0...59) else { return nil }
            guard take(".") else { return minutes + second * 1_000 }
            guard let fraction = fraction() else { return nil }
            return minutes + second * 1_000 + fraction
        }

        /// Milliseconds; what is finer is cut off.
        private mutating func fraction() -> Int64? {
            guard let first = digit() else { return nil }
            var (milliseconds, weight) = (first * 100, Int64(10))
            while let digit = digit() {
                milliseconds += digit * weight
                weight /= 10
            }
            return milliseconds
        }

        /// Milliseconds east of UTC.
        mutating func zone() -> Int64? {
            if take("Z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-"), let hour = number(2, 0...23), take(":"),
                let minute = number(2, 0...59)
            else { return nil }
            let offset = (hour * 60 + minute) * 60_000
            return isEast ? offset : -offset
        }
    }
}
