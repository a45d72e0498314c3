import JSON
import Testing
import WireFormats

@Suite struct HostileBytesTests {
    private static let value: JSONValue = [
        "operation": "insert",
        "records": [["id": 1, "name": "ä", "price": 1.5, "tags": [nil, true]]],
        "created": 1_690_000_000_000, "many": .array((0..<40).map { JSONValue($0 * 1_000) }),
    ]

    private static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    @Test func `every truncation is refused`() {
        let (cbor, messagePack) = (CBOR.encode(Self.value), MessagePack.encode(Self.value))

        for count in 0..<cbor.count {
            #expect(throws: WireFormatError.self) { try CBOR.decode(Array(cbor.prefix(count))) }
        }
        for count in 0..<messagePack.count {
            #expect(throws: WireFormatError.self) {
                try MessagePack.decode(Array(messagePack.prefix(count)))
            }
        }
    }

    /// What is read can be written, and is then read the same.
    private static func expectRefusedOrMeaningful(_ bytes: [UInt8]) throws {
        if let value = try? CBOR.decode(bytes) {
            #expect(try CBOR.decode(CBOR.encode(value)).text == value.text)
        }
        if let value = try? MessagePack.decode(bytes) {
            #expect(try MessagePack.decode(MessagePack.encode(value)).text == value.text)
        }
    }

    @Test(arguments: 0..<40)
    func `noise is refused or means something`(seed: Int) throws {
        for round in 0..<200 {
            let bytes = Self.noise(24, seed: UInt64(seed * 1_000 + round))
            for length in [2, 5, 24] {
                try Self.expectRefusedOrMeaningful(Array(bytes.prefix(length)))
            }
        }
    }

    @Test(arguments: 1..<256)
    func `a changed byte is refused or means something`(mask: Int) throws {
        for bytes in [CBOR.encode(Self.value), MessagePack.encode(Self.value)] {
            for index in stride(from: mask % 5, to: bytes.count, by: 5) {
                var changed = bytes
                changed[index] ^= UInt8(mask)
                try Self.expectRefusedOrMeaningful(changed)
            }
        }
    }
}
