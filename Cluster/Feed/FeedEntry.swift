import Foundation
import Integrity

/// Which bundle: its version, and the manifest that names every byte of it.
package struct BundleReference: Sendable, Hashable {
    package let version: UInt64
    package let manifest: SHA256Digest
    /// The manifest's length.
    package let manifestBytes: Int

    package init(version: UInt64, manifest: SHA256Digest, manifestBytes: Int) {
        self.version = version
        self.manifest = manifest
        self.manifestBytes = manifestBytes
    }
}

/// A bundle on trial, for a share of the nodes.
package struct Candidate: Sendable, Hashable {
    package let bundle: BundleReference
    /// In percent of all nodes, one of ``shares``.
    package let share: Int
    /// Draws another share of the nodes for each trial.
    package let salt: String

    static let shares = 1...100

    package init(bundle: BundleReference, share: Int, salt: String) {
        self.bundle = bundle
        self.share = share
        self.salt = salt
    }

    /// Bytes of the hash that give a node its place: enough that a hundredth is a hundredth.
    private static let placeBytes = 4

    /// Whether a node takes part: the hash of its name and the salt decides, no server keeps
    /// a list.
    package func includes(node: String) -> Bool {
        let hash = SHA256Digest.of(Array("\(salt)\n\(node)".utf8)).bytes
        let place = hash.prefix(Self.placeBytes).reduce(0) { $0 << UInt8.bitWidth | Int($1) }
        return place % Self.shares.upperBound < share
    }
}

/// One statement of the trainer: what the nodes of a channel shall serve.
package struct FeedEntry: Sendable, Hashable {
    package var channel: String
    package var epoch: UInt64
    package var seq: UInt64
    /// The digest of the entry before; nil for the first of an epoch.
    package var previous: SHA256Digest?
    package var issued: Date
    package var expires: Date
    package var stable: BundleReference
    package var candidate: Candidate?
    /// The lowest version that a node may run.
    package var floor: UInt64
    /// Manifests never to be activated again.
    package var bad: [SHA256Digest]
    /// `rollback` if stable goes back on purpose.
    package var note: String?

    static let type = "ledge-feed/1 entry"
    /// The note of an entry whose stable version goes back.
    package static let rollbackNote = "rollback"

    package init(
        channel: String, epoch: UInt64, seq: UInt64, previous: SHA256Digest?, issued: Date,
        expires: Date, stable: BundleReference, floor: UInt64 = 1
    ) {
        self.channel = channel
        self.epoch = epoch
        self.seq = seq
        self.previous = previous
        self.issued = issued
        self.expires = expires
        self.stable = stable
        self.floor = floor
        bad = []
    }

    package var isRollback: Bool { note == Self.rollbackNote }

    /// The bundle that a node of this name shall serve.
    package func bundle(for node: String) -> BundleReference {
        guard let candidate, candidate.includes(node: node) else { return stable }
        return candidate.bundle
    }

    /// Lower-case letters, digits and dashes: a channel is part of paths.
    package static func isValid(channel: String) -> Bool {
        isPlain(channel, bytesMax: FeedLimits.channelBytesMax)
    }

    private static func isPlain(_ text: some StringProtocol, bytesMax: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= bytesMax
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// A note is shown to people: printable ASCII, so that it cannot steer a terminal.
    private static func isValid(note: String) -> Bool {
        !note.isEmpty && note.utf8.count <= FeedLimits.noteBytesMax
            && note.utf8.allSatisfy((UInt8(ascii: " ")...UInt8(ascii: "~")).contains)
    }
}

// MARK: The signed text

extension FeedEntry {
    /// The bytes that are signed.
    package func body() -> [UInt8] {
        var lines = [
            Self.type, "channel: \(channel)", "epoch: \(epoch)", "seq: \(seq)",
            "prev: \(previous.map { "sha256:\($0.hex)" } ?? "none")",
            "issued: \(issued.formatted(.iso8601))", "expires: \(expires.formatted(.iso8601))",
            "stable: \(Self.text(stable))",
        ]
        if let candidate {
            lines.append(
                "candidate: \(Self.text(candidate.bundle)) \(candidate.share)% \(candidate.salt)")
        }
        lines.append("floor: \(floor)")
        lines += bad.map { "bad: sha256:\($0.hex)" }
        if let note { lines.append("note: \(note)") }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8)
    }

    /// Reads a body whose signature somebody else has verified.
    ///
    /// - Throws: `sig.domain`, `entry.malformed`, `digest.malformed`.
    init(parsing body: [UInt8]) throws(FeedRefusal) {
        var lines = try FeedLines(body, type: Self.type, malformed: .entryMalformed)
        channel = try lines.required("channel")
        guard Self.isValid(channel: channel) else {
            throw FeedRefusal(.entryMalformed, "the channel's name is malformed")
        }
        epoch = try lines.number(try lines.required("epoch"))
        seq = try lines.number(try lines.required("seq"))
        let previous = try lines.required("prev")
        self.previous = previous == "none" ? nil : try lines.digest(previous)
        issued = try lines.date(try lines.required("issued"))
        expires = try lines.date(try lines.required("expires"))
        let stable = try lines.required("stable")
        self.stable = try Self.reference(lines.words(stable), lines)
        if let text = lines.optional("candidate") {
            candidate = try Self.candidate(lines.words(text), lines)
        }
        floor = try lines.number(try lines.required("floor"))
        bad = try lines.all("bad", max: FeedLimits.badMax).map { text throws(FeedRefusal) in
            try lines.digest(text)
        }
        note = lines.optional("note")
        guard note.map(Self.isValid(note:)) ?? true else {
            throw FeedRefusal(
                .entryMalformed,
                "a note is 1 to \(FeedLimits.noteBytesMax) printable characters")
        }
        try lines.end()
    }

    private static func text(_ reference: BundleReference) -> String {
        "\(reference.version) sha256:\(reference.manifest.hex) \(reference.manifestBytes)"
    }

    private static func reference(
        _ words: [Substring], _ lines: FeedLines
    ) throws(FeedRefusal) -> BundleReference {
        guard words.count == 3 else {
            throw FeedRefusal(.entryMalformed, "a bundle is a version, a digest and a length")
        }
        let bytes = try lines.number(String(words[2]))
        guard let length = Int(exactly: bytes), length > 0 else {
            throw FeedRefusal(.entryMalformed, "a manifest's length is out of range")
        }
        return BundleReference(
            version: try lines.number(String(words[0])), manifest: try lines.digest(words[1]),
            manifestBytes: length)
    }

    private static func candidate(
        _ words: [Substring], _ lines: FeedLines
    ) throws(FeedRefusal) -> Candidate {
        guard words.count == 5, words[3].hasSuffix("%"),
            let share = Int(exactly: try lines.number(String(words[3].dropLast()))),
            Candidate.shares.contains(share),
            isPlain(words[4], bytesMax: FeedLimits.saltBytesMax)
        else {
            throw FeedRefusal(
                .entryMalformed, "a candidate is a bundle, a share like 5% and a salt")
        }
        return Candidate(
            bundle: try reference(Array(words[..<3]), lines), share: share, salt: String(words[4]))
    }
}
