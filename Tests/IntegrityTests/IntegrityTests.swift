import Integrity
import Testing

@Suite struct SHA256DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `the digests are those of FIPS 180-4`(text: String, hex: String) {
        #expect(SHA256Digest.of(Array(text.utf8)).hex == hex)
    }

    @Test func `a million letters give the digest of FIPS 180-4, whatever the pieces`() {
        var hasher = SHA256Hasher()
        for _ in 0..<1_000 { hasher.update(Array(repeating: UInt8(ascii: "a"), count: 1_000)) }

        #expect(
            hasher.finish().hex
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `pieces give the digest of the whole`() {
        var hasher = SHA256Hasher()
        hasher.update(Array("a".utf8))
        #expect(hasher.finish() == SHA256Digest.of(Array("a".utf8)))
        hasher.update(Array("bc".utf8))

        #expect(hasher.finish() == SHA256Digest.of(Array("abc".utf8)))
    }

    @Test func `a digest has one spelling`() {
        let hex = SHA256Digest.of([]).hex

        #expect(SHA256Digest(hex: hex)?.hex == hex)
        #expect(SHA256Digest(hex: hex.uppercased()) == nil)
        #expect(SHA256Digest(hex: String(hex.dropLast(2))) == nil)
        #expect(SHA256Digest(hex: hex + "00") == nil)
        #expect(SHA256Digest(hex: "../" + hex.dropFirst(3)) == nil)
    }
}

@Suite struct SigningKeyTests {
    /// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
    private static let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test(arguments: vectors)
    func `keys and signatures are those of RFC 8032`(
        seed: String, publicKey: String, message: String, signature: String
    ) throws {
        let key = try SigningKey(seed: try #require([UInt8](hexadecimal: seed)))
        let bytes = try #require([UInt8](hexadecimal: message))

        #expect(key.verifyingKey.hex == publicKey)
        #expect(try key.sign(bytes).bytes.hexadecimal == signature)
        #expect(key.verifyingKey.isValid(try key.sign(bytes), for: bytes))
        #expect(!key.verifyingKey.isValid(try key.sign(bytes), for: bytes + [0]))
    }

    @Test func `a signature with one flipped bit fits nothing`() throws {
        let key = try SigningKey()
        let message = Array("entry".utf8)
        let signature = try key.sign(message)

        for index in signature.bytes.indices {
            var bytes = signature.bytes
            bytes[index] ^= 0x80
            let flipped = try #require(Signature(bytes: bytes))
            #expect(!key.verifyingKey.isValid(flipped, for: message), "byte \(index)")
        }
    }

    @Test(arguments: [0, 63, 65]) func `a signature has 64 bytes`(count: Int) {
        #expect(Signature(bytes: Array(repeating: 0, count: count)) == nil)
    }

    @Test func `a key of small order verifies nothing`() throws {
        // The neutral element of the curve: with it, a signature of zeros would fit any message.
        let neutral = try #require(VerifyingKey(bytes: [1] + Array(repeating: 0, count: 31)))
        let signature = try #require(
            Signature(bytes: [1] + Array(repeating: 0, count: 63)))

        #expect(!neutral.isValid(signature, for: [1, 2, 3]))
    }

    @Test(arguments: [0, 31, 33]) func `a seed has 32 bytes`(count: Int) {
        #expect(throws: IntegrityError.self) {
            try SigningKey(seed: Array(repeating: 0, count: count))
        }
    }
}

@Suite struct PasswordHashTests {
    @Test func `a password fits its own hash and no other`() throws {
        let hash = try PasswordHash.make("correct horse")

        #expect(hash.hasPrefix("$argon2id$"))
        #expect(PasswordHash.verify("correct horse", against: hash))
        #expect(!PasswordHash.verify("correct horsf", against: hash))
        #expect(!PasswordHash.verify("", against: hash))
        #expect(try PasswordHash.make("correct horse") != hash)
    }

    @Test func `a password may be as long as the limit and not longer`() throws {
        let longest = String(repeating: "p", count: PasswordHash.passwordBytesMax)

        let hash = try PasswordHash.make(longest)

        #expect(PasswordHash.verify(longest, against: hash))
        #expect(throws: IntegrityError.self) { try PasswordHash.make(longest + "p") }
    }

    @Test(arguments: [
        "", "nonsense", "$argon2id$v=19$m=65536,t=2,p=1$", String(repeating: "x", count: 500),
    ])
    func `a text that is no hash fits nothing`(hash: String) {
        #expect(!PasswordHash.verify("x", against: hash))
    }
}

@Suite struct KeyedFingerprintTests {
    @Test func `a fingerprint depends on the message and on the process's own key`() {
        let ours = KeyedFingerprint()
        let theirs = KeyedFingerprint()

        #expect(ours.of([1]) == ours.of([1]))
        #expect(ours.of([1]) != ours.of([2]))
        #expect(ours.of([1]) != theirs.of([1]))
    }

    @Test func `equal bytes are equal, and nothing else`() {
        #expect(KeyedFingerprint.areEqual([], []))
        #expect(KeyedFingerprint.areEqual([1, 2], [1, 2]))
        #expect(!KeyedFingerprint.areEqual([1, 2], [1, 3]))
        #expect(!KeyedFingerprint.areEqual([1, 2], [1]))
    }
}

@Suite struct SecureRandomTests {
    @Test(arguments: [0, 1, 32]) func `as many bytes come as were asked for`(count: Int) {
        #expect(SecureRandom.bytes(count).count == count)
    }

    @Test func `two draws differ`() {
        #expect(SecureRandom.bytes(16) != SecureRandom.bytes(16))
    }
}
