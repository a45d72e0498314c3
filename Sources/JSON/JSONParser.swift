/// What a parser accepts before it gives up.
package struct JSONLimits: Sendable {
    /// Arrays and objects inside one another.
    package var depthMax: Int
    /// Values of all kinds in one text.
    package var valueCountMax: Int

    package init(depthMax: Int = 64, valueCountMax: Int = 50_000_000) {
        self.depthMax = depthMax
        self.valueCountMax = valueCountMax
    }
}

extension JSONValue {
    /// Parses one complete JSON text (RFC 8259) and nothing after it but white space.
    ///
    /// Stricter than the RFC asks: a member name may occur once in an object, text is valid
    /// UTF-8, an escaped surrogate has its partner, a number is finite, and no byte order mark
    /// stands before it.
    ///
    /// - Throws: `.malformed`, `.duplicateName`, `.limitExceeded`, each with the byte position.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try Self.parse(bytes, limits: limits)
    }

    package init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try Self.parse(Array(text.utf8), limits: limits)
    }

    private static func parse(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> Self {
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.document()
    }
}

/// A recursive descent over bytes; depth is bounded by the limits, so the stack is too.
private struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var index = 0
    private var valueCount = 0
    private var scratch: [UInt8] = []

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw malformed("text after the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        valueCount += 1
        guard valueCount <= limits.valueCountMax else {
            throw JSONError(
                .limitExceeded, "more than \(limits.valueCountMax) values in one JSON text")
        }
        skipSpace()
        guard let first = peek() else { throw malformed("the text ends where a value should be") }
        switch first {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        try enter(depth)
        var object = JSONObject()
        skipSpace()
        if consume(UInt8(ascii: "}")) { return object }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw malformed("a member name is missing") }
            let name = try string()
            skipSpace()
            guard consume(UInt8(ascii: ":")) else { throw malformed("a colon is missing") }
            guard object[name] == nil else {
                throw JSONError(.duplicateName, "the member \"\(name)\" occurs twice in an object")
            }
            object[name] = try value(depth: depth)
            skipSpace()
            if consume(UInt8(ascii: ",")) { continue }
            guard consume(UInt8(ascii: "}")) else { throw malformed("an object is not closed") }
            return object
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        try enter(depth)
        var elements: [JSONValue] = []
        skipSpace()
        if consume(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if consume(UInt8(ascii: ",")) { continue }
            guard consume(UInt8(ascii: "]")) else { throw malformed("an array is not closed") }
            return elements
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= limits.depthMax else {
            throw JSONError(
                .limitExceeded, "nested more than \(limits.depthMax) deep at byte \(index)")
        }
        index += 1
    }
}

// MARK: Strings

extension JSONParser {
    private mutating func string() throws(JSONError) -> String {
        index += 1
        scratch.removeAll(keepingCapacity: true)
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                guard let text = String(validating: scratch, as: UTF8.self) else {
                    throw malformed("a string is not valid UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20: throw malformed("a control character stands bare in a string")
            default:
                scratch.append(byte)
                index += 1
            }
        }
        throw malformed("a string is not closed")
    }

    private mutating func escape() throws(JSONError) {
        index += 1
        guard let kind = peek() else { throw malformed("a string is not closed") }
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(kind)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"): scratch.append(contentsOf: String(try scalar()).utf8)
        default: throw malformed("an unknown escape")
        }
    }

    /// One `\u` escape, or two that form a surrogate pair (RFC 8259, section 7).
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let high = try hexDigits()
        if let scalar = Unicode.Scalar(high) { return scalar }
        let isHighSurrogate = (0xD800..<0xDC00).contains(high)
        guard isHighSurrogate, consume(UInt8(ascii: "\\")), consume(UInt8(ascii: "u")) else {
            throw malformed("half a surrogate pair")
        }
        let low = try hexDigits()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw malformed("half a surrogate pair") }
        return scalar
    }

    private mutating func hexDigits() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw malformed("a \\u escape needs four hexadecimal digits") }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }
}

// MARK: Numbers, literals, white space

extension JSONParser {
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = index
        _ = consume(UInt8(ascii: "-"))
        let leadingZero = peek() == UInt8(ascii: "0")
        let wholeDigits = skipDigits()
        guard wholeDigits > 0 else { throw malformed("no JSON value begins like this") }
        guard !(leadingZero && wholeDigits > 1) else { throw malformed("a number begins with 0") }
        var isWhole = true
        if consume(UInt8(ascii: ".")) {
            isWhole = false
            guard skipDigits() > 0 else { throw malformed("a number ends with a point") }
        }
        if consume(UInt8(ascii: "e")) || consume(UInt8(ascii: "E")) {
            isWhole = false
            if !consume(UInt8(ascii: "+")) { _ = consume(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw malformed("an exponent has no digits") }
        }
        let text = numberText(from: start)
        if isWhole, let whole = Int64(text) { return .integer(whole) }
        guard let real = Double(text), real.isFinite else {
            throw malformed("a number is too large for 64 bits")
        }
        return .number(real)
    }

    private func numberText(from start: Int) -> String {
        var text = ""
        for position in start..<index {
            text.unicodeScalars.append(Unicode.Scalar(bytes[position]))
        }
        return text
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            index += 1
        }
        return index - start
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError)
        -> JSONValue
    {
        for offset in 0..<word.utf8CodeUnitCount {
            let expected = word.withUTF8Buffer { $0[offset] }
            guard consume(expected) else { throw malformed("no JSON value begins like this") }
        }
        return value
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func consume(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    private func malformed(_ what: String) -> JSONError {
        JSONError(.malformed, "invalid JSON at byte \(index): \(what)")
    }
}
