import CSodium

/// A SHA-256 digest (FIPS 180-4): 32 bytes that name a content.
package struct SHA256Digest: Sendable, Hashable {
    package static let byteCount = Int(crypto_hash_sha256_BYTES)

    package let bytes: [UInt8]

    /// - Returns: Nil unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 lower-case hexadecimal digits; any other text is nil, so a digest has one spelling.
    package init?(hex: String) {
        guard let bytes = [UInt8](hexadecimal: hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { bytes.hexadecimal }

    package static func of(_ bytes: [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finish()
    }

    fileprivate init(exactly bytes: [UInt8]) { self.bytes = bytes }
}

extension SHA256Digest: CustomStringConvertible {
    package var description: String { hex }
}

/// A digest that grows with what is fed to it.
package struct SHA256Hasher: Sendable {
    private var state = crypto_hash_sha256_state()

    package init() {
        Sodium.prepare()
        crypto_hash_sha256_init(&state)
    }

    package mutating func update(_ bytes: [UInt8]) {
        crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count))
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        crypto_hash_sha256_update(
            &state, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }

    /// The digest of everything fed so far; the hasher itself can go on.
    package func finish() -> SHA256Digest {
        var ending = state
        let bytes = [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
            if let start = buffer.baseAddress { crypto_hash_sha256_final(&ending, start) }
            count = SHA256Digest.byteCount
        }
        return SHA256Digest(exactly: bytes)
    }
}
