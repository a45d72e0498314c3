/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, on every machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        defer { state &+= Self.increment }
        return Self.mix(state)
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// One step of the generator, used as a hash of 64 bits.
    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ increment
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// A whole number below the bound, without bias worth mentioning (Lemire 2019, section 3).
    ///
    /// - Precondition: the bound is positive.
    @inline(__always)
    package mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number in 0..<1 with 24 bits, all that a float holds.
    package mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }
}

/// The hashes by which the evaluation protocol decides; part of the protocol, never to be changed.
enum ProtocolHash {
    private static let seed: UInt64 = 42

    /// A hash of whole numbers: each is added to the state, which is then mixed.
    static func of(_ parts: UInt64...) -> UInt64 {
        parts.reduce(SplitMix64.mix(seed)) { SplitMix64.mix($0 &+ $1) }
    }

    /// FNV-1a of 64 bits over the UTF-8 of a text.
    static func of(text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
