import Foundation

/// Powers of counts, of which serving needs many.
enum Powers {
    /// Each count to the exponent; a count of 0 is taken for 1.
    static func of(_ counts: [Int], to exponent: Float) -> [Float] {
        counts.map { exponent == 0 ? 1 : pow(Float(max(1, $0)), exponent) }
    }

    @inline(__always)
    static func of(_ base: Float, to exponent: Float) -> Float {
        exponent == 1 ? base : pow(base, exponent)
    }
}
