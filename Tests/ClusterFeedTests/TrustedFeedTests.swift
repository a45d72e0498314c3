import ClusterFeed
import Foundation
import Integrity
import Testing

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
        ("channel: books", "channel: books\nchannel: books"),
        ("issued: ", "issued: never"), ("stable: 1", "stable: one"), ("stable: 1 ", "stable: 1  "),
        ("floor: 1\n", "floor: 1\nnote: \n"), ("floor: 1\n", "floor: 1\nnote: \u{7}\n"),
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

    @Test(arguments: [
        "sha256:AB", "sha256:ab", "sha256:../../secret", "sha512:", "",
    ])
    func `rule 3: a digest of another form is refused under its own code`(digest: String) throws {
        let body = String(decoding: signer.entry(seq: 1, previous: [1]).body(), as: UTF8.self)
        let prefix = "prev: sha256:\(SHA256Digest.of([1]).hex)"
        let changed = body.replacing(prefix, with: "prev: \(digest)")
        var feed = signer.feed()

        let file = try SignedText.sign(Array(changed.utf8), with: [signer.release])
        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .digestMalformed)
    }

    @Test(arguments: [
        ("0%", false), ("1%", true), ("100%", true), ("101%", false), ("05%", false),
        ("+5%", false), ("5", false), ("%", false),
    ])
    func `rule 3: a share is a whole number of percent`(share: String, isSound: Bool) throws {
        var entry = signer.entry(seq: 1)
        entry.candidate = Candidate(bundle: signer.bundle(2), share: 42, salt: "8c1f")
        let body = String(decoding: entry.body(), as: UTF8.self)
            .replacing(" 42% ", with: " \(share) ")
        var feed = signer.feed()

        let file = try SignedText.sign(Array(body.utf8), with: [signer.release])
        let found = refusal { _ = try feed.accept(file, now: signer.now) }
        #expect(found == (isSound ? nil : .entryMalformed))
    }

    @Test(arguments: [(FeedLimits.badMax, true), (FeedLimits.badMax + 1, false)])
    func `rule 3: the list of bad manifests has an end`(count: Int, isSound: Bool) throws {
        var entry = signer.entry(seq: 1)
        entry.bad = (0..<count).map { SHA256Digest.of([UInt8($0), 0]) }
        var feed = signer.feed()

        let file = try signer.sign(entry)
        let found = refusal { _ = try feed.accept(file, now: signer.now) }
        #expect(found == (isSound ? nil : .entryMalformed))
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

    @Test func `rule 4: an epoch that no key file began is refused and locks nobody out`() throws {
        var ahead = signer.entry(seq: .max)
        ahead.epoch = .max
        var feed = signer.feed()

        let file = try signer.sign(ahead)
        #expect(refusal { _ = try feed.accept(file, now: signer.now) } == .entryEpoch)
        let honest = try signer.sign(signer.entry(seq: 1))
        #expect(refusal { _ = try feed.accept(honest, now: signer.now) } == nil)
    }

    @Test func `rule 4: the last number there is traps nobody`() throws {
        var feed = signer.feed()
        let last = try signer.sign(signer.entry(seq: .max))
        _ = try feed.accept(last, now: signer.now)

        #expect(refusal { _ = try feed.accept(last, now: signer.now) } == nil)
        let first = try signer.sign(signer.entry(seq: 1))
        #expect(refusal { _ = try feed.accept(first, now: signer.now) } == .feedRollback)
    }

    @Test func `a new epoch takes back what a stolen release key has signed`() throws {
        let stolen = signer.release
        let fresh = try SigningKey(seed: Array(repeating: 8, count: 32))
        var feed = signer.feed()
        _ = try feed.accept(try signer.sign(signer.entry(seq: .max)), now: signer.now)
        var next = signer.keys
        next.number = 2
        next.epoch = 2
        next.releaseKeys = [fresh.verifyingKey]

        try feed.accept(keys: try SignedText.sign(next.body(), with: [signer.root]))

        var honest = signer.entry(seq: 7)
        honest.epoch = 2
        let forged = try SignedText.sign(honest.body(), with: [stolen])
        #expect(refusal { _ = try feed.accept(forged, now: signer.now) } == .signatureInvalid)
        let signed = try SignedText.sign(honest.body(), with: [fresh])
        #expect(refusal { _ = try feed.accept(signed, now: signer.now) } == nil)
        #expect(feed.position?.epoch == 2)
    }

    @Test func `an entry that was accepted once gives the position back, expired or not`() throws {
        let file = try signer.sign(signer.entry(seq: 5))
        var feed = signer.feed()
        let position = try feed.accept(file, now: signer.now).position

        var restarted = signer.feed()
        #expect(try restarted.resume(from: file).position == position)

        #expect(restarted.isAccepted(file))
        let older = try signer.sign(signer.entry(seq: 4))
        #expect(refusal { _ = try restarted.resume(from: older) } == .feedRollback)
        #expect(restarted.position == position)
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

    @Test func `rule 5: who was away may step over entries`() throws {
        var feed = signer.feed()
        _ = try feed.accept(try signer.sign(signer.entry(seq: 1)), now: signer.now)

        let later = try signer.sign(signer.entry(seq: 3, previous: [9]))
        #expect(refusal { _ = try feed.accept(later, now: signer.now) } == nil)
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

    @Test func `rule 7: a candidate must keep the rules that stable keeps`() throws {
        var entry = signer.entry(seq: 1, version: 9)
        entry.floor = 8
        entry.candidate = Candidate(bundle: signer.bundle(7), share: 5, salt: "a")
        var feed = signer.feed()

        let below = try signer.sign(entry)
        #expect(refusal { _ = try feed.accept(below, now: signer.now) } == .versionFloor)
        entry.candidate = Candidate(bundle: signer.bundle(10), share: 5, salt: "a")
        entry.bad = [signer.bundle(10).manifest]
        let bad = try signer.sign(entry)
        #expect(refusal { _ = try feed.accept(bad, now: signer.now) } == .versionBad)
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
