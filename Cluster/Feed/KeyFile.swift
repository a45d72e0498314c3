import Foundation
import Integrity

/// Which keys count: those that sign key files, and those that sign entries.
///
/// Key files are numbered. The first is given to a node by its operator and signs itself; each
/// next one needs the signatures that the one before it demands, and its own.
package struct KeyFile: Sendable, Hashable {
    package var number: UInt64
    /// Entries of a lower epoch are refused from now on: the answer to a stolen release key.
    package var epoch: UInt64
    package var expires: Date
    /// How many root keys must sign a key file.
    package var rootThreshold: Int
    package var rootKeys: [VerifyingKey]
    package var releaseKeys: [VerifyingKey]

    static let type = "ledge-feed/1 keys"

    package init(
        number: UInt64, epoch: UInt64, expires: Date, rootThreshold: Int,
        rootKeys: [VerifyingKey], releaseKeys: [VerifyingKey]
    ) {
        self.number = number
        self.epoch = epoch
        self.expires = expires
        self.rootThreshold = rootThreshold
        self.rootKeys = rootKeys
        self.releaseKeys = releaseKeys
    }

    /// The bytes that are signed.
    package func body() -> [UInt8] {
        var lines = [
            Self.type, "number: \(number)", "epoch: \(epoch)",
            "expires: \(expires.formatted(.iso8601))", "root-threshold: \(rootThreshold)",
        ]
        lines += rootKeys.map { "root: \($0.hex)" }
        lines += releaseKeys.map { "release: \($0.hex)" }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8)
    }

    /// The file that an operator gives to a node.
    ///
    /// - Throws: `keys.malformed`, `sig.invalid` unless enough of its own root keys signed it.
    package static func trusting(_ file: [UInt8]) throws(FeedRefusal) -> KeyFile {
        let text = try SignedText(parsing: file)
        let keys = try KeyFile(parsing: text.body)
        try keys.checkSignatures(of: text)
        return keys
    }

    /// The key file that follows this one.
    ///
    /// - Throws: `keys.order` unless the number is one more and the epoch not lower; `sig.invalid`
    ///   unless enough root keys of both files signed it.
    package func successor(_ file: [UInt8]) throws(FeedRefusal) -> KeyFile {
        let text = try SignedText(parsing: file)
        let next = try KeyFile(parsing: text.body)
        guard number < .max, next.number == number + 1, next.epoch >= epoch else {
            throw FeedRefusal(
                .keysOutOfOrder,
                "key file \(next.number) of epoch \(next.epoch) does not follow \(number) of "
                    + "\(epoch)")
        }
        try checkSignatures(of: text)
        try next.checkSignatures(of: text)
        return next
    }

    private func checkSignatures(of text: SignedText) throws(FeedRefusal) {
        let signers = text.signers(among: rootKeys)
        guard signers >= rootThreshold else {
            throw FeedRefusal(
                .signatureInvalid,
                "\(signers) of the root keys \(rootKeys.map(\.id).joined(separator: ", ")) signed "
                    + "the key file, \(rootThreshold) must")
        }
    }

    private init(parsing body: [UInt8]) throws(FeedRefusal) {
        var lines = try FeedLines(body, type: Self.type, malformed: .keysMalformed)
        number = try lines.number(try lines.required("number"))
        epoch = try lines.number(try lines.required("epoch"))
        expires = try lines.date(try lines.required("expires"))
        let threshold = try lines.number(try lines.required("root-threshold"))
        rootKeys = try Self.keys(try lines.all("root", max: FeedLimits.keysMax))
        releaseKeys = try Self.keys(try lines.all("release", max: FeedLimits.keysMax))
        try lines.end()
        guard threshold >= 1, threshold <= UInt64(rootKeys.count), !releaseKeys.isEmpty else {
            throw FeedRefusal(
                .keysMalformed,
                "\(threshold) of \(rootKeys.count) root keys and \(releaseKeys.count) release keys "
                    + "make no sense")
        }
        rootThreshold = Int(threshold)
    }

    private static func keys(_ texts: [String]) throws(FeedRefusal) -> [VerifyingKey] {
        let keys = texts.compactMap(VerifyingKey.init(hex:))
        guard keys.count == texts.count, Set(keys.map(\.id)).count == keys.count else {
            throw FeedRefusal(.keysMalformed, "a key is malformed or listed twice")
        }
        return keys
    }
}
