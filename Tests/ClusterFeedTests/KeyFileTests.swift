import Foundation
import Integrity
import Testing

@testable import ClusterFeed

@Suite struct KeyFileTests {
    private static func refusal(_ body: () throws(FeedRefusal) -> KeyFile) -> FeedRefusal.Code? {
        do throws(FeedRefusal) {
            _ = try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `the first key file signs itself`() throws {
        let fixture = try FeedFixture()
        let signed = try SignedText.sign(fixture.keys.body(), with: [fixture.root])
        let unsigned = try SignedText.sign(fixture.keys.body(), with: [fixture.release])

        #expect(try KeyFile.trusting(signed) == fixture.keys)
        #expect(
            Self.refusal { () throws(FeedRefusal) in try KeyFile.trusting(unsigned) }
                == .signatureInvalid)
    }

    @Test(
        arguments: [
            (2, 1, nil), (2, 2, nil), (1, 1, .keysOutOfOrder), (3, 1, .keysOutOfOrder),
            (0, 1, .keysOutOfOrder), (2, 0, .keysOutOfOrder),
        ] as [(UInt64, UInt64, FeedRefusal.Code?)])
    func `a successor has the next number and no lower epoch`(
        number: UInt64, epoch: UInt64, code: FeedRefusal.Code?
    ) throws {
        let fixture = try FeedFixture()
        var next = fixture.keys
        next.number = number
        next.epoch = epoch
        let file = try SignedText.sign(next.body(), with: [fixture.root])

        #expect(
            Self.refusal { () throws(FeedRefusal) in try fixture.keys.successor(file) } == code)
    }

    @Test func `a new root needs the signatures of the old one and its own`() throws {
        let fixture = try FeedFixture()
        let fresh = try SigningKey()
        var next = fixture.keys
        next.number = 2
        next.rootKeys = [fresh.verifyingKey]
        let sign = { (keys: [SigningKey]) in try SignedText.sign(next.body(), with: keys) }
        let (old, new, both) = (
            try sign([fixture.root]), try sign([fresh]), try sign([fixture.root, fresh])
        )

        for file in [old, new] {
            #expect(
                Self.refusal { () throws(FeedRefusal) in try fixture.keys.successor(file) }
                    == .signatureInvalid)
        }
        #expect(try fixture.keys.successor(both) == next)
    }

    @Test func `a threshold of two is not met by one key that signs twice`() throws {
        let fixture = try FeedFixture()
        let second = try SigningKey()
        var keys = fixture.keys
        keys.rootKeys.append(second.verifyingKey)
        keys.rootThreshold = 2
        let sign = { (signers: [SigningKey]) in try SignedText.sign(keys.body(), with: signers) }
        let (twice, both) = (
            try sign([fixture.root, fixture.root]), try sign([fixture.root, second])
        )

        #expect(
            Self.refusal { () throws(FeedRefusal) in try KeyFile.trusting(twice) }
                == .signatureInvalid)
        #expect(try KeyFile.trusting(both) == keys)
    }

    @Test func `a key file after the last number does not exist`() throws {
        var fixture = try FeedFixture().keys
        let root = try SigningKey()
        fixture.rootKeys = [root.verifyingKey]
        fixture.number = .max
        let file = try SignedText.sign(fixture.body(), with: [root])

        #expect(
            Self.refusal { () throws(FeedRefusal) in try fixture.successor(file) }
                == .keysOutOfOrder)
    }

    @Test(
        arguments: [
            ("root-threshold: 1", "root-threshold: 0"), ("root-threshold: 1", "root-threshold: 2"),
            ("root: ", "root: 00"), ("release: ", "unknown: "),
        ])
    func `keys that make no sense are refused`(part: String, other: String) throws {
        let fixture = try FeedFixture()
        let text = String(decoding: fixture.keys.body(), as: UTF8.self)
        let file = try SignedText.sign(
            Array(text.replacing(part, with: other).utf8), with: [fixture.root])

        #expect(
            Self.refusal { () throws(FeedRefusal) in try KeyFile.trusting(file) }
                == .keysMalformed)
    }

    @Test func `a key is listed once`() throws {
        let fixture = try FeedFixture()
        var keys = fixture.keys
        keys.rootKeys.append(fixture.root.verifyingKey)
        let file = try SignedText.sign(keys.body(), with: [fixture.root])

        #expect(
            Self.refusal { () throws(FeedRefusal) in try KeyFile.trusting(file) }
                == .keysMalformed)
    }
}

@Suite struct SignedTextTests {
    private static let signature = "-- abcdef01 " + String(repeating: "0", count: 128) + "\n"

    private static func parses(_ text: String) -> Bool {
        (try? SignedText(parsing: Array(text.utf8))) != nil
    }

    @Test func `so many signatures are read and no more`() {
        let most = String(repeating: Self.signature, count: FeedLimits.signaturesMax)

        #expect(Self.parses("x\n" + most))
        #expect(!Self.parses("x\n" + most + Self.signature))
    }

    @Test func `the signed part has a limit`() {
        let longest = String(repeating: "x", count: FeedLimits.signedBytesMax - 1) + "\n"

        #expect(Self.parses(longest + Self.signature))
        #expect(!Self.parses("x" + longest + Self.signature))
    }

    @Test func `a file has a limit before anything of it is read`() {
        let error = #expect(throws: FeedRefusal.self) {
            try SignedText(parsing: Array(repeating: 0x0A, count: FeedLimits.fileBytesMax + 1))
        }

        #expect(error?.message.contains("\(FeedLimits.fileBytesMax)") == true)
    }

    @Test(arguments: [
        "", "\n", "x\n", "x\n-- \n", "x\n-- a\n", "x\n-- a 00\n", "x\n" + signature.dropLast(),
        "x\n" + signature + "\n", "x\n" + signature + "y\n",
        "x\n" + signature.replacing("01 ", with: "01  "),
        "x\n" + signature.replacing("01 0", with: "01 A"), "x\n" + signature.dropLast() + "0\n",
    ])
    func `another form is refused`(text: String) {
        #expect(Self.parses("x\n" + Self.signature))
        #expect(!Self.parses(text))
    }
}
