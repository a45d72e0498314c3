/// Arithmetic on rows of floats; `n` is their length, at most that of the shorter buffer.
///
/// Each kernel stands twice: the plain form says what is computed, the vector form how it is done
/// quickly. They sum in another order, so results agree to rounding, not to the last bit; each is
/// deterministic by itself.
package enum VectorKernels {
    /// Lanes that are worked on at a time. Two registers of SSE, one of AVX.
    typealias Lanes = SIMD8<Float>

    /// x . y = sum over i of x[i] y[i].
    package static func dot(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ n: Int
    ) -> Float {
        var sums = Lanes.zero
        var i = 0
        while i + Lanes.scalarCount <= n {
            sums += load(x + i) * load(y + i)
            i += Lanes.scalarCount
        }
        var sum = sums.sum()
        while i < n {
            sum += x[i] * y[i]
            i += 1
        }
        return sum
    }

    /// y[i] += a x[i].
    package static func axpy(
        _ a: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
    ) {
        var i = 0
        while i + Lanes.scalarCount <= n {
            store(load(y + i) + a * load(x + i), to: y + i)
            i += Lanes.scalarCount
        }
        while i < n {
            y[i] += a * x[i]
            i += 1
        }
    }

    /// Replaces x[i] by exp(x[i] - shift) and returns the sum; relative error below 2e-7.
    ///
    /// Arguments far below zero give 0 and never a number that is none; with `shift` the largest
    /// element, nothing can overflow.
    package static func exponentials(
        _ x: UnsafeMutablePointer<Float>, minus shift: Float, _ n: Int
    ) -> Float {
        var sums = Lanes.zero
        var i = 0
        while i + Lanes.scalarCount <= n {
            let power = exponential(load(x + i) - shift)
            store(power, to: x + i)
            sums += power
            i += Lanes.scalarCount
        }
        var sum = sums.sum()
        while i < n {
            x[i] = exponential(Lanes(repeating: x[i] - shift))[0]
            sum += x[i]
            i += 1
        }
        return sum
    }

    /// The largest of at least one element.
    package static func maximum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
        var largest = -Float.infinity
        var i = 0
        if n >= Lanes.scalarCount {
            var lanes = load(x)
            while i + Lanes.scalarCount <= n {
                lanes = pointwiseMax(lanes, load(x + i))
                i += Lanes.scalarCount
            }
            largest = lanes.max()
        }
        while i < n {
            largest = Swift.max(largest, x[i])
            i += 1
        }
        return largest
    }

    @inline(__always)
    static func load(_ x: UnsafePointer<Float>) -> Lanes {
        UnsafeRawPointer(x).loadUnaligned(as: Lanes.self)
    }

    @inline(__always)
    static func store(_ lanes: Lanes, to x: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(x).storeBytes(of: lanes, as: Lanes.self)
    }

    private static let roundingShift: Float = 12_582_912
    private static let roundingShiftBits = Int32(bitPattern: roundingShift.bitPattern)

    /// exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln 2 / 2.
    ///
    /// exp(r) is the Taylor polynomial of degree seven, whose remainder is below 6e-9 there; ln 2
    /// is subtracted in two parts so that r keeps its digits (Cody and Waite, 1980, chapter 6).
    @inline(__always)
    private static func exponential(_ x: Lanes) -> Lanes {
        // 2^-126 is the smallest normal number; below its logarithm the answer is as good as 0.
        let smallest: Float = -87.336
        let largest: Float = 88.722
        let clamped = pointwiseMin(
            pointwiseMax(x, Lanes(repeating: smallest)), Lanes(repeating: largest))
        // Adding 1.5 x 2^23 leaves no bits for a fraction: the sum is rounded to a whole number,
        // which then stands in the low bits. The oldest x86 has no instruction for rounding.
        let shifted = clamped * 1.442_695_04 + roundingShift
        let k = shifted - roundingShift
        let r = (clamped - k * 0.693_359_375) - k * -2.121_944_4e-4
        var p = Lanes(repeating: 1 / 5_040)
        p = p * r + 1 / 720
        p = p * r + 1 / 120
        p = p * r + 1 / 24
        p = p * r + 1 / 6
        p = p * r + 0.5
        p = p * r + 1
        p = p * r + 1
        let whole = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- roundingShiftBits
        let exponent = (whole &+ 127) &<< 23
        let scale = unsafeBitCast(exponent, to: Lanes.self)
        return (p * scale).replacing(with: 0, where: x .< smallest)
    }
}

/// The plain forms, to read and to compare with.
package enum ReferenceKernels {
    package static func dot(_ x: [Float], _ y: [Float]) -> Float {
        zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }

    package static func axpy(_ a: Float, _ x: [Float], _ y: [Float]) -> [Float] {
        zip(x, y).map { a * $0 + $1 }
    }

    /// softmax(x)[i] = exp(x[i]) / sum over j of exp(x[j]), with the largest subtracted first.
    package static func softmax(_ x: [Double]) -> [Double] {
        let largest = x.max() ?? 0
        let powers = x.map { exponential($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// The indices of the k largest scores, best first; of equal scores the smaller index first.
    package static func top(_ k: Int, of scores: [Float]) -> [Int] {
        let order = scores.indices.sorted { left, right in
            scores[left] != scores[right] ? scores[left] > scores[right] : left < right
        }
        return Array(order.prefix(k))
    }
}
