/// A Range field with one range of bytes (RFC 9110, section 14.1.2).
package enum HTTPByteRange: Sendable, Hashable {
    /// From a position to the last one named, or to the end.
    case from(Int, through: Int?)
    /// That many bytes before the end.
    case suffix(Int)

    /// Nil if the field is not one range of bytes that we understand; it is then ignored, as
    /// section 14.2 allows. Several ranges are not understood on purpose: they cost a server
    /// much and a downloader gains nothing.
    package init?(_ field: String) {
        let unit = "bytes="
        guard field.utf8.count >= unit.utf8.count,
            String(field.prefix(unit.count)).equalsIgnoringCase(unit)
        else { return nil }
        let set = Array(field.utf8.dropFirst(unit.utf8.count))[...].trimmingBlanks()
        guard let dash = set.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let (first, last) = (set[..<dash], set[(dash + 1)...])
        if first.isEmpty {
            guard let count = Self.position(last) else { return nil }
            self = .suffix(count)
        } else {
            guard let start = Self.position(first) else { return nil }
            guard !last.isEmpty else {
                self = .from(start, through: nil)
                return
            }
            guard let end = Self.position(last), end >= start else { return nil }
            self = .from(start, through: end)
        }
    }

    /// A position beyond every file is a valid position, so digits that overflow are the largest.
    private static func position(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
        return digits.decimalNumber ?? .max
    }

    /// The positions that a representation of so many bytes has in the range; nil if none (416).
    package func resolved(in bytes: Int) -> Range<Int>? {
        switch self {
        case .from(let start, let last):
            guard start < bytes else { return nil }
            return start..<min(last.map { $0 == .max ? $0 : $0 + 1 } ?? bytes, bytes)
        case .suffix(let count):
            guard count > 0, bytes > 0 else { return nil }
            return max(0, bytes - count)..<bytes
        }
    }
}
