import Foundation
import Synchronization

/// The nearest points of each point, found by looking at all of them.
///
/// Trees do not help much in 24 dimensions: they look at a third of the points and find each of
/// them in another corner of memory. All distances of 10,000 points take a fifth of a second.
struct NearestNeighbours: Sendable {
    /// How many neighbours each point has.
    let perPoint: Int
    /// Shape (points, perPoint), nearest first; of equals the smaller index first.
    let indices: [Int32]
    /// Squared distances, likewise.
    let squaredDistances: [Float]

    private typealias Lanes = SIMD8<Float>

    /// - Precondition: `perPoint` is less than the number of points.
    init(of points: PointRows, perPoint: Int) {
        precondition(perPoint < points.count, "a point is no neighbour of itself")
        let rows = PaddedRows(points)
        let pieces = ParallelPieces.map(points.count) { range in
            range.flatMap { row in Self.nearest(perPoint, to: row, in: rows) }
        }
        self.perPoint = perPoint
        let keys = pieces.flatMap(\.self)
        indices = keys.map { Int32(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }
        squaredDistances = keys.map { Float(bitPattern: UInt32($0 >> 32)) }
    }

    /// Rows filled up with zeros to whole registers.
    private struct PaddedRows: Sendable {
        let count: Int
        let lanesPerRow: Int
        let lanes: [Lanes]

        init(_ points: PointRows) {
            let width = Lanes.scalarCount
            let lanesPerRow = (points.dimensions + width - 1) / width
            count = points.count
            self.lanesPerRow = lanesPerRow
            lanes = (0..<points.count * lanesPerRow).map { index in
                let (row, part) = index.quotientAndRemainder(dividingBy: lanesPerRow)
                var lanes = Lanes.zero
                for lane in 0..<min(width, points.dimensions - part * width) {
                    lanes[lane] = points.values[row * points.dimensions + part * width + lane]
                }
                return lanes
            }
        }
    }

    /// Distance and index as one number each: the bits of a float that is not negative have its
    /// order, and an index below them breaks ties the same way everywhere.
    private static func nearest(_ limit: Int, to row: Int, in rows: PaddedRows) -> [UInt64] {
        var heap = [UInt64]()
        heap.reserveCapacity(limit)
        var farthest = UInt64.max
        rows.lanes.withUnsafeBufferPointer { lanes in
            let width = rows.lanesPerRow
            for other in 0..<rows.count where other != row {
                var sums = Lanes.zero
                for part in 0..<width {
                    let difference = lanes[row * width + part] - lanes[other * width + part]
                    sums += difference * difference
                }
                let key = UInt64(sums.laneSum.bitPattern) << 32 | UInt64(other)
                guard key < farthest else { continue }
                if heap.count < limit {
                    heap.append(key)
                    if heap.count == limit {
                        heap.sort(by: >)
                        farthest = heap[0]
                    }
                } else {
                    replaceLargest(in: &heap, with: key)
                    farthest = heap[0]
                }
            }
        }
        heap.sort()
        return heap
    }

    /// A sorted list is a heap already; from then on each parent is at least its children.
    private static func replaceLargest(in heap: inout [UInt64], with key: UInt64) {
        heap.withUnsafeMutableBufferPointer { heap in
            var place = 0
            while true {
                var child = 2 * place + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1] > heap[child] { child += 1 }
                guard heap[child] > key else { break }
                heap[place] = heap[child]
                place = child
            }
            heap[place] = key
        }
    }
}

/// Work on the parts of a range by all processors, in pieces that do not depend on their number.
enum ParallelPieces {
    private static let pieceCount = 32

    /// The results of the pieces, in their order.
    static func map<Result: Sendable>(
        _ count: Int, _ body: @Sendable (Range<Int>) -> Result
    ) -> [Result] {
        let pieces = Mutex<[Result?]>(Array(repeating: nil, count: pieceCount))
        DispatchQueue.concurrentPerform(iterations: pieceCount) { piece in
            let result = body(count * piece / pieceCount..<count * (piece + 1) / pieceCount)
            pieces.withLock { $0[piece] = result }
        }
        return pieces.withLock { $0.compactMap(\.self) }
    }
}
