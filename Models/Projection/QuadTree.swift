/// Points of a plane in squares within squares, for forces between all of them at once.
///
/// A far square acts on a point nearly as if all of its points lay in their centre (Barnes and Hut
/// 1986). Built anew for each step from the points' places along a Z-shaped curve: after a sort
/// each square is a run, and squares with one occupied quarter are passed over.
///
/// Invariants: `nodes` are in the order of a walk that goes down first; a node's descendants are
/// the nodes between it and its `next`; the centre of a leaf is its points' place.
struct QuadTree: Sendable {
    struct Node {
        /// The centre of gravity.
        var centre: SIMD2<Float>
        /// How many points lie in the square.
        var mass: Float
        /// The square of the distance from which on the square counts as one point; negative for
        /// a leaf, which always does.
        var openSquared: Float
        /// The node after all descendants.
        var next: Int32
    }

    private(set) var nodes: [Node] = []
    /// The points in the order of the curve: neighbours here are neighbours on the plane.
    let order: [Int32]

    private static let bitsPerAxis = 21
    private static let radixBits = 11

    /// - Parameter theta: The largest angle, side over distance, under which a square counts as
    ///   one point; 0 never allows it.
    init(_ points: [SIMD2<Float>], theta: Float) {
        var (low, high) = (points[0], points[0])
        for point in points {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        let side = max((high - low).max(), .leastNormalMagnitude)
        let cells = Float(1 << Self.bitsPerAxis)
        let keys = points.map { point -> UInt64 in
            let place = (point - low) / side * cells
            let limit = cells - 1
            return Self.spread(UInt64(min(limit, place.x)))
                | Self.spread(UInt64(min(limit, place.y))) << 1
        }
        let sorted = Self.sorted(keys)
        order = sorted.map(\.point)
        nodes.reserveCapacity(2 * points.count)
        let scale = theta > 0 ? side / cells / theta : .infinity
        build(
            Sorted(keys: sorted.map(\.key), points: sorted.map { points[Int($0.point)] }),
            0..<points.count, scale)
    }

    private struct Sorted {
        let keys: [UInt64]
        let points: [SIMD2<Float>]
    }

    /// - Parameter scale: The opening distance of a square of one cell.
    private mutating func build(_ sorted: Sorted, _ range: Range<Int>, _ scale: Float) {
        let place = nodes.count
        let differing = sorted.keys[range.lowerBound] ^ sorted.keys[range.upperBound - 1]
        nodes.append(
            Node(centre: .zero, mass: Float(range.count), openSquared: -1, next: 0))
        var sum = SIMD2<Float>.zero
        if differing == 0 {
            for index in range { sum += sorted.points[index] }
        } else {
            let level = (UInt64.bitWidth - 1 - differing.leadingZeroBitCount) / 2
            let reach = scale * Float(1 << (level + 1))
            nodes[place].openSquared = reach * reach
            var start = range.lowerBound
            while start < range.upperBound {
                let end = Self.end(of: start, in: sorted.keys, range.upperBound, level)
                let child = nodes.count
                build(sorted, start..<end, scale)
                sum += nodes[child].centre * nodes[child].mass
                start = end
            }
        }
        nodes[place].centre = sum / nodes[place].mass
        nodes[place].next = Int32(nodes.count)
    }

    /// The end of the run that shares its quarter with the first key.
    private static func end(
        of start: Int, in keys: [UInt64], _ limit: Int, _ level: Int
    ) -> Int {
        let quarter = keys[start] >> (2 * UInt64(level))
        var (low, high) = (start + 1, limit)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] >> (2 * UInt64(level)) == quarter {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Puts a zero before each of the 21 bits.
    private static func spread(_ value: UInt64) -> UInt64 {
        var x = value
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFF
        x = (x | x << 8) & 0x00FF_00FF_00FF_00FF
        x = (x | x << 4) & 0x0F0F_0F0F_0F0F_0F0F
        x = (x | x << 2) & 0x3333_3333_3333_3333
        x = (x | x << 1) & 0x5555_5555_5555_5555
        return x
    }

    private struct Keyed {
        var key: UInt64
        var point: Int32
    }

    /// Sorts by 11 bits at a time, lowest first; equal keys keep their order.
    private static func sorted(_ keys: [UInt64]) -> [Keyed] {
        var from = keys.enumerated().map { Keyed(key: $1, point: Int32($0)) }
        var to = from
        let buckets = 1 << radixBits
        for shift in stride(from: 0, to: 2 * bitsPerAxis, by: radixBits) {
            var starts = [Int](repeating: 0, count: buckets + 1)
            let digit = { (key: UInt64) in Int(key >> UInt64(shift)) & (buckets - 1) }
            for entry in from { starts[digit(entry.key) + 1] += 1 }
            for bucket in 0..<buckets { starts[bucket + 1] += starts[bucket] }
            for entry in from {
                let bucket = digit(entry.key)
                to[starts[bucket]] = entry
                starts[bucket] += 1
            }
            swap(&from, &to)
        }
        return from
    }
}

extension QuadTree {
    private typealias Lanes = SIMD8<Float>

    /// Eight points that lie side by side walk through the tree together.
    static let groupSize = 8

    /// The repulsion on points of the curve: sum over j of q^2 (y_i - y_j), and that of q, where
    /// q = 1 / (1 + |y_i - y_j|^2), over all other points.
    ///
    /// A square is opened if it is too near for one of the eight: no point is served worse than
    /// it would be alone.
    ///
    /// - Parameter group: Which eight, in 0..<(points / 8, rounded up).
    func repulsion(
        on group: Int, of points: [SIMD2<Float>]
    ) -> (forces: [SIMD2<Float>], sums: [Float]) {
        let places = group * Self.groupSize..<min(order.count, (group + 1) * Self.groupSize)
        var (x, y) = (Lanes.zero, Lanes.zero)
        for lane in 0..<Self.groupSize {
            let point = points[Int(order[min(places.upperBound - 1, places.lowerBound + lane)])]
            (x[lane], y[lane]) = (point.x, point.y)
        }
        var (forceX, forceY, sum) = (Lanes.zero, Lanes.zero, Lanes.zero)
        nodes.withUnsafeBufferPointer { nodes in
            var place = 0
            while place < nodes.count {
                let node = nodes[place]
                let (dx, dy) = (x - node.centre.x, y - node.centre.y)
                let squared = dx * dx + dy * dy
                guard !(squared - node.openSquared).hasNegativeLane else {
                    place += 1
                    continue
                }
                let q = 1 / (squared + 1)
                let weighted = q * node.mass
                let push = q * weighted
                sum += weighted
                forceX += push * dx
                forceY += push * dy
                place = Int(node.next)
            }
        }
        return (
            (0..<places.count).map { SIMD2(forceX[$0], forceY[$0]) },
            // Each point met itself, with a force of zero and a q of 1.
            (0..<places.count).map { sum[$0] - 1 }
        )
    }
}
