/// Gives byte strings dense numbers in the order of their first appearance.
///
/// Open addressing with linear probing over FNV-1a hashes. A data set names the same readers and
/// items a million times; a string for each would cost more than all the rest of reading.
///
/// Invariants: the capacity is a power of two and more than half of it is free; `slots` holds each
/// number once; key `i` is `bytes[starts[i]..<starts[i + 1]]`.
struct KeyTable {
    /// The hash stands beside the number, so that another key's slot is passed by without a look
    /// at the key, which lies elsewhere.
    private struct Slot {
        var hash: UInt32 = 0
        var number = KeyTable.free
    }

    private var slots: [Slot]
    private var starts: [Int] = [0]
    private var bytes: [UInt8] = []
    /// The number that was asked for last: files often stand in the order of their readers.
    private var last = KeyTable.free

    private static let free: Int32 = -1
    private static let slotsMin = 1_024

    init() { slots = [Slot](repeating: Slot(), count: Self.slotsMin) }

    var count: Int { starts.count - 1 }

    /// The keys in the order of their numbers.
    var keys: [String] { (0..<count).map(key) }

    func key(_ number: Int) -> String {
        String(decoding: bytes[starts[number]..<starts[number + 1]], as: UTF8.self)
    }

    func isEmpty(_ number: Int) -> Bool { starts[number] == starts[number + 1] }

    /// The number of a key; a new one if it was never seen.
    mutating func number(of key: UnsafeBufferPointer<UInt8>) -> Int32 {
        if last != Self.free, isKey(Int(last), key) { return last }
        let hash = Self.hash(key)
        let slot = slot(of: key, hash: hash)
        last = slots[slot].number
        if last != Self.free { return last }
        last = Int32(count)
        slots[slot] = Slot(hash: hash, number: last)
        bytes.append(contentsOf: key)
        starts.append(bytes.count)
        if count * 2 > slots.count { grow() }
        return last
    }

    /// FNV-1a of 64 bits (Fowler, Noll, Vo 1991), folded: numbers have 32 bits, so more than twice
    /// as many slots there cannot be.
    @inline(__always)
    private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<key.count { hash = (hash ^ UInt64(key[index])) &* 0x100_0000_01B3 }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    /// Where the key is, or where it would go.
    private func slot(of key: UnsafeBufferPointer<UInt8>, hash: UInt32) -> Int {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot].number != Self.free {
            if slots[slot].hash == hash, isKey(Int(slots[slot].number), key) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func isKey(_ number: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = starts[number]
        guard starts[number + 1] - start == key.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            for index in 0..<key.count where bytes[start + index] != key[index] { return false }
            return true
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        let mask = slots.count - 1
        for moved in old where moved.number != Self.free {
            var slot = Int(moved.hash) & mask
            while slots[slot].number != Self.free { slot = (slot + 1) & mask }
            slots[slot] = moved
        }
    }
}
