/// Which of several representations a client wants (RFC 9110, section 12.5).
///
/// Fields are taken apart once, from the left, and only so far as a named number of members goes;
/// what is malformed is passed over, as the fields are wishes and not orders.
package enum HTTPAccept {
    /// Members of a field that are looked at; browsers send fewer than ten.
    static let membersMax = 64

    /// Thousandths, as a weight has at most three digits behind the point (section 12.4.2).
    private static let fullWeight = 1_000

    /// One member of a field: what is wanted, and how much.
    private struct Wish {
        let name: String
        let weight: Int
    }

    /// The media type that the client likes best; of equals, the one that stands first in
    /// `types`.
    ///
    /// - Parameters:
    ///   - types: What there is, such as `application/json`, in lower case and without parameters.
    ///   - field: The Accept field; nil if there is none, then the first type is preferred.
    /// - Returns: Nil if the client accepts none of them.
    package static func preferred(among types: [String], in field: String?) -> String? {
        guard let field else { return types.first }
        let wishes = wishes(of: field)
        guard !wishes.isEmpty else { return types.first }
        var best: (type: String, weight: Int)?
        for type in types {
            let weight = weight(of: type, in: wishes)
            if weight > best?.weight ?? 0 { best = (type, weight) }
        }
        return best?.type
    }

    /// Whether an answer may be compressed with gzip (section 12.5.3).
    ///
    /// Without the field a client takes any coding; most that send none understand none, so that
    /// they get the answer as it is.
    package static func allowsGzip(_ field: String?) -> Bool {
        guard let field else { return false }
        let wishes = wishes(of: field)
        let named = wishes.first { $0.name == "gzip" || $0.name == "x-gzip" }
        let weight = (named ?? wishes.first { $0.name == "*" })?.weight ?? 0
        return weight > 0
    }

    /// The weight of the most specific range that covers the type (section 12.5.1).
    private static func weight(of type: String, in wishes: [Wish]) -> Int {
        let family = type.prefix { $0 != "/" } + "/*"
        for range in [type, String(family), "*/*"] {
            if let wish = wishes.first(where: { $0.name == range }) { return wish.weight }
        }
        return 0
    }

    private static func wishes(of field: String) -> [Wish] {
        var wishes: [Wish] = []
        var rest = Array(field.utf8)[...]
        while !rest.isEmpty, wishes.count < membersMax {
            let end = endOfMember(rest)
            if let wish = wish(rest[..<end]) { wishes.append(wish) }
            rest = rest[end...].dropFirst()
        }
        return wishes
    }

    /// The next comma that stands outside quotes, which parameters may have (section 5.6.4).
    private static func endOfMember(_ bytes: ArraySlice<UInt8>) -> Int {
        var isQuoted = false
        var isEscaped = false
        for (index, byte) in zip(bytes.indices, bytes) {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, byte == UInt8(ascii: ",") {
                return index
            }
        }
        return bytes.endIndex
    }

    private static func wish(_ member: ArraySlice<UInt8>) -> Wish? {
        let parts = member.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let name = parts.first?.trimmingBlanks() ?? []
        let isName = name.allSatisfy { $0.isTokenByte || $0 == UInt8(ascii: "/") }
        guard !name.isEmpty, isName else { return nil }
        var weight = fullWeight
        for part in parts.dropFirst() {
            let parameter = part.trimmingBlanks()
            guard parameter.count >= 2,
                HTTPFields.lowercased(parameter[parameter.startIndex]) == UInt8(ascii: "q"),
                parameter[parameter.startIndex + 1] == UInt8(ascii: "=")
            else { continue }
            guard let value = Self.weight(parameter.dropFirst(2)) else { return nil }
            weight = value
        }
        let lowercased = name.map(HTTPFields.lowercased)
        return Wish(name: String(decoding: lowercased, as: UTF8.self), weight: weight)
    }

    /// `0`, `0.5`, `1.000`: a qvalue in thousandths, nil if it is none.
    private static func weight(_ digits: ArraySlice<UInt8>) -> Int? {
        let fractionDigitsMax = 3
        guard let whole = digits.first, whole == UInt8(ascii: "0") || whole == UInt8(ascii: "1")
        else { return nil }
        let fraction = digits.dropFirst(2)
        guard digits.count == 1 || digits[digits.startIndex + 1] == UInt8(ascii: "."),
            fraction.count <= fractionDigitsMax
        else { return nil }
        let padded =
            Array(fraction)
            + Array(repeating: UInt8(ascii: "0"), count: fractionDigitsMax - fraction.count)
        guard let thousandths = padded.decimalNumber else { return nil }
        let weight = (whole == UInt8(ascii: "1") ? fullWeight : 0) + thousandths
        return weight <= fullWeight ? weight : nil
    }
}
