import Dispatch
import Synchronization

/// Work that is cut into blocks for all processors.
enum ParallelBlocks {
    /// What the body makes of each block, in the order of the blocks.
    ///
    /// The cut does not depend on how many processors there are, so that sums of sums do not.
    static func map<Result: Sendable>(
        _ count: Int, _ body: @Sendable (Int) -> Result
    ) -> [Result] {
        let results = Mutex<[Result?]>(Array(repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { block in
            let result = body(block)
            results.withLock { $0[block] = result }
        }
        return results.withLock { $0.compactMap(\.self) }
    }

    /// The blocks of a range, each of `size` but the last.
    static func ranges(_ range: Range<Int>, size: Int) -> [Range<Int>] {
        stride(from: range.lowerBound, to: range.upperBound, by: size).map {
            $0..<min($0 + size, range.upperBound)
        }
    }
}
