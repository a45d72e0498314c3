import Compression
import Foundation
import Testing

@Suite struct GzipTests {
    /// Far more than any text here has.
    private static let bytesMax = 1 << 24

    private static func decompress(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
        try Gzip.decompress(bytes, bytesMax: bytesMax)
    }

    /// Noise that is the same in every run (a linear congruence; Knuth, volume 2, section 3.3.4).
    private static func noise(_ count: Int, alphabet: UInt64 = 256) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(state >> 33 % alphabet)
        }
    }

    private static let texts: [(name: String, bytes: [UInt8])] = [
        ("empty", []), ("one byte", [7]), ("two bytes", [1, 1]), ("three", [1, 1, 1]),
        ("a match at the end", Array("abcdabcd".utf8)),
        ("JSON", GzipVectors.text),
        ("much JSON", Array(repeatElement(GzipVectors.text, count: 300).joined())),
        ("zeros", Array(repeating: 0, count: 1_000_000)),
        ("a run of 258 and one", Array(repeating: 9, count: 259)),
        ("noise", noise(200_000)),
        ("noise just over a stored block", noise(65_536)),
        ("noise of two letters", noise(200_000, alphabet: 2)),
        ("noise of forty letters", noise(100_000, alphabet: 40)),
        ("a window apart", noise(32_768) + noise(32_768)),
        ("just beyond a window", noise(32_769) + noise(32_769)),
        ("counts that grow like Fibonacci's, for the longest codes", fibonacci),
    ]

    private static let fibonacci: [UInt8] = {
        var (count, next) = (1, 1)
        var bytes: [UInt8] = []
        for symbol in UInt8(0)..<24 {
            bytes += Array(repeating: symbol, count: count)
            (count, next) = (next, count + next)
        }
        // In an order without repetitions that would hide the counts.
        let order = noise(bytes.count)
        return zip(bytes, order).sorted { $0.1 < $1.1 }.map(\.0)
    }()

    @Test(arguments: texts.indices)
    func `a text comes back as it was`(index: Int) throws {
        let text = Self.texts[index].bytes

        let compressed = Gzip.compress(text)

        #expect(try Self.decompress(compressed) == text)
        #expect(compressed.count <= text.count + text.count / 1_000 + 32)
    }

    @Test func `every length of a text up to three hundred comes back`() throws {
        let text = Self.noise(300, alphabet: 3)

        for count in 0...text.count {
            let prefix = Array(text.prefix(count))
            #expect(try Self.decompress(Gzip.compress(prefix)) == prefix)
        }
    }

    @Test func `records are compressed to a fraction`() {
        let text = Array(repeatElement(GzipVectors.text, count: 10).joined())

        #expect(Gzip.compress(text).count * 8 < text.count)
    }

    @Test(arguments: GzipVectors.base64)
    func `what other programs compress is read`(maker: String, base64: String) throws {
        let bytes = try #require(Data(base64Encoded: base64))

        #expect(try Self.decompress(Array(bytes)) == GzipVectors.text)
    }

    @Test func `members behind one another are one text`() throws {
        let bytes = Gzip.compress([1, 2]) + Gzip.compress([]) + Gzip.compress([3])

        #expect(try Self.decompress(bytes) == [1, 2, 3])
    }

    @Test func `a member cannot repeat bytes of the one before it`() throws {
        // A fixed block: the length 3 at distance 1, as the first symbol of a text.
        let body: [UInt8] = [0x03, 0x02, 0x00]
        let bytes = Gzip.compress([1, 2, 3]) + Gzip.compress([]).prefix(10) + body

        #expect(throws: CompressionError.self) { try Self.decompress(bytes) }
    }

    @Test func `bytes behind the last member are refused`() throws {
        #expect(throws: CompressionError.self) { try Self.decompress(Gzip.compress([1]) + [0]) }
    }
}

extension GzipTests {
    private static let small = Gzip.compress(Array(GzipVectors.text.prefix(400)))
    private static let smallText = Array(GzipVectors.text.prefix(400))

