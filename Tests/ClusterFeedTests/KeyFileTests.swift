import ClusterFeed
import Foundation
import Integrity
import Testing

@Suite struct KeyFileTests {
    private let signer: Signer

    init() throws { signer = try Signer() }

    @Test func `a key file that its own root signed is trusted`() throws {
        let file = try SignedText.sign(signer.keys.body(), with: [signer.root])

        #expect(try KeyFile.trusting(file) == signer.keys)
    }

    @Test func `a key file that somebody else signed is not`() throws {
        let file = try SignedText.sign(signer.keys.body(), with: [signer.release])

        #expect(refusal { _ = try KeyFile.trusting(file) } == .signatureInvalid)
    }

    @Test func `the next key file needs the old root and its own`() throws {
        let fresh = try SigningKey(seed: Array(repeating: 7, count: 32))
        var next = signer.keys
        next.number = 2
        next.epoch = 2
        next.rootKeys = [fresh.verifyingKey]

        let both = try SignedText.sign(next.body(), with: [signer.root, fresh])
        let old = try SignedText.sign(next.body(), with: [signer.root])
        let new = try SignedText.sign(next.body(), with: [fresh])

        #expect(refusal { _ = try signer.keys.successor(both) } == nil)
        #expect(refusal { _ = try signer.keys.successor(old) } == .signatureInvalid)
        #expect(refusal { _ = try signer.keys.successor(new) } == .signatureInvalid)
    }

    @Test(arguments: [0, 1, 3] as [UInt64])
    func `a key file follows only the one before it`(number: UInt64) throws {
        var next = signer.keys
        next.number = number

        let file = try SignedText.sign(next.body(), with: [signer.root])
        #expect(refusal { _ = try signer.keys.successor(file) } == .keysOutOfOrder)
    }

    @Test(arguments: [0, 2]) func `a threshold nobody can meet is malformed`(threshold: Int) throws
    {
        var keys = signer.keys
        keys.rootThreshold = threshold

        let file = try SignedText.sign(keys.body(), with: [signer.root])
        #expect(refusal { _ = try KeyFile.trusting(file) } == .keysMalformed)
    }

    @Test func `of three root keys any two are enough, and one is not`() throws {
        let roots = try (1...3).map {
            try SigningKey(seed: Array(repeating: UInt8($0), count: SigningKey.seedByteCount))
        }
        var keys = signer.keys
        keys.rootKeys = roots.map(\.verifyingKey)
        keys.rootThreshold = 2

        let one = try SignedText.sign(keys.body(), with: [roots[0]])
        let same = try SignedText.sign(keys.body(), with: [roots[0], roots[0]])
        let two = try SignedText.sign(keys.body(), with: [roots[2], roots[1]])

        #expect(refusal { _ = try KeyFile.trusting(one) } == .signatureInvalid)
        #expect(refusal { _ = try KeyFile.trusting(same) } == .signatureInvalid)
        #expect(refusal { _ = try KeyFile.trusting(two) } == nil)
    }

    @Test func `a key file never ends a later epoch`() throws {
        var keys = signer.keys
        keys.epoch = 5
        var next = keys
        next.number = 2

        next.epoch = 4
        let back = try SignedText.sign(next.body(), with: [signer.root])
        #expect(refusal { _ = try keys.successor(back) } == .keysOutOfOrder)
        next.epoch = 5
        let same = try SignedText.sign(next.body(), with: [signer.root])
        #expect(refusal { _ = try keys.successor(same) } == nil)
    }

    @Test func `an entry is not taken for a key file`() throws {
        let entry = try SignedText.sign(signer.entry(seq: 1).body(), with: [signer.root])

        #expect(refusal { _ = try KeyFile.trusting(entry) } == .signatureDomain)
    }

    @Test func `a key that is listed twice does not count twice`() throws {
        var keys = signer.keys
        keys.rootKeys = [signer.root.verifyingKey, signer.root.verifyingKey]
        keys.rootThreshold = 2

        let file = try SignedText.sign(keys.body(), with: [signer.root, signer.root])
        #expect(refusal { _ = try KeyFile.trusting(file) } == .keysMalformed)
    }
}
