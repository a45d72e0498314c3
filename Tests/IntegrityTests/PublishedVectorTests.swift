import Integrity
import Testing

@Suite struct SHA256DigestTests {
    @Test(
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func `the examples of FIPS 180 come out`(text: String, hex: String) {
        #expect(SHA256Digest.of(Array(text.utf8)).hex == hex)
    }

    @Test func `pieces give the digest of the whole, and a hasher goes on after it was asked`() {
        var hasher = SHA256Hasher()
        hasher.update(Array("a".utf8))
        let first = hasher.finish()
        hasher.update([])
        Array("bc".utf8).withUnsafeBytes { hasher.update($0) }

        #expect(first == SHA256Digest.of(Array("a".utf8)))
        #expect(hasher.finish() == SHA256Digest.of(Array("abc".utf8)))
    }

    @Test func `a digest has one spelling`() throws {
        let digest = SHA256Digest.of(Array("abc".utf8))

        #expect(SHA256Digest(hex: digest.hex) == digest)
        #expect(SHA256Digest(hex: digest.hex.uppercased()) == nil)
        #expect(SHA256Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(SHA256Digest(hex: digest.hex + "00") == nil)
        #expect(SHA256Digest(hex: " " + digest.hex.dropFirst()) == nil)
        #expect(SHA256Digest(bytes: Array(digest.bytes.dropLast())) == nil)
    }
}

@Suite struct SigningKeyTests {
    /// RFC 8032, section 7.1: seed, public key, message, signature.
    private static let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                + "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test(arguments: 0..<3)
    func `tests 1 to 3 of RFC 8032 come out`(index: Int) throws {
        let (seed, publicKey, message, signature) = Self.vectors[index]
        let key = try SigningKey(seed: try #require([UInt8](hexadecimal: seed)))
        let bytes = try #require([UInt8](hexadecimal: message))

        let made = try key.sign(bytes)

        #expect(key.verifyingKey.hex == publicKey)
        #expect(made.bytes.hexadecimal == signature)
        #expect(key.verifyingKey.isValid(made, for: bytes))
        #expect(!key.verifyingKey.isValid(made, for: bytes + [0]))
    }

    @Test(arguments: 0..<64)
    func `a signature with one flipped bit is refused`(index: Int) throws {
        let key = try SigningKey()
        var bytes = try key.sign([1, 2, 3]).bytes
        bytes[index] ^= 1

        let signature = try #require(Signature(bytes: bytes))

        #expect(!key.verifyingKey.isValid(signature, for: [1, 2, 3]))
    }

    @Test(arguments: [0, 31, 33])
    func `a seed of another length makes no key`(count: Int) {
        let error = #expect(throws: IntegrityError.self) {
            try SigningKey(seed: Array(repeating: 1, count: count))
        }

        #expect(error?.code == .malformedKey)
        #expect(VerifyingKey(bytes: Array(repeating: 1, count: count)) == nil)
    }

    @Test func `signatures have 64 bytes`() {
        #expect(Signature(bytes: Array(repeating: 0, count: 63)) == nil)
        #expect(Signature(bytes: Array(repeating: 0, count: 64)) != nil)
        #expect(Signature(bytes: Array(repeating: 0, count: 65)) == nil)
    }
}

@Suite struct PasswordHashTests {
    @Test(arguments: ["", "secret", "pässwörd", "with\u{0}nul"])
    func `a password fits its own hash and no other`(password: String) throws {
        let hash = try PasswordHash.make(password)

        #expect(hash.hasPrefix("$argon2id$v=19$m=65536,t=2,p=1$"))
        #expect(PasswordHash.verify(password, against: hash))
        #expect(!PasswordHash.verify(password + "x", against: hash))
        #expect(try PasswordHash.make(password) != hash)
    }

    @Test func `a hash that the reference program made is understood`() {
        // Of the reference implementation's own tests: version 19, t=2, m=2^16, p=1.
        let hash =
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
            + "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

        #expect(PasswordHash.verify("password", against: hash))
        #expect(!PasswordHash.verify("differentpassword", against: hash))
    }

    @Test func `a decoy has the form and the costs of a hash`() throws {
        let (hash, decoy) = (try PasswordHash.make("a password"), PasswordHash.decoy())

        // Kind, version and costs are equal, salt and hash as long.
        let (parts, decoyParts) = (hash.split(separator: "$"), decoy.split(separator: "$"))
        #expect(decoyParts.prefix(3) == parts.prefix(3))
        #expect(decoyParts.map(\.count) == parts.map(\.count))
    }

    @Test func `a decoy is not the same twice and no password has it`() {
        let decoy = PasswordHash.decoy()

        #expect(decoy != PasswordHash.decoy())
        #expect(!PasswordHash.verify("", against: decoy))
    }

    @Test(arguments: ["", "x", "$argon2id$", "$argon2id$v=19$m=65536,t=2,p=1$!$!"])
    func `what is no hash fits nothing`(hash: String) {
        #expect(!PasswordHash.verify("password", against: hash))
        #expect(!PasswordHash.verify("", against: hash))
    }

    @Test func `a password over the limit gets no hash and fits none`() throws {
        let longest = String(repeating: "p", count: PasswordHash.passwordBytesMax)
        let hash = try PasswordHash.make(longest)

        let error = #expect(throws: IntegrityError.self) { try PasswordHash.make(longest + "p") }

        #expect(error?.code == .limitExceeded)
        #expect(PasswordHash.verify(longest, against: hash))
        #expect(!PasswordHash.verify(longest + "p", against: hash))
    }
}

@Suite struct KeyedFingerprintTests {
    @Test func `a fingerprint repeats under its own key and under no other`() {
        let (first, second) = (KeyedFingerprint(), KeyedFingerprint())

        #expect(first.of([1, 2]) == first.of([1, 2]))
        #expect(first.of([1, 2]) != first.of([1, 3]))
        #expect(first.of([1, 2]) != second.of([1, 2]))
    }
}

@Suite struct HexadecimalTests {
    @Test func `bytes come back from their digits`() {
        let all = Array(UInt8.min...UInt8.max)

        #expect([UInt8](hexadecimal: all.hexadecimal) == all)
    }

    @Test(arguments: ["0", "0g", "AB", " 0", "0x", "é"])
    func `other text is no digits`(text: String) {
        #expect([UInt8](hexadecimal: text) == nil)
    }
}
