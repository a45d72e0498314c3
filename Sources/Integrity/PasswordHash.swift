import CSodium
import Foundation

/// Passwords as they are stored: Argon2id (RFC 9106) with its own salt and parameters in the text.
package enum PasswordHash {
    /// Longer passwords are refused before they cost anything.
    package static let passwordBytesMax = 1_024

    /// - Throws: `.limitExceeded`; `.unavailable` if the memory (64 MiB) for the hash is missing.
    package static func make(_ password: String) throws(IntegrityError) -> String {
        Sodium.prepare()
        let password = Array(password.utf8)
        // A hash of it could never be verified.
        guard password.count <= passwordBytesMax else {
            throw IntegrityError(
                .limitExceeded,
                "the password has \(password.count) bytes, the limit is \(passwordBytesMax)")
        }
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let code = password.withUnsafeBytes { bytes in
            crypto_pwhash_str(
                &text, bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? emptyText,
                UInt64(bytes.count), UInt64(crypto_pwhash_opslimit_interactive()),
                crypto_pwhash_memlimit_interactive())
        }
        guard code == 0 else {
            throw IntegrityError(.unavailable, "there is no memory to hash a password")
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether the password is the one that was hashed; takes about as long as hashing it.
    package static func verify(_ password: String, against hash: String) -> Bool {
        Sodium.prepare()
        let password = Array(password.utf8)
        guard password.count <= passwordBytesMax,
            hash.utf8.count < Int(crypto_pwhash_STRBYTES)
        else { return false }
        return password.withUnsafeBytes { bytes in
            crypto_pwhash_str_verify(
                hash, bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? emptyText,
                UInt64(bytes.count)) == 0
        }
    }

    /// A stored hash that no password has, to verify against where there is no user.
    ///
    /// Made of random bytes in the form of ``make(_:)``: verifying takes the usual time, and making
    /// it takes none, which counts at every start of a node.
    package static func decoy() -> String {
        Sodium.prepare()
        let parts = [16, 32].map { count in
            Data(SecureRandom.bytes(count)).base64EncodedString().filter { $0 != "=" }
        }
        let kibibytes = crypto_pwhash_memlimit_interactive() >> 10
        return "$argon2id$v=19$m=\(kibibytes),t=\(crypto_pwhash_opslimit_interactive()),p=1$"
            + parts.joined(separator: "$")
    }

    private static var emptyText: UnsafePointer<CChar> {
        UnsafeRawPointer(StaticString("").utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// A fingerprint that only this process can compute: what a credential cache may remember.
package struct KeyedFingerprint: Sendable {
    /// 128 bits, which nobody without the key can predict or make collide.
    package typealias Value = UInt128

    private let key = SecureRandom.bytes(Int(crypto_shorthash_siphashx24_KEYBYTES))

    package init() {}

    /// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012) under a random key.
    package func of(_ message: [UInt8]) -> Value {
        var value: Value = 0
        withUnsafeMutableBytes(of: &value) { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            crypto_shorthash_siphashx24(start, message, UInt64(message.count), key)
        }
        return value
    }
}
