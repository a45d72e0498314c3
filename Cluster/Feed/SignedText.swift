import Integrity

/// A text whose exact bytes are signed: what an entry and a key file have in common.
///
/// ```
/// ledge-feed/1 entry          the type, part of what is signed
/// channel: books              members, one to a line
///
/// -- k1:6b0e51aa <signature>  Ed25519 over every byte above, in hexadecimal digits
/// ```
///
/// Nothing is ever re-serialised: what is verified are the bytes that came.
package struct SignedText: Sendable {
    package struct SignatureLine: Sendable, Hashable {
        package let keyID: String
        package let signature: Signature
    }

    /// The bytes above the first signature line.
    package let body: [UInt8]
    package let signatures: [SignatureLine]

    private static let mark = Array("-- ".utf8)
    private static let newline = UInt8(ascii: "\n")

    /// - Throws: `sig.malformed`.
    package init(parsing file: [UInt8]) throws(FeedRefusal) {
        guard file.count <= FeedLimits.fileBytesMax else {
            throw FeedRefusal(
                .signatureMalformed,
                "the file has \(file.count) bytes, the limit is \(FeedLimits.fileBytesMax)")
        }
        guard let start = Self.firstSignature(in: file), file.last == Self.newline else {
            throw FeedRefusal(.signatureMalformed, "the file has no signature line at its end")
        }
        guard start <= FeedLimits.signedBytesMax else {
            throw FeedRefusal(
                .signatureMalformed,
                "the signed part has \(start) bytes, the limit is \(FeedLimits.signedBytesMax)")
        }
        body = Array(file[..<start])
        let lines = file[start...].dropLast().split(
            separator: Self.newline, omittingEmptySubsequences: false)
        guard lines.count <= FeedLimits.signaturesMax else {
            throw FeedRefusal(
                .signatureMalformed,
                "\(lines.count) signature lines, the limit is \(FeedLimits.signaturesMax)")
        }
        signatures = try lines.map { line throws(FeedRefusal) in try Self.signature(line) }
    }

    /// Signs a body, which must end with a line end.
    package static func sign(
        _ body: [UInt8], with keys: [SigningKey]
    ) throws(IntegrityError) -> [UInt8] {
        var file = body
        for key in keys {
            let signature = try key.sign(body)
            file += Array("-- \(key.verifyingKey.id) \(signature.bytes.hexadecimal)\n".utf8)
        }
        return file
    }

    /// How many of these keys have signed the body; each counts once.
    package func signers(among keys: [VerifyingKey]) -> Int {
        keys.count { key in
            signatures.contains { $0.keyID == key.id && key.isValid($0.signature, for: body) }
        }
    }

    private static func firstSignature(in file: [UInt8]) -> Int? {
        var start = file.startIndex
        while start < file.endIndex {
            if file[start...].starts(with: mark) { return start }
            guard let end = file[start...].firstIndex(of: newline) else { return nil }
            start = end + 1
        }
        return nil
    }

    private static func signature(_ line: ArraySlice<UInt8>) throws(FeedRefusal) -> SignatureLine {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, words[0].elementsEqual("--".utf8),
            let keyID = String(validating: words[1], as: UTF8.self),
            let digits = String(validating: words[2], as: UTF8.self),
            let signature = [UInt8](hexadecimal: digits).flatMap(Signature.init(bytes:))
        else { throw FeedRefusal(.signatureMalformed, "a signature line is malformed") }
        return SignatureLine(keyID: keyID, signature: signature)
    }
}