    @Test func `every truncation is refused`() {
        for count in 0..<Self.small.count {
            #expect(throws: CompressionError.self, "\(count) bytes") {
                try Self.decompress(Array(Self.small.prefix(count)))
            }
        }
    }

    @Test(arguments: [UInt8(0xFF), 1, 0x80, 0x10])
    func `a flipped byte is refused or changes nothing`(mask: UInt8) {
        for index in Self.small.indices {
            var bytes = Self.small
            bytes[index] ^= mask
            // Nil: refused, as it should be nearly everywhere.
            let text = try? Self.decompress(bytes)
            #expect(text == nil || text == Self.smallText, "byte \(index)")
        }
    }

    @Test(arguments: GzipVectors.base64)
    func `a flipped byte of another program's text is refused or changes nothing`(
        maker: String, base64: String
    ) throws {
        let sound = Array(try #require(Data(base64Encoded: base64)))

        for index in sound.indices {
            var bytes = sound
            bytes[index] ^= 0x55
            let text = try? Self.decompress(bytes)
            #expect(text == nil || text == GzipVectors.text, "byte \(index)")
        }
    }

    @Test func `noise behind a head is refused without harm`() {
        let noise = Self.noise(40_000)

        for start in stride(from: 0, to: 39_000, by: 13) {
            let bytes = Self.small.prefix(10) + noise[start..<(start + 200)]
            #expect(throws: CompressionError.self) { try Self.decompress(Array(bytes)) }
        }
    }

    @Test func `a wrong sum and a wrong size are told apart from malformed bytes`() {
        for offset in [1, 5] {
            var bytes = Self.small
            bytes[bytes.count - offset] ^= 1
            let error = #expect(throws: CompressionError.self) { try Self.decompress(bytes) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func `a text as large as the limit is read and one byte more is refused`() throws {
        let bomb = Gzip.compress(Array(repeating: 0, count: 100_000))

        #expect(try Gzip.decompress(bomb, bytesMax: 100_000).count == 100_000)
        let error = #expect(throws: CompressionError.self) {
            try Gzip.decompress(bomb, bytesMax: 99_999)
        }
        #expect(error?.code == .limitExceeded)
        #expect(error?.message.contains("99999") == true)
    }

    @Test func `the limit holds for all members together`() {
        let member = Gzip.compress(Array(repeating: 0, count: 600))

        let error = #expect(throws: CompressionError.self) {
            try Gzip.decompress(member + member, bytesMax: 1_000)
        }

        #expect(error?.code == .limitExceeded)
    }

    /// Bodies of one dynamic block, written bit by bit; what is wrong stands first.
    @Test(arguments: [
        ("two symbols of one bit too many", [7, 0, 1, 1, 1, 1]),
        ("a symbol missing", [7, 0, 3, 3, 3, 0]),
        ("no symbol at all", [7, 0, 0, 0, 0, 0]),
    ])
    func `a code that is no code is refused`(what: String, items: [Int]) {
        // Last block, dynamic, 257 and 1 symbols, then the lengths of 4 or more items.
        var bits = [1, 0, 1] + Array(repeating: 0, count: 10)
        let count = items.count
        bits += (0..<4).map { (count - 4) >> $0 & 1 }
        for item in items { bits += (0..<3).map { item >> $0 & 1 } }
        bits += Array(repeating: 0, count: 800)
        let body = stride(from: 0, to: bits.count - 7, by: 8).map { start in
            (0..<8).reduce(UInt8(0)) { $0 | UInt8(bits[start + $1]) << UInt8($1) }
        }

        let error = #expect(throws: CompressionError.self) {
            try Self.decompress(Self.small.prefix(10) + body)
        }

        #expect(error?.code == .malformed)
        #expect(error?.message.contains("code") == true, "\(what)")
    }

    @Test func `a head with every optional part is read`() throws {
        var head = Array(Self.small.prefix(10))
        head[3] = 0b0001_1101
        head += [3, 0, 9, 9, 9] + Array("name".utf8) + [0] + Array("comment".utf8) + [0]

        #expect(try Self.decompress(head + Self.small.dropFirst(10)) == Self.smallText)
    }

    @Test func `a head with a flag of the future is refused`() {
        var bytes = Self.small
        bytes[3] = 0b0010_0000

        #expect(throws: CompressionError.self) { try Self.decompress(bytes) }
    }
}
