import Foundation
import Integrity
import Testing

@testable import ClusterFeed

@Suite struct TrustedFeedTests {
    @Test func `rule 1: an entry is believed, a key file in its place is not`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        let entry = FeedFixture.entry(seq: 1)
        let keyFile = try SignedText.sign(fixture.keys.body(), with: [fixture.release])

        let accepted = try feed.accept(try fixture.signed(entry), now: FeedFixture.now)

        #expect(accepted.entry == entry)
        #expect(accepted.position == feed.position)
        #expect(fixture.refusal(of: keyFile, by: fixture.feed()) == .signatureDomain)
    }

    @Test func `rule 1: no flipped bit of any byte is believed`() throws {
        let fixture = try FeedFixture()
        let file = try fixture.signed(FeedFixture.entry(seq: 1))

        for index in file.indices {
            for bit in 0..<8 {
                var flipped = file
                flipped[index] ^= 1 << bit
                #expect(
                    fixture.refusal(of: flipped, by: fixture.feed()) != nil,
                    "byte \(index), bit \(bit)")
            }
        }
    }

    @Test func `rule 1: no shortened file is believed`() throws {
        let fixture = try FeedFixture()
        let file = try fixture.signed(FeedFixture.entry(seq: 1))

        for count in 0..<file.count {
            #expect(fixture.refusal(of: Array(file[..<count]), by: fixture.feed()) != nil)
        }
    }

    @Test func `rule 2: only a release key of the key file counts`() throws {
        let fixture = try FeedFixture()
        let body = FeedFixture.entry(seq: 1).body()
        let stranger = try SigningKey()
        let sign = { (keys: [SigningKey]) in try SignedText.sign(body, with: keys) }

        #expect(
            fixture.refusal(of: try sign([stranger]), by: fixture.feed()) == .signatureInvalid)
        #expect(
            fixture.refusal(of: try sign([fixture.root]), by: fixture.feed()) == .signatureInvalid)
        #expect(
            fixture.refusal(of: try sign([stranger, fixture.release]), by: fixture.feed()) == nil)
    }

    @Test func `rule 2: a key file counts until the moment it expires`() throws {
        let (valid, expired) = (
            try FeedFixture(keysExpire: FeedFixture.now.addingTimeInterval(1)),
            try FeedFixture(keysExpire: FeedFixture.now)
        )

        #expect(try valid.refusal(of: FeedFixture.entry(seq: 1), by: valid.feed()) == nil)
        #expect(
            try expired.refusal(of: FeedFixture.entry(seq: 1), by: expired.feed()) == .keysExpired)
    }

    @Test func `rule 3: an entry of another channel is refused`() throws {
        let fixture = try FeedFixture()
        var entry = FeedFixture.entry(seq: 1)
        entry.channel = "songs"

        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == .entryChannel)
    }

    @Test(arguments: ["", "Books", "a/b", "..", String(repeating: "a", count: 65)])
    func `rule 3: a channel that could be a path is malformed`(channel: String) throws {
        let fixture = try FeedFixture()
        var entry = FeedFixture.entry(seq: 1)
        entry.channel = channel

        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == .entryMalformed)
        #expect(FeedEntry.isValid(channel: String(repeating: "a", count: 64)))
    }

    @Test func `rule 4: an epoch below the key file's is over`() throws {
        let fixture = try FeedFixture(epoch: 2)

        #expect(
            try fixture.refusal(of: FeedFixture.entry(seq: 9, epoch: 1), by: fixture.feed())
                == .feedRollback)
        #expect(
            try fixture.refusal(of: FeedFixture.entry(seq: 1, epoch: 2), by: fixture.feed())
                == nil)
    }

    @Test func `rule 4: an entry older than the position is refused, the same one is not`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        let (older, current) = (
            try fixture.signed(FeedFixture.entry(seq: 4)),
            try fixture.signed(FeedFixture.entry(seq: 5))
        )
        _ = try feed.accept(current, now: FeedFixture.now)

        #expect(fixture.refusal(of: older, by: feed) == .feedRollback)
        #expect(fixture.refusal(of: current, by: feed) == nil)
    }

    @Test func `rule 4: a later epoch starts its numbers again`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        _ = try feed.accept(try fixture.signed(FeedFixture.entry(seq: 5)), now: FeedFixture.now)

        #expect(
            try fixture.refusal(of: FeedFixture.entry(seq: 1, epoch: 2), by: feed) == nil)
    }

    @Test func `rule 5: another entry of the same number is a fork`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        _ = try feed.accept(try fixture.signed(FeedFixture.entry(seq: 5)), now: FeedFixture.now)

        #expect(
            try fixture.refusal(of: FeedFixture.entry(seq: 5, version: 6), by: feed) == .feedFork)
    }

    @Test func `rule 5: the next entry names the one before, a later one need not`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        let accepted = try feed.accept(
            try fixture.signed(FeedFixture.entry(seq: 5)), now: FeedFixture.now)

        #expect(
            try fixture.refusal(
                of: FeedFixture.entry(seq: 6, previous: accepted.position.entry), by: feed) == nil)
        #expect(
            try fixture.refusal(of: FeedFixture.entry(seq: 6), by: feed) == .feedFork)
        #expect(
            try fixture.refusal(
                of: FeedFixture.entry(seq: 6, previous: SHA256Digest.of([1])), by: feed)
                == .feedFork)
        #expect(try fixture.refusal(of: FeedFixture.entry(seq: 7), by: feed) == nil)
    }

    @Test func `rule 6: an entry is believed until the moment it expires`() throws {
        let fixture = try FeedFixture()
        let file = try fixture.signed(FeedFixture.entry(seq: 1))
        let late = try FeedFixture(keysExpire: .distantFuture)
        let lateFile = try late.signed(FeedFixture.entry(seq: 1))
        let end = FeedFixture.tomorrow

        #expect(
            fixture.refusal(of: file, by: fixture.feed(), now: end.addingTimeInterval(-1)) == nil)
        #expect(late.refusal(of: lateFile, by: late.feed(), now: end) == .feedExpired)
    }

    @Test func `rule 7: stable and candidate are not below the floor`() throws {
        let fixture = try FeedFixture()
        var entry = FeedFixture.entry(seq: 1, version: 5)
        entry.floor = 5
        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == nil)

        entry.candidate = Candidate(bundle: FeedFixture.bundle(4), share: 5, salt: "s")
        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == .versionFloor)

        entry.candidate = nil
        entry.floor = 6
        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == .versionFloor)
    }

    @Test func `rule 7: stable and candidate are not listed as bad`() throws {
        let fixture = try FeedFixture()
        var entry = FeedFixture.entry(seq: 1, version: 5)
        entry.bad = [FeedFixture.bundle(4).manifest]
        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == nil)

        entry.candidate = Candidate(bundle: FeedFixture.bundle(4), share: 5, salt: "s")
        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == .versionBad)

        entry.candidate = nil
        entry.bad = [FeedFixture.bundle(5).manifest]
        #expect(try fixture.refusal(of: entry, by: fixture.feed()) == .versionBad)
    }

    @Test func `rule 8: stable goes back only if the note says rollback`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        _ = try feed.accept(
            try fixture.signed(FeedFixture.entry(seq: 1, version: 5)), now: FeedFixture.now)
        var entry = FeedFixture.entry(seq: 3, version: 4)

        #expect(try fixture.refusal(of: entry, by: feed) == .versionDowngrade)
        entry.note = "rollback soon"
        #expect(try fixture.refusal(of: entry, by: feed) == .versionDowngrade)
        entry.note = "rollback"
        #expect(try fixture.refusal(of: entry, by: feed) == nil)
        #expect(try fixture.refusal(of: FeedFixture.entry(seq: 3, version: 5), by: feed) == nil)
    }

    @Test func `a stolen release key signs nothing after its key file is replaced`() throws {
        let fixture = try FeedFixture()
        var feed = fixture.feed()
        let fresh = try SigningKey()
        var next = fixture.keys
        next.number = 2
        next.epoch = 2
        next.releaseKeys = [fresh.verifyingKey]
        try feed.accept(keys: try SignedText.sign(next.body(), with: [fixture.root]))
        let entry = FeedFixture.entry(seq: 1, epoch: 2)

        #expect(try fixture.refusal(of: entry, by: feed) == .signatureInvalid)
        let file = try SignedText.sign(entry.body(), with: [fresh])
        #expect(fixture.refusal(of: file, by: feed) == nil)
    }
}

