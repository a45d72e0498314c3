import ClusterFeed
import Foundation
import Integrity
import Testing

/// A trainer's keys and what it signs, in memory.
private struct Signer {
    let root: SigningKey
    let release: SigningKey
    let now = Date(timeIntervalSince1970: 1_772_359_200)

    init() throws {
        root = try SigningKey(seed: Array(repeating: 1, count: 32))
        release = try SigningKey(seed: Array(repeating: 2, count: 32))
    }

    var keys: KeyFile {
        KeyFile(
            number: 1, epoch: 1, expires: now.addingTimeInterval(1_000_000), rootThreshold: 1,
            rootKeys: [root.verifyingKey], releaseKeys: [release.verifyingKey])
    }

    func bundle(_ version: UInt64) -> BundleReference {
        BundleReference(
            version: version, manifest: SHA256Digest.of(Array("\(version)".utf8)),
            manifestBytes: 100)
    }

    func entry(seq: UInt64, version: UInt64 = 1, previous: [UInt8]? = nil) -> FeedEntry {
        FeedEntry(
            channel: "books", epoch: 1, seq: seq, previous: previous.map(SHA256Digest.of),
            issued: now, expires: now.addingTimeInterval(1_000), stable: bundle(version))
    }

    func sign(_ entry: FeedEntry) throws -> [UInt8] {
        try SignedText.sign(entry.body(), with: [release])
    }

    func feed() -> TrustedFeed { TrustedFeed(channel: "books", keys: keys, position: nil) }
}

private func refusal(_ body: () throws -> Void) -> FeedRefusal.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? FeedRefusal)?.code
    }
}

@Suite struct TrustedFeedTests {
    private let signer: Signer

    init() throws { signer = try Signer() }

    @Test func `an entry keeps every member through its text`() throws {
        var entry = signer.entry(seq: 43, version: 118, previous: [1])
        entry.candidate = Candidate(bundle: signer.bundle(119), share: 5, salt: "8c1f")
        entry.floor = 110
        entry.bad = [SHA256Digest.of([2]), SHA256Digest.of([3])]
        entry.note = "rollback"
        var feed = signer.feed()

        let accepted = try feed.accept(try signer.sign(entry), now: signer.now)

        #expect(accepted.entry == entry)
    }

    @Test func `rule 1: a file larger than its limit or without a signature is refused`() throws {
        var feed = signer.feed()
        let file = try signer.sign(signer.entry(seq: 1))
        let body = signer.entry(seq: 1).body()

        #expect(refusal { _ = try feed.accept(body, now: signer.now) } == .signatureMalformed)
        let huge = file + Array(repeating: UInt8(ascii: "x"), count: FeedLimits.fileBytesMax)
        #expect(refusal { _ = try feed.accept(huge, now: signer.now) } == .signatureMalformed)
        #expect(refusal { _ = try feed.accept([], now: signer.now) } == .signatureMalformed)
    }

    @Test func `rule 1: signatures are counted before they are verified`() throws {
        let body = signer.entry(seq: 1).body()
        let line = Array(
            "-- \(signer.release.verifyingKey.id) \(String(repeating: "0", count: 128))\n".utf8)
        let last = try signer.sign(signer.entry(seq: 1)).suffix(line.count)
        var feed = signer.feed()

        let eight = body + Array(repeating: line, count: 7).joined() + last
        #expect(refusal { _ = try feed.accept(eight, now: signer.now) } == nil)
        let nine = body + Array(repeating: line, count: 8).joined() + last
        #expect(refusal { _ = try feed.accept(nine, now: signer.now) } == .signatureMalformed)
    }

