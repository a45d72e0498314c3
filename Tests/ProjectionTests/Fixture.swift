import Foundation

/// Points that look random and are the same in every run.
enum ScatteredPoints {
    static func numbers(_ count: Int, seed: Int = 0) -> [Float] {
        (0..<count).map { place in
            let wave = sin(Double(place + seed * 7_919) * 12.9898 + 0.5) * 43_758.5453
            return Float(2 * (wave - wave.rounded(.down)) - 1)
        }
    }

    static func onPlane(_ count: Int, scale: Float = 1, seed: Int = 0) -> [SIMD2<Float>] {
        let numbers = numbers(2 * count, seed: seed)
        return (0..<count).map { scale * SIMD2(numbers[2 * $0], numbers[2 * $0 + 1]) }
    }

    /// Clusters far apart: point i belongs to cluster i % clusters.
    static func clusters(_ clusters: Int, points: Int, dimensions: Int) -> [Float] {
        var values = numbers(points * dimensions)
        for point in 0..<points { values[point * dimensions + point % clusters] += 20 }
        return values
    }
}
