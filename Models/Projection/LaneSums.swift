/// Sums and signs over the lanes of a register, by halves.
///
/// The library's own go through the lanes one by one, which took a sixth of the map's time.
extension SIMD8<Float> {
    @inline(__always)
    var laneSum: Float {
        let four = lowHalf + highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }

    /// Whether a lane is negative: the signs of all lanes are one bit each.
    @inline(__always)
    var hasNegativeLane: Bool {
        let bits = unsafeBitCast(self, to: SIMD8<Int32>.self)
        let four = bits.lowHalf | bits.highHalf
        let two = four.lowHalf | four.highHalf
        return two.x | two.y < 0
    }
}
