import Foundation
import JSON
import Kernels
import Training

/// The measurements of `ledge bench kernel`.
struct KernelBench {
    let rounds: Int
    let queryCount: Int
    let peers: PeerScript

    /// One shape to be searched.
    private struct Shape {
        let rows: Int
        let dimensions: Int
        let limit: Int
        let threads: Int

        var name: String {
            "best \(limit) of \(rows) x \(dimensions), \(threads) thread\(threads == 1 ? "" : "s")"
        }
    }

    private static let shapes = [
        Shape(rows: 19_371, dimensions: 24, limit: 1, threads: 1),
        Shape(rows: 80_000, dimensions: 24, limit: 10, threads: 1),
        Shape(rows: 80_000, dimensions: 128, limit: 10, threads: 1),
        Shape(rows: 1_000_000, dimensions: 24, limit: 10, threads: 2),
    ]
    private static let seed: UInt64 = 42
    /// How many answers are compared with a plain scan's.
    private static let proofs = 50

    func run() throws -> [BenchFigure] { try Self.shapes.flatMap(figures) }

    private func figures(of shape: Shape) throws -> [BenchFigure] {
        var normal = NormalNumbers(seed: Self.seed)
        let rows = normal.take(shape.rows * shape.dimensions)
        let queries = (0..<queryCount).map { _ in normal.take(shape.dimensions) }
        let table = rows.withUnsafeBufferPointer {
            QuantizedRows($0, dimensions: shape.dimensions)
        }
        try prove(table, rows, queries, shape)
        let files = try PeerFiles(rows: rows, queries: queries)
        defer { files.remove() }

        var own: [Double] = []
        var reading: [Double] = []
        var faiss: [Double] = []
        var numpy: [Double] = []
        for _ in 0..<rounds {
            let peer = try peers.run(
                "exact_top_k.py",
                [files.directory, "\(shape.dimensions)", "\(shape.limit)", "\(shape.threads)"])
            if let peer {
                try compare(peer, table, rows, queries, shape)
                faiss.append(peer["faiss"]?.doubleValue ?? .nan)
                numpy.append(peer["numpy"]?.doubleValue ?? .nan)
            }
            own.append(median(queries) { _ = search(table, rows, $0, shape) })
            reading.append(Self.reading(bytes: table.codeBytes, threads: shape.threads))
        }
        return [
            ("faiss IndexFlatIP", faiss.sorted()), ("numpy", numpy.sorted()),
            ("reading \(table.codeBytes) bytes once", reading.sorted()),
        ].map { name, times in
            BenchFigure(
                what: shape.name, unit: "us", own: own.sorted()[rounds / 2],
                peer: times.isEmpty ? nil : times[rounds / 2], peerName: name,
                largerIsBetter: false)
        }
    }

    private func search(
        _ table: QuantizedRows, _ rows: [Float], _ query: [Float], _ shape: Shape
    ) -> [TopScores.Entry] {
        if shape.threads > 1 {
            return table.top(shape.limit, of: query, in: rows, threads: shape.threads)
        }
        return rows.withUnsafeBufferPointer { table.top(shape.limit, of: query, in: $0) }
    }

    private func median(_ queries: [[Float]], _ body: ([Float]) -> Void) -> Double {
        let times = queries.map { query in
            let start = ContinuousClock.now
            body(query)
            return (ContinuousClock.now - start) / .microseconds(1)
        }
        return times.sorted()[times.count / 2]
    }

    /// A plain scan must find the same rows with the same scores.
    private func prove(
        _ table: QuantizedRows, _ rows: [Float], _ queries: [[Float]], _ shape: Shape
    ) throws {
        for query in queries.prefix(Self.proofs) {
            var top = TopScores(capacity: shape.limit)
            rows.withUnsafeBufferPointer { rows in
                query.withUnsafeBufferPointer { query in
                    guard let start = rows.baseAddress, let first = query.baseAddress else {
                        return
                    }
                    for row in 0..<shape.rows {
                        let score = VectorKernels.dot(
                            first, start + row * shape.dimensions, shape.dimensions)
                        top.offer(score, at: Int32(row))
                    }
                }
            }
            guard search(table, rows, query, shape) == top.ranked() else {
                throw CommandError("\(shape.name): the answer differs from a plain scan's")
            }
        }
    }

    private func compare(
        _ peer: JSONValue, _ table: QuantizedRows, _ rows: [Float], _ queries: [[Float]],
        _ shape: Shape
    ) throws {
        guard let lists = peer["rows"]?.arrayValue else { return }
        for (query, list) in zip(queries, lists) {
            let own = search(table, rows, query, shape).map { Int64($0.index) }
            guard own == list.arrayValue?.compactMap(\.integerValue).map({ Int64($0) }) else {
                throw CommandError("\(shape.name): faiss finds other rows")
            }
        }
    }

    /// Microseconds to read so many bytes, by as many threads, from wherever they then lie.
    private static func reading(bytes: Int, threads: Int) -> Double {
        let words = [UInt64](repeating: 1, count: bytes / MemoryLayout<UInt64>.stride)
        let repeats = 100
        let times = (0..<repeats).map { _ in
            let start = ContinuousClock.now
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                let part =
                    words[words.count * thread / threads..<words.count * (thread + 1) / threads]
                // Looked at, so that the reading cannot be left out.
                precondition(part.withUnsafeBufferPointer { sum($0) } != 0)
            }
            return (ContinuousClock.now - start) / .microseconds(1)
        }
        return times.sorted()[repeats / 2]
    }

    private static func sum(_ words: UnsafeBufferPointer<UInt64>) -> UInt64 {
        var sums = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
        let lanes = SIMD8<UInt64>.scalarCount
        let raw = UnsafeRawBufferPointer(words)
        for start in stride(from: 0, to: words.count - 2 * lanes + 1, by: 2 * lanes) {
            let byte = start * MemoryLayout<UInt64>.stride
            sums.0 &+= raw.loadUnaligned(fromByteOffset: byte, as: SIMD8<UInt64>.self)
            sums.1 &+= raw.loadUnaligned(fromByteOffset: byte + 64, as: SIMD8<UInt64>.self)
        }
        return (sums.0 &+ sums.1).wrappedSum()
    }
}

/// Random numbers with mean 0 and variance 1 (Box and Muller, 1958).
private struct NormalNumbers {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func take(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let radius = (-2 * log(1 - Double(random.unit()))).squareRoot()
            return Float(radius * cos(2 * .pi * Double(random.unit())))
        }
    }
}

/// The same rows and queries for a program in another language: raw floats, little-endian.
private struct PeerFiles {
    private let folder: BenchFolder
    var directory: String { folder.path }

    init(rows: [Float], queries: [[Float]]) throws {
        folder = try BenchFolder()
        for (name, values) in [("rows.f32", rows), ("queries.f32", queries.flatMap(\.self))] {
            try values.withUnsafeBytes { Data($0) }
                .write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
    }

    func remove() { folder.remove() }
}
