import CSodium

/// An Ed25519 signature (RFC 8032): 64 bytes.
package struct Signature: Sendable, Hashable {
    package static let byteCount = Int(crypto_sign_ed25519_BYTES)

    package let bytes: [UInt8]

    /// - Returns: Nil unless there are exactly 64 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }
}

/// The public half of an Ed25519 key pair: says whether a signature fits.
package struct VerifyingKey: Sendable, Hashable {
    package static let byteCount = Int(crypto_sign_ed25519_PUBLICKEYBYTES)
    /// Digits of a key id; enough to tell an operator's handful of keys apart, not a proof.
    private static let idDigits = 8

    package let bytes: [UInt8]

    /// - Returns: Nil unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = [UInt8](hexadecimal: hex) else { return nil }
        self.init(bytes: bytes)
    }

    package var hex: String { bytes.hexadecimal }

    /// The first digits of the key's SHA-256: how files and messages refer to it.
    package var id: String { String(SHA256Digest.of(bytes).hex.prefix(Self.idDigits)) }

    package func isValid(_ signature: Signature, for message: [UInt8]) -> Bool {
        Sodium.prepare()
        return crypto_sign_ed25519_verify_detached(
            signature.bytes, message, UInt64(message.count), bytes) == 0
    }
}

/// The secret half of an Ed25519 key pair.
package struct SigningKey: Sendable {
    package static let seedByteCount = Int(crypto_sign_ed25519_SEEDBYTES)

    /// The 32 secret bytes from which both halves follow.
    package let seed: [UInt8]
    package let verifyingKey: VerifyingKey
    private let secret: [UInt8]

    /// A new key from the system's randomness.
    package init() throws(IntegrityError) {
        try self.init(seed: SecureRandom.bytes(Self.seedByteCount))
    }

    /// - Throws: `.malformedKey` unless there are exactly 32 bytes.
    package init(seed: [UInt8]) throws(IntegrityError) {
        guard seed.count == Self.seedByteCount else {
            throw IntegrityError(
                .malformedKey, "a signing key has \(Self.seedByteCount) bytes, not \(seed.count)")
        }
        Sodium.prepare()
        var publicBytes = [UInt8](repeating: 0, count: VerifyingKey.byteCount)
        var secret = [UInt8](repeating: 0, count: Int(crypto_sign_ed25519_SECRETKEYBYTES))
        guard crypto_sign_ed25519_seed_keypair(&publicBytes, &secret, seed) == 0,
            let verifyingKey = VerifyingKey(bytes: publicBytes)
        else { throw IntegrityError(.unavailable, "a key pair could not be made") }
        self.seed = seed
        self.secret = secret
        self.verifyingKey = verifyingKey
    }

    package func sign(_ message: [UInt8]) throws(IntegrityError) -> Signature {
        var bytes = [UInt8](repeating: 0, count: Signature.byteCount)
        guard
            crypto_sign_ed25519_detached(&bytes, nil, message, UInt64(message.count), secret) == 0,
            let signature = Signature(bytes: bytes)
        else { throw IntegrityError(.unavailable, "the message could not be signed") }
        return signature
    }
}