    @Test func `rule 1: a key file is not taken for an entry`() throws {
        var feed = signer.feed()
        let file = try SignedText.sign(signer.keys.body(), with: [signer.release])

        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .signatureDomain)
    }

    @Test func `rule 2: one flipped bit anywhere is refused`() throws {
        let file = try signer.sign(signer.entry(seq: 1))

        for index in file.indices {
            var feed = signer.feed()
            var flipped = file
            flipped[index] ^= 1
            #expect(refusal { _ = try feed.accept(flipped, now: signer.now) } != nil, "\(index)")
            #expect(feed.position == nil)
        }
    }

    @Test func `rule 2: the root key does not sign entries`() throws {
        var feed = signer.feed()
        let file = try SignedText.sign(signer.entry(seq: 1).body(), with: [signer.root])

        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .signatureInvalid)
    }

    @Test func `rule 2: an expired key file makes no entry believed`() throws {
        var feed = signer.feed()
        let file = try signer.sign(signer.entry(seq: 1))

        #expect(
            refusal { _ = try feed.accept(file, now: signer.keys.expires) } == .keysExpired)
    }

    @Test func `rule 3: an entry of another channel is refused`() throws {
        var entry = signer.entry(seq: 1)
        entry.channel = "songs"
        var feed = signer.feed()

        let file = try signer.sign(entry)
        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .entryChannel)
    }

    @Test(arguments: [
        ("seq: 1", "seq: 01"), ("seq: 1", "seq: -1"), ("seq: 1", "seq: 18446744073709551616"),
        ("seq: 1", "seq: 1e3"), ("seq: 1", "seq: 1 "), ("channel: books", "channel: ../books"),
        ("channel: books", "channel: books\nchannel: books"), ("prev: none", "prev: "),
        ("issued: ", "issued: never"), ("stable: 1", "stable: one"), ("sha256:", "sha256:AB"),
        ("floor: 1", "flour: 1"), ("floor: 1\n", "floor: 1\nextra: 1\n"),
        ("floor: 1\n", "floor: 1\r\n"),
    ])
    func `rule 3: a malformed member is refused though it is signed`(
        found: String, replacement: String
    ) throws {
        let text = String(decoding: signer.entry(seq: 1).body(), as: UTF8.self)
        let body = Array(text.replacing(found, with: replacement, maxReplacements: 1).utf8)
        var feed = signer.feed()

        let file = try SignedText.sign(body, with: [signer.release])
        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .entryMalformed)
    }

    @Test func `rule 4: an older entry is refused and the newest is not lowered`() throws {
        var feed = signer.feed()
        let first = try signer.sign(signer.entry(seq: 1))
        let second = try signer.sign(signer.entry(seq: 2, version: 2, previous: first))
        _ = try feed.accept(first, now: signer.now)
        _ = try feed.accept(second, now: signer.now)

        #expect(refusal { _ = try feed.accept(first, now: signer.now) } == .feedRollback)
        #expect(feed.position?.seq == 2)
        #expect(refusal { _ = try feed.accept(second, now: signer.now) } == nil)
    }

    @Test func `rule 4: an epoch that the key file ended is refused`() throws {
        var keys = signer.keys
        keys.epoch = 2
        var feed = TrustedFeed(channel: "books", keys: keys, position: nil)

        let file = try signer.sign(signer.entry(seq: 1))
        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .feedRollback)
    }

    @Test func `rule 4: the floor survives a restart`() throws {
        var feed = signer.feed()
        let first = try signer.sign(signer.entry(seq: 1))
        let position = try feed.accept(
            try signer.sign(signer.entry(seq: 2, previous: first)), now: signer.now
        ).position

        var restarted = TrustedFeed(channel: "books", keys: signer.keys, position: position)
        #expect(refusal { _ = try restarted.accept(first, now: signer.now) } == .feedRollback)
    }

    @Test func `rule 5: another entry of the same number is a fork`() throws {
        var feed = signer.feed()
        _ = try feed.accept(try signer.sign(signer.entry(seq: 1)), now: signer.now)

        let other = try signer.sign(signer.entry(seq: 1, version: 2))
        #expect(refusal { _ = try feed.accept(other, now: signer.now) } == .feedFork)
    }

    @Test func `rule 5: the next entry must name the accepted one`() throws {
        var feed = signer.feed()
        let first = try signer.sign(signer.entry(seq: 1))
        _ = try feed.accept(first, now: signer.now)

        let stranger = try signer.sign(signer.entry(seq: 2, previous: [9]))
        #expect(refusal { _ = try feed.accept(stranger, now: signer.now) } == .feedFork)
        let honest = try signer.sign(signer.entry(seq: 2, previous: first))
        #expect(refusal { _ = try feed.accept(honest, now: signer.now) } == nil)
    }

    @Test func `rule 6: an entry is believed until the second of its expiry`() throws {
        let entry = signer.entry(seq: 1)
        let file = try signer.sign(entry)
        var feed = signer.feed()

        #expect(refusal { _ = try feed.accept(file, now: entry.expires) } == .feedExpired)
        #expect(
            refusal { _ = try feed.accept(file, now: entry.expires.addingTimeInterval(-1)) }
                == nil)
    }

    @Test func `rule 7: a version below the floor is refused`() throws {
        var entry = signer.entry(seq: 1, version: 7)
        entry.floor = 8
        var feed = signer.feed()

        let below = try signer.sign(entry)
        #expect(refusal { _ = try feed.accept(below, now: signer.now) } == .versionFloor)
        entry.floor = 7
        let at = try signer.sign(entry)
        #expect(refusal { _ = try feed.accept(at, now: signer.now) } == nil)
    }

    @Test func `rule 7: a bundle that is listed as bad is refused`() throws {
        var entry = signer.entry(seq: 1)
        entry.bad = [entry.stable.manifest]
        var feed = signer.feed()

        let file = try signer.sign(entry)
        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .versionBad)
    }

    @Test func `rule 8: stable goes back only with a note`() throws {
        var feed = signer.feed()
        let first = try signer.sign(signer.entry(seq: 1, version: 5))
        _ = try feed.accept(first, now: signer.now)
        var back = signer.entry(seq: 2, version: 4, previous: first)

        let silent = try signer.sign(back)
        #expect(refusal { _ = try feed.accept(silent, now: signer.now) } == .versionDowngrade)
        back.note = "rollback"
        let said = try signer.sign(back)
        #expect(refusal { _ = try feed.accept(said, now: signer.now) } == nil)
    }

    @Test func `a refused entry of a high number does not lock out honest ones`() throws {
        var feed = signer.feed()
        let attacker = try SigningKey(seed: Array(repeating: 9, count: 32))
        let forged = try SignedText.sign(
            signer.entry(seq: .max).body(), with: [attacker])

        #expect(refusal { _ = try feed.accept(forged, now: signer.now) } == .signatureInvalid)
        let honest = try signer.sign(signer.entry(seq: 1))
        #expect(refusal { _ = try feed.accept(honest, now: signer.now) } == nil)
    }

    @Test func `a share of the nodes takes part in a trial`() {
        let bundle = signer.bundle(2)
        let nodes = (0..<1_000).map { "edge-\($0)" }

        let half = Candidate(bundle: bundle, share: 50, salt: "a")
        let all = Candidate(bundle: bundle, share: 100, salt: "a")

        #expect((400...600).contains(nodes.count { half.includes(node: $0) }))
        #expect(nodes.allSatisfy { all.includes(node: $0) })
    }
}

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

    @Test func `a key that is listed twice does not count twice`() throws {
        var keys = signer.keys
        keys.rootKeys = [signer.root.verifyingKey, signer.root.verifyingKey]
        keys.rootThreshold = 2

        let file = try SignedText.sign(keys.body(), with: [signer.root, signer.root])
        #expect(refusal { _ = try KeyFile.trusting(file) } == .keysMalformed)
    }
}