@Suite struct FeedEntryTests {
    @Test func `an entry with every member is read as it was written`() throws {
        var entry = FeedFixture.entry(seq: .max, epoch: .max, previous: SHA256Digest.of([1]))
        entry.candidate = Candidate(bundle: FeedFixture.bundle(7), share: 100, salt: "a1")
        entry.bad = (0..<FeedLimits.badMax).map { SHA256Digest.of([UInt8($0)]) }
        entry.note = String(repeating: "n", count: FeedLimits.noteBytesMax)

        #expect(try FeedEntry(parsing: entry.body()) == entry)
    }

    @Test func `one more bad manifest or one more byte of note is refused`() throws {
        var (bad, note) = (FeedFixture.entry(seq: 1), FeedFixture.entry(seq: 1))
        bad.bad = (0...FeedLimits.badMax).map { SHA256Digest.of([UInt8($0)]) }
        note.note = String(repeating: "n", count: FeedLimits.noteBytesMax + 1)

        for entry in [bad, note] {
            let error = #expect(throws: FeedRefusal.self) {
                try FeedEntry(parsing: entry.body())
            }
            #expect(error?.code == .entryMalformed)
        }
    }

    @Test(
        arguments: [
            ("epoch: 1", "epoch: 01"), ("epoch: 1", "epoch: +1"), ("epoch: 1", "epoch: -1"),
            ("epoch: 1", "epoch: 18446744073709551616"), ("seq: 1", "seq: 1 "),
            ("seq: 1\n", ""), ("prev: none", "prev: sha256:00"), ("prev: none", "prev: None"),
            ("floor: 1", "floor: 1\nfloor: 1"), ("floor: 1", "floor: 1\nunknown: 1"),
            ("floor: 1", "bad: x\nfloor: 1"), (" 1000\n", " 0\n"), (" 1000\n", "\n"),
            (" 1000\n", " 9223372036854775808\n"), ("Z\n", "+00:00\n"), ("T", " "),
            ("channel: books", "channel: books\r"), ("channel: books", "channel:books"),
            ("channel: books", "channel: \u{301}books"), ("sha256:", "sha1:"),
        ])
    func `another spelling is refused`(part: String, other: String) throws {
        let text = String(decoding: FeedFixture.entry(seq: 1).body(), as: UTF8.self)
        let range = try #require(text.range(of: part))
        let changed = text.replacingCharacters(in: range, with: other)

        let error = #expect(throws: FeedRefusal.self) {
            try FeedEntry(parsing: Array(changed.utf8))
        }

        #expect(error?.code == .entryMalformed)
    }

    @Test(arguments: ["0%", "101%", "+5%", "05%", "5", "-1%", "%"])
    func `a candidate's share is a plain percentage from 1 to 100`(share: String) throws {
        var entry = FeedFixture.entry(seq: 1)
        entry.candidate = Candidate(bundle: FeedFixture.bundle(7), share: 42, salt: "s")
        let text = String(decoding: entry.body(), as: UTF8.self)

        let error = #expect(throws: FeedRefusal.self) {
            try FeedEntry(parsing: Array(text.replacing("42%", with: share).utf8))
        }

        #expect(error?.code == .entryMalformed)
    }

    @Test func `a share of all takes every node and a small one few`() {
        let all = Candidate(bundle: FeedFixture.bundle(1), share: 100, salt: "s")
        let few = Candidate(bundle: FeedFixture.bundle(1), share: 10, salt: "s")
        let nodes = (0..<1_000).map { "node-\($0)" }

        #expect(nodes.allSatisfy(all.includes))
        #expect((50...150).contains(nodes.count(where: few.includes)))
    }
}
