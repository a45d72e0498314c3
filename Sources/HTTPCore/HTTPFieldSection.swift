/// The field lines of one message while they arrive, held to the limits line by line.
struct HTTPFieldSection: Sendable {
    private(set) var fields = HTTPFields()
    private var bytes = 0
    private let bytesMax: Int
    private let countMax: Int

    init(bytesMax: Int, countMax: Int) {
        self.bytesMax = bytesMax
        self.countMax = countMax
    }

    /// The longest line that may still come.
    var lineBytesMax: Int { max(0, bytesMax - bytes - ASCII.lineEnd.count) }

    var tooLarge: HTTPError {
        HTTPError(
            .fieldsTooLarge,
            "The header fields have more than \(bytesMax) bytes (RFC 6585, section 5).")
    }

    /// Takes the next line, which is not empty.
    mutating func add(_ line: ArraySlice<UInt8>) throws(HTTPError) {
        bytes += line.count + ASCII.lineEnd.count
        guard fields.all.count < countMax else {
            throw HTTPError(
                .fieldsTooLarge,
                "There are more than \(countMax) header fields (RFC 6585, section 5).")
        }
        let colon = try Self.checkName(of: line)
        let value = line[(colon + 1)...].trimmingBlanks()
        guard value.allSatisfy(\.isFieldValueByte) else {
            throw HTTPError(
                .badRequest,
                "A header field has a control character in its value (RFC 9110, section 5.5).")
        }
        fields.append(
            String(decoding: line[..<colon], as: UTF8.self),
            String(decoding: value, as: UTF8.self))
    }

    /// Finds the colon behind a name that is a token.
    private static func checkName(of line: ArraySlice<UInt8>) throws(HTTPError) -> Int {
        guard let first = line.first, !first.isBlank else {
            throw HTTPError(
                .badRequest,
                "A header line begins with a space: folded lines are refused "
                    + "(RFC 9112, section 5.2).")
        }
        let end = line.firstIndex { !$0.isTokenByte } ?? line.endIndex
        guard end < line.endIndex, end > line.startIndex, line[end] == UInt8(ascii: ":") else {
            let hasBlank = end < line.endIndex && end > line.startIndex && line[end].isBlank
            throw HTTPError(
                .badRequest,
                hasBlank
                    ? "There is a space before the colon of a header field (RFC 9112, section 5.1)."
                    : "A header line has no valid name and colon (RFC 9112, section 5).")
        }
        return end
    }
}
