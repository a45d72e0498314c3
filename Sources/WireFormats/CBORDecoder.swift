import JSON

/// A recursive descent over bytes; depth is bounded by the limits, so the stack is too.
struct CBORDecoder {
    private var input: ByteReader

    private enum Tag {
        static let dateText: UInt64 = 0
        static let epochSeconds: UInt64 = 1
        static let selfDescribed: UInt64 = 55_799
    }

    /// The first byte of an item: what it is, and how its argument is written.
    private struct Head {
        let major: CBOR.Major
        let additional: UInt8

        var isIndefinite: Bool { additional == CBOR.Additional.indefinite }
    }

    init(_ bytes: [UInt8], limits: JSONLimits) {
        input = ByteReader(bytes, limits: limits, format: CBOR.name)
    }

    mutating func document() throws(WireFormatError) -> JSONValue {
        let value = try value(depth: 0) ?? .null
        try input.checkEnd()
        return value
    }

    /// Nil for `undefined`.
    private mutating func value(depth: Int) throws(WireFormatError) -> JSONValue? {
        try input.countValue()
        let head = try head()
        switch head.major {
        case .unsigned: return input.value(of: try argument(head))
        case .negative: return try negative(argument(head))
        case .bytes: throw input.unsupported("a byte string")
        case .text: return .string(try text(head))
        case .array: return .array(try array(head, depth: depth + 1))
        case .map: return .object(try map(head, depth: depth + 1))
        case .tag: return try tagged(argument(head), depth: depth + 1)
        case .simple: return try simple(head.additional)
        }
    }

    private mutating func head() throws(WireFormatError) -> Head {
        let byte = try input.byte()
        guard let major = CBOR.Major(rawValue: byte >> 5) else {
            throw input.malformed("an unknown type")
        }
        return Head(major: major, additional: byte & CBOR.Additional.mask)
    }

    private mutating func argument(_ head: Head) throws(WireFormatError) -> UInt64 {
        switch head.additional {
        case 0..<CBOR.Additional.oneByte: return UInt64(head.additional)
        case CBOR.Additional.oneByte...CBOR.Additional.eightBytes:
            return try input.number(
                bytes: 1 << Int(head.additional - CBOR.Additional.oneByte))
        default: throw input.malformed("an argument of an unknown form")
        }
    }

    private func negative(_ argument: UInt64) -> JSONValue {
        Int64(exactly: argument).map { .integer(-1 - $0) } ?? .number(-1 - Double(argument))
    }

    /// False if the byte that ends an item of indefinite length came next, which is then taken.
    private mutating func isBeforeBreak() throws(WireFormatError) -> Bool {
        guard input.nextByte == CBOR.breakByte else { return true }
        _ = try input.byte()
        return false
    }
}

extension CBORDecoder {
    /// Pieces of an indefinite text are whole texts of definite length (section 3.2.3).
    private mutating func text(_ head: Head) throws(WireFormatError) -> String {
        guard head.isIndefinite else { return try input.text(argument(head)) }
        var text = ""
        while try isBeforeBreak() {
            let piece = try self.head()
            guard piece.major == .text, !piece.isIndefinite else {
                throw input.malformed("a piece of a string is no string")
            }
            text += try input.text(argument(piece))
        }
        return text
    }

    private mutating func array(
        _ head: Head, depth: Int
    ) throws(WireFormatError) -> [JSONValue] {
        try input.checkDepth(depth)
        var elements: [JSONValue] = []
        if head.isIndefinite {
            while try isBeforeBreak() { elements.append(try value(depth: depth) ?? .null) }
        } else {
            for _ in 0..<(try input.count(argument(head), bytesEachMin: 1)) {
                elements.append(try value(depth: depth) ?? .null)
            }
        }
        return elements
    }

    private mutating func map(_ head: Head, depth: Int) throws(WireFormatError) -> JSONObject {
        try input.checkDepth(depth)
        var object = JSONObject()
        if head.isIndefinite {
            while try isBeforeBreak() { try readMember(of: &object, depth: depth) }
        } else {
            for _ in 0..<(try input.count(argument(head), bytesEachMin: 2)) {
                try readMember(of: &object, depth: depth)
            }
        }
        return object
    }

    private mutating func readMember(
        of object: inout JSONObject, depth: Int
    ) throws(WireFormatError) {
        let head = try head()
        let name: String
        switch head.major {
        case .text: name = try text(head)
        case .unsigned: name = String(try argument(head))
        case .negative:
            guard let argument = Int64(exactly: try argument(head)) else {
                throw input.unsupported("a name below the range of 64 bits")
            }
            name = String(-1 - argument)
        default: throw input.unsupported("a name that is neither text nor a whole number")
        }
        try input.add(try value(depth: depth), named: name, to: &object)
    }

    private mutating func tagged(
        _ tag: UInt64, depth: Int
    ) throws(WireFormatError) -> JSONValue? {
        try input.checkDepth(depth)
        switch tag {
        case Tag.selfDescribed: return try value(depth: depth)
        case Tag.dateText:
            guard case .string(let text)? = try value(depth: depth) else {
                throw input.malformed("a date (tag 0) is no text")
            }
            return .string(text)
        case Tag.epochSeconds:
            guard let seconds = try value(depth: depth)?.doubleValue else {
                throw input.malformed("a date (tag 1) is no number")
            }
            return try input.date(milliseconds: (seconds * 1_000).rounded())
        default: throw input.unsupported("the tag \(tag)")
        }
    }

    private mutating func simple(_ kind: UInt8) throws(WireFormatError) -> JSONValue? {
        switch kind {
        case CBOR.Simple.false: return .bool(false)
        case CBOR.Simple.true: return .bool(true)
        case CBOR.Simple.null: return .null
        case CBOR.Simple.undefined: return nil
        case CBOR.Simple.half: return try input.value(of: half(input.number(bytes: 2)))
        case CBOR.Simple.single:
            let bits = UInt32(truncatingIfNeeded: try input.number(bytes: 4))
            return try input.value(of: Double(Float(bitPattern: bits)))
        case CBOR.Simple.double:
            return try input.value(of: Double(bitPattern: input.number(bytes: 8)))
        case CBOR.Additional.indefinite: throw input.malformed("a break without an item to end")
        default: throw input.unsupported("the simple value \(kind)")
        }
    }

    /// Half precision (appendix D): five bits of exponent, ten of fraction.
    private func half(_ bits: UInt64) -> Double {
        let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1_023))
        let magnitude: Double =
            switch exponent {
            case 0: Double(sign: .plus, exponent: -24, significand: fraction)
            case 31: fraction == 0 ? .infinity : .nan
            default: Double(sign: .plus, exponent: exponent - 25, significand: fraction + 1_024)
            }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }
}
