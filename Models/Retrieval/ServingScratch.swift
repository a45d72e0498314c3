import Synchronization

/// The memory that answering one question takes, in the sizes of a model.
///
/// Whoever uses a part of it leaves it as it was found: empty.
struct ServingScratch: Sendable {
    var scores: ItemScores
    /// The sums of one opinion within a blend.
    var part: ItemScores
    var shares: ReaderShares
    /// A number for some items, -1 for all others: shape (items).
    var places: [Int32]

    static let noPlace: Int32 = -1

    init(_ readership: Readership) {
        let itemCount = readership.parts.itemCount
        scores = ItemScores(itemCount: itemCount)
        part = ItemScores(itemCount: itemCount)
        shares = ReaderShares(readerCount: readership.parts.readerCount)
        places = [Int32](repeating: Self.noPlace, count: itemCount)
    }
}

/// Scratch memory for as many questions as are answered at once.
///
/// What is given back is used again, so there is never more than was needed at one time; the pages
/// of a big array that is made for each question cost more than most answers.
final class ScratchPool: Sendable {
    private let free = Mutex<[ServingScratch]>([])
    private let readership: Readership

    init(_ readership: Readership) { self.readership = readership }

    func use<Result>(_ body: (inout ServingScratch) -> Result) -> Result {
        var scratch = free.withLock { $0.popLast() } ?? ServingScratch(readership)
        let result = body(&scratch)
        // Moved, not copied: the arrays must have one owner when they are written next.
        let used = scratch
        free.withLock { $0.append(used) }
        return result
    }
}
