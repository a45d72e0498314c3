import Identifiers

/// Which row a reader's item has: a map from pairs of indices to numbers of rows.
///
/// Open addressing with linear probing. A million pairs are looked up while a file is read, and the
/// standard dictionary would take most of that time.
///
/// Invariants: the capacity is a power of two and at least half of it is free.
struct PairTable {
    /// A pair and its row lie together: each is looked at once for each row of a file.
    private struct Slot {
        var pair = PairTable.free
        var row: Int32 = 0
    }

    private var slots: [Slot]
    private var count = 0

    /// No pair: indices are never negative.
    private static let free = UInt64.max
    private static let slotsMin = 1 << 16

    init() { slots = [Slot](repeating: Slot(), count: Self.slotsMin) }

    /// The row of the pair, or nil after the row was noted as the pair's.
    mutating func row(of reader: ReaderIndex, _ item: ItemIndex, orNote row: Int) -> Int? {
        let pair =
            UInt64(UInt32(bitPattern: reader.rawValue)) << 32
            | UInt64(UInt32(bitPattern: item.rawValue))
        let slot = slot(of: pair)
        if slots[slot].pair == pair { return Int(slots[slot].row) }
        slots[slot] = Slot(pair: pair, row: Int32(row))
        count += 1
        if count * 2 > slots.count { grow() }
        return nil
    }

    /// Where the pair is, or where it would go. Multiplying by a large odd number spreads the bits
    /// (Knuth, The Art of Computer Programming 3, section 6.4).
    @inline(__always)
    private func slot(of pair: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
        while slots[slot].pair != pair, slots[slot].pair != Self.free { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for moved in old where moved.pair != Self.free { slots[slot(of: moved.pair)] = moved }
    }
}
