import Foundation
import Kernels
import Testing

/// Lengths around the width of a register, and some that no width divides.
private let lengths = [0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 100, 257]

/// A few numbers that look random and are the same in every run.
private func numbers(_ count: Int, seed: Int) -> [Float] {
    (0..<count).map { Float(sin(Double($0 * 7 + seed) * 12.9898) * 3) }
}

@Suite struct VectorKernelsTests {
    @Test(arguments: lengths) func `the dot product agrees with the reference`(length: Int) {
        let (x, y) = (numbers(length, seed: 1), numbers(length, seed: 2))

        let fast = VectorKernels.dot(x, y, length)

        #expect(abs(fast - ReferenceKernels.dot(x, y)) <= 1e-4 * Float(length + 1))
    }

    @Test(arguments: lengths) func `axpy agrees with the reference`(length: Int) {
        let (x, y) = (numbers(length, seed: 3), numbers(length, seed: 4))

        var fast = y
        fast.withUnsafeMutableBufferPointer { fast in
            if let start = fast.baseAddress { VectorKernels.axpy(1.5, x, start, length) }
        }

        #expect(zip(fast, ReferenceKernels.axpy(1.5, x, y)).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test(arguments: lengths.dropFirst()) func `exponentials agree with the library`(length: Int) {
        let x = numbers(length, seed: 5).map { $0 * 25 }
        let largest = x.max() ?? 0

        var fast = x
        let sum = fast.withUnsafeMutableBufferPointer { fast in
            fast.baseAddress.map { VectorKernels.exponentials($0, minus: largest, length) } ?? 0
        }

        for (found, argument) in zip(fast, x) {
            let expected = exp(Double(argument) - Double(largest))
            #expect(abs(Double(found) - expected) <= 1e-5 * expected + 1e-37)
        }
        #expect(abs(sum - fast.reduce(0, +)) <= 1e-4 * sum)
    }

    @Test func `an exponential far below zero is nothing, not a number that is none`() {
        var x: [Float] = [-1e30, -100, -88, 0, -.greatestFiniteMagnitude, 0, 0, 0, -200]

        _ = x.withUnsafeMutableBufferPointer { x in
            x.baseAddress.map { VectorKernels.exponentials($0, minus: 0, 9) }
        }

        #expect(x[0] == 0 && x[1] == 0 && x[2] == 0 && x[4] == 0 && x[8] == 0)
        #expect(x[3] == 1)
    }

    @Test(arguments: lengths.dropFirst()) func `the maximum is the largest`(length: Int) {
        let x = numbers(length, seed: 6)

        #expect(VectorKernels.maximum(x, length) == x.max())
    }
}

@Suite struct TopScoresTests {
    @Test(arguments: lengths, [0, 1, 3, 10, 300])
    func `the best are those of a full sort`(length: Int, capacity: Int) {
        // Rounded, so that many scores are equal and the index has to decide.
        let scores = numbers(length, seed: 7).map { $0.rounded() }

        var top = TopScores(capacity: capacity)
        for (index, score) in scores.enumerated() { top.offer(score, at: Int32(index)) }

        #expect(top.ranked().map { Int($0.index) } == ReferenceKernels.top(capacity, of: scores))
    }

    @Test func `the order of the offers does not matter`() {
        var forwards = TopScores(capacity: 3)
        var backwards = TopScores(capacity: 3)
        for index in 0..<20 { forwards.offer(Float(index % 4), at: Int32(index)) }
        for index in (0..<20).reversed() { backwards.offer(Float(index % 4), at: Int32(index)) }

        #expect(forwards.ranked() == backwards.ranked())
    }
}
