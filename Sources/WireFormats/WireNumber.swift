/// How JavaScript's encoders write numbers, and thus what its decoders expect.
///
/// `cbor-x` and `msgpackr`, which HarperDB's clients use, read a whole number of 64 bits as a
/// BigInt, which mixes with no other number. They write such numbers as floating point, so we do.
enum WireNumber {
    /// Up to here a floating-point number names one whole number only: 2^53.
    static let exactMax = 9_007_199_254_740_992.0

    /// What is to be written: never a whole number beyond 32 bits that is exact as a real one.
    enum Form {
        case whole(Int64)
        case real(Double)
    }

    static func form(of whole: Int64) -> Form {
        let isShort = whole <= Int64(UInt32.max) && whole >= Int64(Int32.min)
        let isExact = abs(Double(whole)) < exactMax
        return isShort || !isExact ? .whole(whole) : .real(Double(whole))
    }

    /// A number without a fraction is written like any whole one, as JSON writes it.
    static func form(of real: Double) -> Form {
        Int64(exactly: real).map { form(of: $0) } ?? .real(real)
    }
}
