import JSON
import Testing
import WireFormats

@Suite struct CBORTests {
    private static func decode(
        _ hex: String, limits: JSONLimits = JSONLimits()
    ) throws(WireFormatError) -> String {
        try CBOR.decode(WireVectors.bytes(hex), limits: limits).text
    }

    private static func code(of hex: String) -> WireFormatError.Code? {
        #expect(throws: WireFormatError.self, "\(hex)") { try decode(hex) }?.code
    }

    @Test(arguments: WireVectors.values)
    func `what another program writes is read and written the same`(
        json: String, cbor: String, messagePack: String
    ) throws {
        let value = try JSONValue(parsing: json)

        #expect(try CBOR.decode(WireVectors.bytes(cbor)) == value)
        #expect(WireVectors.hex(CBOR.encode(value)) == cbor)
    }

    @Test(arguments: [
        ("1690000000000", "fb427897bd98400000"), ("4294967296", "fb41f0000000000000"),
        ("-2147483649", "fbc1e0000000200000"), ("9007199254740992", "1b0020000000000000"),
        ("3.0", "03"), ("1e10", "fb4202a05f20000000"),
    ])
    func `a number is written as a JavaScript client expects it`(
        json: String, cbor: String
    ) throws {
        #expect(WireVectors.hex(CBOR.encode(try JSONValue(parsing: json))) == cbor)
    }

    /// Examples of RFC 8949, appendix A, and others.
    @Test(arguments: [
        ("f90000", "0"), ("f93c00", "1"), ("f93e00", "1.5"), ("f97bff", "65504"),
        ("f90001", "5.960464477539063e-08"), ("f90400", "6.103515625e-05"), ("f9c400", "-4"),
        ("fa47c35000", "100000"), ("fb3ff199999999999a", "1.1"),
        ("1bffffffffffffffff", "1.8446744073709552e+19"),
        ("3bffffffffffffffff", "-1.8446744073709552e+19"),
        ("7f657374726561646d696e67ff", #""streaming""#),
        ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"),
        ("bf61610161629f0203ffff", #"{"a":1,"b":[2,3]}"#),
        ("a201022304", #"{"1":2,"-4":4}"#), ("f7", "null"), ("82f7f6", "[null,null]"),
        ("a26161f7616201", #"{"b":1}"#), ("d9d9f701", "1"),
        ("c074323031332d30332d32315432303a30343a30305a", #""2013-03-21T20:04:00Z""#),
        ("c11a514b67b0", #""2013-03-21T20:04:00.000Z""#),
        ("c1fb41d452d9ec200000", #""2013-03-21T20:04:00.500Z""#),
        ("c120", #""1969-12-31T23:59:59.000Z""#),
        ("c13b0000000e79747bff", #""0000-01-01T00:00:00.000Z""#),
        ("c11b0000003afff4417f", #""9999-12-31T23:59:59.000Z""#),
    ])
    func `a form that we do not write is read`(hex: String, json: String) throws {
        #expect(try Self.decode(hex) == json)
    }

    @Test(arguments: [
        "4101", "5f4101ff", "c249010000000000000000", "f97e00", "f97c00", "fb7ff0000000000000",
        "e0", "f818", "d82301", "a1f501", "a1820102f6", "c1fb7e37e43c8800759c",
        "c13b0000000e79747c00", "c11b0000003afff44180",
    ])
    func `what JSON has no form for is refused`(hex: String) {
        #expect(Self.code(of: hex) == .unsupported)
    }

    @Test(arguments: [
        "", "18", "19ff", "1c", "1f", "3f", "df", "ff", "6261", "62c328", "7f4161ff",
        "7f7f6161ffff",
        "7f6161", "81", "9f", "9f01", "a161", "a16161", "bf6161ff", "bf", "0101", "c001", "c16161",
        "9bffffffffffffffff", "bbffffffffffffffff", "7bffffffffffffffff", "9a7fffffff00",
        "ba7fffffff00", "7a7fffffff00", "b900020102", "c1", "fb00", "f9",
    ])
    func `what is not whole or not sound is refused`(hex: String) {
        #expect(Self.code(of: hex) == .malformed)
    }

    @Test(arguments: ["a2616101616102", "bf616101616102ff", "a20101613102"])
    func `a name that occurs twice is refused`(hex: String) {
        #expect(Self.code(of: hex) == .duplicateName)
    }

    @Test(arguments: ["81", "9f", "a16161", "bf6161", "d9d9f7"])
    func `depth is bounded for everything that nests`(opening: String) throws {
        let limits = JSONLimits(depthMax: 3)
        let closing = ["9f": "ff", "bf6161": "ff"][opening] ?? ""
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "00"
                + String(repeating: closing, count: depth)
        }

        _ = try Self.decode(nested(3), limits: limits)
        let error = #expect(throws: WireFormatError.self) {
            try Self.decode(nested(4), limits: limits)
        }
        #expect(error?.code == .limitExceeded)
        #expect(error?.message.contains("3") == true)
    }

    @Test func `values are counted against their limit`() throws {
        let limits = JSONLimits(valueCountMax: 3)

        _ = try Self.decode("820102", limits: limits)
        let error = #expect(throws: WireFormatError.self) {
            try Self.decode("83010203", limits: limits)
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test func `a million openings are refused without harm`() {
        let error = #expect(throws: WireFormatError.self) {
            try CBOR.decode(Array(repeating: 0x81, count: 1_000_000))
        }

        #expect(error?.code == .limitExceeded)
    }
}
