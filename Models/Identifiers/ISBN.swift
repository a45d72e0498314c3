/// An International Standard Book Number whose check digit is right.
///
/// Ten digits, the last of which may be X, until 2006; thirteen digits since (ISO 2108). Numbers
/// of ten digits correspond to those of thirteen that begin with 978.
package struct ISBN: Sendable, Hashable {
    /// The thirteen digits, by which two spellings of the same number are equal.
    package let thirteen: String

    /// The ten characters, or nil for a number of 979 that has none.
    package var ten: String? {
        guard thirteen.hasPrefix(Self.bookland) else { return nil }
        let body = thirteen.dropFirst(Self.bookland.count).dropLast()
        return body + Self.checkCharacter(ofTen: Array(body.utf8))
    }

    private static let bookland = "978"
    private static let tenLength = 10
    private static let thirteenLength = 13
    /// A spreadsheet drops leading zeros; fewer digits than these are something else.
    private static let digitsMin = 7

    /// Reads either form, with or without hyphens and spaces, in either case.
    ///
    /// - Returns: Nil unless the length and the check digit are right.
    package init?(_ text: String) {
        let characters = Self.significant(text)
        switch characters.count {
        case Self.tenLength:
            guard Self.isValidTen(characters) else { return nil }
            let body = Self.bookland + String(decoding: characters.dropLast(), as: UTF8.self)
            thirteen = body + Self.checkDigit(ofThirteen: Array(body.utf8))
        case Self.thirteenLength:
            guard Self.isValidThirteen(characters) else { return nil }
            thirteen = String(decoding: characters, as: UTF8.self)
        default: return nil
        }
    }

    /// Reads a number whose leading zeros were lost where it passed through a number.
    ///
    /// - Returns: Nil unless the check digit proves the zeros right.
    package init?(restoringZeros text: String) {
        let characters = Self.significant(text)
        guard (Self.digitsMin...Self.tenLength).contains(characters.count) else {
            self.init(text)
            return
        }
        let zeros = String(repeating: "0", count: Self.tenLength - characters.count)
        self.init(zeros + String(decoding: characters, as: UTF8.self))
    }

    /// Upper-case characters without hyphens and spaces.
    package static func significant(_ text: String) -> [UInt8] {
        text.utf8.compactMap { byte in
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: " "): nil
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte & ~0x20
            default: byte
            }
        }
    }

    /// Whether a text is the form of ten characters as it is kept: nothing between them, an X in
    /// upper case, and the check digit right.
    package static func isTen(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.count == tenLength && isValidTen(text)
    }

    /// The sum of each digit times its weight 10, 9 ... 1 is a multiple of 11; X counts ten.
    private static func isValidTen(_ characters: some Sequence<UInt8>) -> Bool {
        var sum = 0
        for (index, character) in characters.enumerated() {
            let isLast = index == tenLength - 1
            guard
                let digit = digit(character)
                    ?? (isLast && character == UInt8(ascii: "X") ? 10 : nil)
            else { return false }
            sum += digit * (tenLength - index)
        }
        return sum.isMultiple(of: 11)
    }

    /// The sum of the digits with weights 1, 3, 1, 3 ... is a multiple of 10.
    private static func isValidThirteen(_ characters: [UInt8]) -> Bool {
        guard characters.allSatisfy({ digit($0) != nil }) else { return false }
        let isBook = characters.starts(with: "978".utf8) || characters.starts(with: "979".utf8)
        return isBook && weightedSum(characters).isMultiple(of: 10)
    }

    private static func checkDigit(ofThirteen body: [UInt8]) -> String {
        String((10 - weightedSum(body) % 10) % 10)
    }

    private static func checkCharacter(ofTen body: [UInt8]) -> String {
        let sum = body.enumerated().reduce(0) { sum, element in
            sum + (digit(element.element) ?? 0) * (tenLength - element.offset)
        }
        let check = (11 - sum % 11) % 11
        return check == 10 ? "X" : String(check)
    }

    private static func weightedSum(_ characters: [UInt8]) -> Int {
        characters.enumerated().reduce(0) { sum, element in
            sum + (digit(element.element) ?? 0) * (element.offset.isMultiple(of: 2) ? 1 : 3)
        }
    }

    private static func digit(_ character: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character)
            ? Int(character - UInt8(ascii: "0")) : nil
    }
}
