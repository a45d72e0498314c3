/// One step of a text: a byte as it is, or a repetition of what stood before.
struct DeflateToken {
    private let bits: UInt32

    private static let distanceShift: UInt32 = 9

    init(literal: UInt8) { bits = UInt32(literal) }

    /// - Precondition: both are within the limits of the format.
    init(length: Int, distance: Int) {
        bits =
            UInt32(truncatingIfNeeded: distance) << Self.distanceShift
            | UInt32(truncatingIfNeeded: length)
    }

    /// 0 for a literal.
    var distance: Int { Int(bits >> Self.distanceShift) }
    /// The length of a match, or the literal.
    var value: Int { Int(bits & (1 << Self.distanceShift - 1)) }
}

/// Finds repetitions in a text by hashing four bytes at each place (LZ77).
///
/// Greedy: the first place with the longest match among a few is taken, as `gzip -1` does.
struct MatchFinder {
    private var places: [Int32]
    private let index: PlaceIndex

    /// Places within a match are remembered up to this length; in longer ones none, for speed.
    private static let insertedLengthMax = 8

    init(byteCount: Int) {
        index = PlaceIndex(byteCount: byteCount)
        places = Array(repeating: 0, count: index.count)
    }

    /// Appends tokens for the text from `position` on until there are `countMax` or it ends.
    ///
    /// - Returns: Where the next block begins.
    mutating func tokens(
        of bytes: Span<UInt8>, from start: Int, countMax: Int, into tokens: inout [DeflateToken]
    ) -> Int {
        let index = index
        var places = places.mutableSpan
        let hashEnd = bytes.count - PlaceIndex.hashBytes
        var position = start
        while position < bytes.count, tokens.count < countMax {
            guard position <= hashEnd else {
                tokens.append(DeflateToken(literal: bytes[position]))
                position += 1
                continue
            }
            let candidate = index.insert(position, of: bytes, into: &places)
            let match = index.longestMatch(at: position, from: candidate, in: bytes, places)
            guard match.length >= PlaceIndex.hashBytes else {
                tokens.append(DeflateToken(literal: bytes[position]))
                position += 1
                continue
            }
            tokens.append(DeflateToken(length: match.length, distance: match.distance))
            let end = position + match.length
            if match.length <= Self.insertedLengthMax {
                for inner in (position + 1)..<end where inner <= hashEnd {
                    _ = index.insert(inner, of: bytes, into: &places)
                }
            }
            position = end
        }
        return position
    }

}

/// Where the places of a text are kept, in one array so that both halves are borrowed at once.
///
/// The first half has for each hash the last place with it plus 1; the second has for each place,
/// modulo its size, the one before with the same hash plus 1.
struct PlaceIndex {
    private let hashShift: UInt32
    /// The size of each half.
    private let size: Int

    static let hashBytes = 4
    private static let hashBitsMax = 15
    private static let hashBitsMin = 8
    /// Fibonacci hashing (Knuth, volume 3, section 6.4): 2^32 divided by the golden ratio.
    private static let multiplier: UInt32 = 2_654_435_769
    /// Places that are compared before the best is taken.
    private static let chainLengthMax = 4
    /// A match this long ends the search.
    private static let niceLength = 32

    /// A short text gets a small index: clearing a large one would take longer than compressing.
    init(byteCount: Int) {
        let sizeBits = Int.bitWidth - byteCount.leadingZeroBitCount
        let hashBits = min(max(sizeBits, Self.hashBitsMin), Self.hashBitsMax)
        hashShift = UInt32(UInt32.bitWidth - hashBits)
        size = 1 << hashBits
    }

    var count: Int { 2 * size }

    private func chainSlot(_ place: Int) -> Int { size + (place & (size - 1)) }

    /// Remembers a place and returns the one before with the same hash, plus 1.
    @inline(__always)
    func insert(
        _ position: Int, of bytes: Span<UInt8>, into places: inout MutableSpan<Int32>
    ) -> Int {
        let word = bytes.word(at: position, as: UInt32.self)
        let hash = Int((word &* Self.multiplier) >> hashShift)
        let before = places[hash]
        // Beyond 2 GiB places are wrong; what is found there is compared like any other.
        places[hash] = Int32(truncatingIfNeeded: position + 1)
        places[chainSlot(position)] = before
        return Int(before)
    }

    @inline(__always)
    func longestMatch(
        at position: Int, from candidate: Int, in bytes: Span<UInt8>,
        _ places: borrowing MutableSpan<Int32>
    ) -> (length: Int, distance: Int) {
        var best = (length: 0, distance: 0)
        let oldest = max(0, position - DeflateAlphabet.windowBytes)
        let lengthMax = min(DeflateAlphabet.matchLengthMax, bytes.count - position)
        var place = candidate - 1
        for _ in 0..<Self.chainLengthMax {
            // A slot that a later place has taken leads forward, or to another hash.
            guard place >= oldest, place < position else { break }
            // A longer match must have this byte; one look spares most of the comparisons.
            if best.length == 0 || bytes[place + best.length] == bytes[position + best.length] {
                let length = bytes.sharedLength(place, position, max: lengthMax)
                if length > best.length {
                    best = (length, position - place)
                    if length >= Self.niceLength || length == lengthMax { break }
                }
            }
            let next = Int(places[chainSlot(place)]) - 1
            guard next < place else { break }
            place = next
        }
        return best
    }
}

extension Span<UInt8> {
    /// The bytes at a place as a little-endian number.
    ///
    /// - Precondition: so many bytes are there; it is checked.
    @inline(__always)
    fileprivate func word<Word: FixedWidthInteger & BitwiseCopyable>(
        at position: Int, as _: Word.Type
    ) -> Word {
        Word(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Word.self))
    }

    /// How many bytes are the same from two places on.
    @inline(__always)
    fileprivate func sharedLength(_ first: Int, _ second: Int, max: Int) -> Int {
        var length = 0
        while length + MemoryLayout<UInt64>.size <= max {
            let difference =
                word(at: first + length, as: UInt64.self)
                ^ word(at: second + length, as: UInt64.self)
            guard difference == 0 else { return length + difference.trailingZeroBitCount / 8 }
            length += MemoryLayout<UInt64>.size
        }
        while length < max, self[first + length] == self[second + length] { length += 1 }
        return length
    }
}
