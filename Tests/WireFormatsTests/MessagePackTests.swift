import JSON
import Testing
import WireFormats

@Suite struct MessagePackTests {
    private static func decode(
        _ hex: String, limits: JSONLimits = JSONLimits()
    ) throws(WireFormatError) -> String {
        try MessagePack.decode(WireVectors.bytes(hex), limits: limits).text
    }

    private static func code(of hex: String) -> WireFormatError.Code? {
        #expect(throws: WireFormatError.self, "\(hex)") { try decode(hex) }?.code
    }

    @Test(arguments: WireVectors.values)
    func `what another program writes is read and written the same`(
        json: String, cbor: String, messagePack: String
    ) throws {
        let value = try JSONValue(parsing: json)

        #expect(try MessagePack.decode(WireVectors.bytes(messagePack)) == value)
        #expect(WireVectors.hex(MessagePack.encode(value)) == messagePack)
    }

    @Test(arguments: [("1690000000000", "cb427897bd98400000"), ("3.0", "03")])
    func `a number is written as a JavaScript client expects it`(
        json: String, expected: String
    ) throws {
        #expect(WireVectors.hex(MessagePack.encode(try JSONValue(parsing: json))) == expected)
    }

    @Test(arguments: [
        ("ca3fc00000", "1.5"), ("cfffffffffffffffff", "1.8446744073709552e+19"),
        ("d3ffffffffffffffff", "-1"), ("d1ffff", "-1"), ("cc01", "1"),
        ("d90161", #""a""#), ("da000161", #""a""#), ("db0000000161", #""a""#),
        ("dc000101", "[1]"), ("dd0000000101", "[1]"), ("de0001a16101", #"{"a":1}"#),
        ("df00000001a16101", #"{"a":1}"#), ("820102fd04", #"{"1":2,"-3":4}"#),
        ("d40000", "null"), ("82a161d40000a16201", #"{"b":1}"#),
        ("d7ff3b9aca0064bb5a80", #""2023-07-22T04:26:40.250Z""#),
        ("d6ff64bb5a80", #""2023-07-22T04:26:40.000Z""#),
        ("c70cff1dcd6500ffffffffed300880", #""1960-01-01T00:00:00.500Z""#),
    ])
    func `a form that we do not write is read`(hex: String, json: String) throws {
        #expect(try Self.decode(hex) == json)
    }

    @Test(arguments: [
        "c4026162", "c500026162", "c6000000026162", "ca7f800000", "cb7ff8000000000000", "d40001",
        "d40100", "c70300010203", "81c001", "8190c0",
        "c70cff000000007fffffffffffffff",
    ])
    func `what JSON has no form for is refused`(hex: String) {
        #expect(Self.code(of: hex) == .unsupported)
    }

    @Test(arguments: [
        "", "c1", "cc", "cd00", "a261", "a2c328", "d9", "d902", "91", "81", "81a161", "0101",
        "dcffff", "ddffffffff", "deffff", "dfffffffff", "dbffffffff61", "cb00", "d6ff00",
        "d7ffffffffff00000000",
    ])
    func `what is not whole or not sound is refused`(hex: String) {
        #expect(Self.code(of: hex) == .malformed)
    }

    @Test(arguments: ["82a16101a16102", "8201020103", "820102a13103"])
    func `a name that occurs twice is refused`(hex: String) {
        #expect(Self.code(of: hex) == .duplicateName)
    }

    @Test(arguments: ["91", "81a161"])
    func `depth is bounded for everything that nests`(opening: String) throws {
        let limits = JSONLimits(depthMax: 3)

        _ = try Self.decode(String(repeating: opening, count: 3) + "00", limits: limits)
        let error = #expect(throws: WireFormatError.self) {
            try Self.decode(String(repeating: opening, count: 4) + "00", limits: limits)
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test func `values are counted against their limit`() throws {
        let limits = JSONLimits(valueCountMax: 3)

        _ = try Self.decode("920102", limits: limits)
        let error = #expect(throws: WireFormatError.self) {
            try Self.decode("93010203", limits: limits)
        }
        #expect(error?.code == .limitExceeded)
    }
}
