import JSON

/// A recursive descent over bytes; depth is bounded by the limits, so the stack is too.
struct MessagePackDecoder {
    private typealias Marker = MessagePack.Marker

    private var input: ByteReader

    private enum Extension {
        static let undefined: Int64 = 0
        static let timestamp: Int64 = -1
    }

    init(_ bytes: [UInt8], limits: JSONLimits) {
        input = ByteReader(bytes, limits: limits, format: MessagePack.name)
    }

    mutating func document() throws(WireFormatError) -> JSONValue {
        let value = try value(depth: 0) ?? .null
        try input.checkEnd()
        return value
    }

    /// Nil for `undefined`.
    private mutating func value(depth: Int) throws(WireFormatError) -> JSONValue? {
        try input.countValue()
        let marker = try input.byte()
        if let count = try textCount(marker) { return .string(try input.text(count)) }
        if let whole = try wholeNumber(marker) { return whole }
        switch marker {
        case Marker.fixedMap..<Marker.fixedArray:
            return try map(UInt64(marker - Marker.fixedMap), depth: depth + 1)
        case Marker.fixedArray..<Marker.fixedText:
            return try array(UInt64(marker - Marker.fixedArray), depth: depth + 1)
        case Marker.array, Marker.array + 1:
            return try array(wideCount(marker - Marker.array + 1), depth: depth + 1)
        case Marker.map, Marker.map + 1:
            return try map(wideCount(marker - Marker.map + 1), depth: depth + 1)
        default: return try scalar(marker)
        }
    }

    private mutating func scalar(_ marker: UInt8) throws(WireFormatError) -> JSONValue? {
        switch marker {
        case Marker.null: return .null
        case Marker.false: return .bool(false)
        case Marker.true: return .bool(true)
        case Marker.float:
            let bits = UInt32(truncatingIfNeeded: try input.number(bytes: 4))
            return try input.value(of: Double(Float(bitPattern: bits)))
        case Marker.double:
            return try input.value(of: Double(bitPattern: input.number(bytes: 8)))
        case Marker.bytes...(Marker.bytes + 2): throw input.unsupported("a byte string")
        case Marker.extended...(Marker.extended + 2):
            return try extended(bytes: wideCount(marker - Marker.extended))
        case Marker.fixedExtended...(Marker.fixedExtended + 4):
            return try extended(bytes: 1 << UInt64(marker - Marker.fixedExtended))
        default: throw input.malformed("a byte that begins no value")
        }
    }

    /// A count of 1, 2 or 4 bytes for the sizes 0, 1 and 2.
    private mutating func wideCount(_ size: UInt8) throws(WireFormatError) -> UInt64 {
        try input.number(bytes: 1 << Int(size))
    }
}

extension MessagePackDecoder {
    /// The bytes of a text, nil if the marker begins none.
    private mutating func textCount(_ marker: UInt8) throws(WireFormatError) -> UInt64? {
        switch marker {
        case Marker.fixedText..<Marker.null: UInt64(marker - Marker.fixedText)
        case Marker.text...(Marker.text + 2): try wideCount(marker - Marker.text)
        default: nil
        }
    }

    /// A whole number, nil if the marker begins none.
    private mutating func wholeNumber(_ marker: UInt8) throws(WireFormatError) -> JSONValue? {
        switch marker {
        case 0..<Marker.fixedMap: return .integer(Int64(marker))
        case Marker.fixedNegative...: return .integer(Int64(Int8(bitPattern: marker)))
        case Marker.unsigned...(Marker.unsigned + 3):
            return input.value(of: try input.number(bytes: 1 << Int(marker - Marker.unsigned)))
        case Marker.signed...(Marker.signed + 3):
            return .integer(try input.signed(bytes: 1 << Int(marker - Marker.signed)))
        default: return nil
        }
    }

    private mutating func array(
        _ declared: UInt64, depth: Int
    ) throws(WireFormatError) -> JSONValue {
        try input.checkDepth(depth)
        var elements: [JSONValue] = []
        for _ in 0..<(try input.count(declared, bytesEachMin: 1)) {
            elements.append(try value(depth: depth) ?? .null)
        }
        return .array(elements)
    }

    private mutating func map(_ declared: UInt64, depth: Int) throws(WireFormatError) -> JSONValue {
        try input.checkDepth(depth)
        var object = JSONObject()
        for _ in 0..<(try input.count(declared, bytesEachMin: 2)) {
            let name = try memberName()
            try input.add(try value(depth: depth), named: name, to: &object)
        }
        return .object(object)
    }

    private mutating func memberName() throws(WireFormatError) -> String {
        let marker = try input.byte()
        if let count = try textCount(marker) { return try input.text(count) }
        if case .integer(let whole)? = try wholeNumber(marker) { return String(whole) }
        throw input.unsupported("a name that is neither text nor a whole number")
    }

    private mutating func extended(bytes count: UInt64) throws(WireFormatError) -> JSONValue? {
        let type = try input.signed(bytes: 1)
        switch (type, count) {
        case (Extension.undefined, 1):
            guard try input.byte() == 0 else { throw input.unsupported("the extension 0") }
            return nil
        case (Extension.timestamp, 4):
            return try date(seconds: Double(input.number(bytes: 4)), nanoseconds: 0)
        case (Extension.timestamp, 8):
            // 30 bits of nanoseconds before 34 bits of seconds.
            let both = try input.number(bytes: 8)
            return try date(seconds: Double(both & (1 << 34 - 1)), nanoseconds: both >> 34)
        case (Extension.timestamp, 12):
            let nanoseconds = try input.number(bytes: 4)
            return try date(seconds: Double(input.signed(bytes: 8)), nanoseconds: nanoseconds)
        default: throw input.unsupported("the extension \(type)")
        }
    }

    private func date(seconds: Double, nanoseconds: UInt64) throws(WireFormatError) -> JSONValue {
        guard nanoseconds < 1_000_000_000 else {
            throw input.malformed("a moment has more than a second of nanoseconds")
        }
        return try input.date(milliseconds: seconds * 1_000 + Double(nanoseconds / 1_000_000))
    }
}
