import JSON

/// Reads a binary format from its first byte to its last, and keeps its limits.
///
/// A length that the bytes declare is compared with what is there before anything is made of it.
struct ByteReader {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private let format: String
    private(set) var index = 0
    private var valueCount = 0

    init(_ bytes: [UInt8], limits: JSONLimits, format: String) {
        self.bytes = bytes
        self.limits = limits
        self.format = format
    }

    var left: Int { bytes.count - index }
    var nextByte: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func byte() throws(WireFormatError) -> UInt8 {
        guard let byte = nextByte else { throw cutShort }
        index += 1
        return byte
    }

    /// An unsigned number of that many bytes, the highest first.
    mutating func number(bytes count: Int) throws(WireFormatError) -> UInt64 {
        guard count <= left else { throw cutShort }
        var number: UInt64 = 0
        for _ in 0..<count {
            number = number << 8 | UInt64(bytes[index])
            index += 1
        }
        return number
    }

    /// A signed number of that many bytes in two's complement.
    mutating func signed(bytes count: Int) throws(WireFormatError) -> Int64 {
        let shift = Int64(UInt64.bitWidth - 8 * count)
        return Int64(bitPattern: try number(bytes: count) << UInt64(shift)) >> shift
    }

    mutating func take(_ count: UInt64) throws(WireFormatError) -> ArraySlice<UInt8> {
        guard let count = Int(exactly: count), count <= left else { throw cutShort }
        defer { index += count }
        return bytes[index..<(index + count)]
    }

    mutating func text(_ count: UInt64) throws(WireFormatError) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw malformed("a string is not valid UTF-8")
        }
        return text
    }

    /// A count of elements, each of which has at least so many bytes.
    func count(_ declared: UInt64, bytesEachMin: Int) throws(WireFormatError) -> Int {
        guard let count = Int(exactly: declared), count <= left / bytesEachMin else {
            throw cutShort
        }
        return count
    }

    /// To be called once for each value.
    mutating func countValue() throws(WireFormatError) {
        valueCount += 1
        guard valueCount <= limits.valueCountMax else {
            throw WireFormatError(
                .limitExceeded, "more than \(limits.valueCountMax) values in one \(format) body")
        }
    }

    /// To be called with the number of arrays, maps and tags that a value is within.
    func checkDepth(_ depth: Int) throws(WireFormatError) {
        guard depth <= limits.depthMax else {
            throw WireFormatError(
                .limitExceeded, "nested more than \(limits.depthMax) deep at byte \(index)")
        }
    }

    func checkEnd() throws(WireFormatError) {
        guard left == 0 else { throw malformed("bytes after the value") }
    }

    func malformed(_ what: String) -> WireFormatError {
        WireFormatError(.malformed, "invalid \(format) at byte \(index): \(what)")
    }

    func unsupported(_ what: String) -> WireFormatError {
        WireFormatError(
            .unsupported, "\(format) at byte \(index): \(what) has no form in JSON")
    }

    var cutShort: WireFormatError { malformed("it is cut short") }
}

// MARK: What both formats mean in JSON

extension ByteReader {
    /// Adds a member; a name may occur once.
    ///
    /// - Parameter value: Nil for JavaScript's `undefined`, whose member JSON leaves out.
    func add(
        _ value: JSONValue?, named name: String, to object: inout JSONObject
    ) throws(WireFormatError) {
        guard object[name] == nil else {
            throw WireFormatError(
                .duplicateName, "the member \"\(name)\" occurs twice in a map")
        }
        if let value { object[name] = value }
    }

    /// JavaScript has one kind of number and sends whole ones beyond 32 bits as floating point:
    /// time stamps among them, which JSON would have written without a fraction.
    func value(of real: Double) throws(WireFormatError) -> JSONValue {
        guard real.isFinite else { throw unsupported("a number that is not finite") }
        guard abs(real) <= WireNumber.exactMax, let whole = Int64(exactly: real) else {
            return .number(real)
        }
        return .integer(whole)
    }

    /// Numbers beyond 64 bits with a sign lose their last digits, as they do in JSON.
    func value(of whole: UInt64) -> JSONValue {
        Int64(exactly: whole).map(JSONValue.integer) ?? .number(Double(whole))
    }

    /// A moment as JavaScript writes a date into JSON: `2026-01-02T03:04:05.678Z`.
    func date(milliseconds: Double) throws(WireFormatError) -> JSONValue {
        guard let text = WireDate.text(milliseconds: milliseconds) else {
            throw unsupported("a date outside the years 0 to 9999")
        }
        return .string(text)
    }
}
