/// Gives byte strings dense numbers in the order of their first appearance.
///
/// Open addressing with linear probing over FNV-1a hashes. A data set names the same readers and
/// items a million times; a string for each would cost more than all the rest of reading.
///
/// Invariants: the capacity is a power of two and more than half of it is free; `slots` holds each
/// number once; key `i` is `bytes[starts[i]..<starts[i + 1]]`.
struct KeyTable {
    private var slots: [Int32]
    private var hashes: [UInt64] = []
    private var starts: [Int] = [0]
    private var bytes: [UInt8] = []

    private static let free: Int32 = -1
    private static let slotsMin = 1_024

    init() { slots = [Int32](repeating: Self.free, count: Self.slotsMin) }

    var count: Int { hashes.count }

    /// The keys in the order of their numbers.
    var keys: [String] { (0..<count).map(key) }

    func key(_ number: Int) -> String {
        String(decoding: bytes[starts[number]..<starts[number + 1]], as: UTF8.self)
    }

    /// The number of a key; a new one if it was never seen.
    mutating func number(of key: UnsafeBufferPointer<UInt8>) -> Int32 {
        let hash = Self.hash(key)
        let slot = slot(of: key, hash: hash)
        if slots[slot] != Self.free { return slots[slot] }
        let number = Int32(count)
        slots[slot] = number
        hashes.append(hash)
        bytes.append(contentsOf: key)
        starts.append(bytes.count)
        if count * 2 > slots.count { grow() }
        return number
    }

    /// FNV-1a of 64 bits (Fowler, Noll, Vo 1991).
    @inline(__always)
    private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<key.count { hash = (hash ^ UInt64(key[index])) &* 0x100_0000_01B3 }
        return hash
    }

    /// Where the key is, or where it would go.
    private func slot(of key: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != Self.free {
            let number = Int(slots[slot])
            if hashes[number] == hash, isKey(number, key) { return slot }
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
        slots = [Int32](repeating: Self.free, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != Self.free { slot = (slot + 1) & mask }
            slots[slot] = Int32(number)
        }
    }
}
