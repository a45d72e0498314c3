/// Bytes by the part that they play in the grammar of RFC 9110 and RFC 3986.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let lineEnd: [UInt8] = [carriageReturn, lineFeed]
}

extension UInt8 {
    /// tchar (RFC 9110, section 5.6.2): what methods and field names are made of.
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#"),
            UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// field-vchar, space and tab (RFC 9110, section 5.5): no control characters.
    var isFieldValueByte: Bool { self == ASCII.tab || (self >= ASCII.space && self != 0x7F) }

    var isBlank: Bool { self == ASCII.space || self == ASCII.tab }

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// unreserved and sub-delims (RFC 3986, section 2): legal in a host without escapes.
    var isHostByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"),
            UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// pchar and the slash (RFC 3986, section 3.3), the percent sign being checked elsewhere.
    var isPathByte: Bool {
        isHostByte || self == UInt8(ascii: ":") || self == UInt8(ascii: "@")
            || self == UInt8(ascii: "/") || self == UInt8(ascii: "%")
    }

    /// What a query may hold, and what browsers leave unescaped in one although
    /// RFC 3986, section 3.4 does not name it.
    var isQueryByte: Bool {
        switch self {
        case UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "\\"):
            true
        default: isPathByte
        }
    }
}

extension Collection<UInt8> {
    /// A number of decimal digits only: no sign, no space, nothing that overflows.
    var decimalNumber: Int? {
        guard !isEmpty else { return nil }
        var number = 0
        for byte in self {
            guard byte.isDigit else { return nil }
            let (tens, tensOverflow) = number.multipliedReportingOverflow(by: 10)
            let digit = Int(byte - UInt8(ascii: "0"))
            let (sum, sumOverflow) = tens.addingReportingOverflow(digit)
            guard !tensOverflow, !sumOverflow else { return nil }
            number = sum
        }
        return number
    }
}

extension String {
    /// Equality of tokens, which ignores the case of ASCII letters only.
    func equalsIgnoringCase(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let (left, right) = (utf8.span, other.utf8.span)
        for index in left.indices {
            guard HTTPFields.lowercased(left[index]) == HTTPFields.lowercased(right[index]) else {
                return false
            }
        }
        return true
    }

    /// The members of a comma-separated field value, blanks removed (RFC 9110, section 5.6.1).
    var listMembers: [String] {
        utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            String(decoding: $0.trimmingBlanks(), as: UTF8.self)
        }
    }
}

extension BidirectionalCollection<UInt8> where SubSequence: BidirectionalCollection {
    /// The bytes without spaces and tabs at both ends (OWS of RFC 9110, section 5.6.3).
    func trimmingBlanks() -> SubSequence {
        var first = startIndex
        var end = endIndex
        while first < end, self[first].isBlank { formIndex(after: &first) }
        while first < end {
            let last = index(before: end)
            guard self[last].isBlank else { break }
            end = last
        }
        return self[first..<end]
    }
}
