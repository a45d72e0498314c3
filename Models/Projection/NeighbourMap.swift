/// A map on which points lie near their neighbours (t-SNE; van der Maaten and Hinton 2008).
///
/// Forces are approximated with a tree (van der Maaten 2014). The map starts from the first two
/// principal components, so that the same points give the same map with any number of processors
/// and its large shapes mean something; the learning rate grows with the number of points (both
/// Kobak and Berens 2019, Belkina and others 2019).
package struct NeighbourMap: Sendable {
    package struct Settings: Sendable, Hashable {
        /// How many neighbours a point feels, roughly; lowered where there are too few points.
        package var perplexity = 30.0
        package var iterations = 1_000
        /// How much stronger points attract one another while clusters form ...
        package var exaggeration = 12.0
        /// ... and how long they do.
        package var exaggeratedIterations = 250
        /// Accuracy for speed: 0 is exact, 0.5 is usual, 1 is coarse.
        package var theta = 0.5

        package init() {}

        package static let perplexityRange = 1.0...1_000.0
        package static let iterationsRange = 1...100_000
        package static let thetaRange = 0.0...1.0
    }

    /// How far the map is.
    package struct Progress: Sendable {
        package let iteration: Int
        package let iterationCount: Int
        /// In nats, smaller is better; 0 would be a perfect map.
        package let divergence: Double
    }

    /// Where the points lie: shape (points).
    package let points: [SIMD2<Float>]
    /// The Kullback-Leibler divergence of the map from the affinities, in nats.
    package let divergence: Double
    /// What was used; less than asked for if there are fewer than three points for each unit.
    package let perplexity: Double
    /// The divergence at the steps at which it was measured.
    package let curve: [(iteration: Int, divergence: Double)]

    /// Steps between two measurements; each costs a logarithm for each pair of neighbours.
    private static let measuredEvery = 25

    /// - Parameter progress: Is told the divergence now and then; false stops the work.
    /// - Throws: `.invalidSetting`, `.cancelled`.
    package init(
        of rows: PointRows, settings: Settings = Settings(),
        progress: (Progress) -> Bool = { _ in true }
    ) throws(ProjectionError) {
        try Self.check(settings)
        guard rows.count > 1 else {
            points = [.zero]
            divergence = 0
            perplexity = 0
            curve = []
            return
        }
        perplexity = Self.perplexity(settings.perplexity, for: rows.count)
        let neighbours = NearestNeighbours(
            of: rows, perPoint: Self.neighbourCount(perplexity, of: rows.count))
        let affinities = Affinities(neighbours, perplexity: perplexity, count: rows.count)
        var descent = Descent(points: try Self.beginning(of: rows), settings: settings)
        var curve: [(iteration: Int, divergence: Double)] = []
        for iteration in 1...settings.iterations {
            let isMeasured =
                iteration.isMultiple(of: Self.measuredEvery) || iteration == settings.iterations
            let forces = MapForces(
                affinities, on: descent.points, theta: Float(settings.theta),
                exaggeration: descent.exaggeration(at: iteration), isMeasured: isMeasured)
            descent.step(forces.gradient, iteration: iteration)
            guard isMeasured else { continue }
            curve.append((iteration, forces.divergence))
            let now = Progress(
                iteration: iteration, iterationCount: settings.iterations,
                divergence: forces.divergence)
            guard progress(now) else {
                throw ProjectionError(
                    .cancelled, "the map was given up at step \(iteration)")
            }
        }
        self.curve = curve
        points = descent.points
        divergence =
            MapForces(
                affinities, on: points, theta: Float(settings.theta), exaggeration: 1,
                isMeasured: true
            ).divergence
    }

    private static func check(_ settings: Settings) throws(ProjectionError) {
        guard Settings.perplexityRange.contains(settings.perplexity),
            Settings.iterationsRange.contains(settings.iterations),
            Settings.thetaRange.contains(settings.theta),
            settings.exaggeration >= 1, settings.exaggeration <= 100,
            settings.exaggeratedIterations >= 0
        else {
            throw ProjectionError(
                .invalidSetting,
                "a map has a perplexity from 1 to 1000, 1 to 100000 steps, a theta from 0 to 1 "
                    + "and an exaggeration from 1 to 100")
        }
    }

    /// A point needs three neighbours for each unit of perplexity, and has n - 1 at most.
    private static func perplexity(_ wanted: Double, for count: Int) -> Double {
        max(1, min(wanted, Double(count - 1) / Affinities.neighboursPerPerplexity))
    }

    private static func neighbourCount(_ perplexity: Double, of count: Int) -> Int {
        min(count - 1, Int((perplexity * Affinities.neighboursPerPerplexity).rounded(.up)))
    }

    /// The first two principal components, so small that all points feel one another.
    private static func beginning(of rows: PointRows) throws(ProjectionError) -> [SIMD2<Float>] {
        let components = try PrincipalComponents(of: rows, components: 2)
        let deviation = components.variances.first.map { $0.squareRoot() } ?? 0
        let scale = deviation > 0 ? Self.initialDeviation / deviation : 0
        let shares = components.varianceShares + [0, 0]
        return components.coordinates(of: rows).enumerated().map { index, place in
            var point = SIMD2<Float>.zero
            for axis in 0..<2 {
                // Points on one line would stay on it for ever: no force leads away from it.
                let isFlat = shares[axis] < Self.flatShare
                let spread = Self.scattered(index, axis) * Self.initialDeviation
                point[axis] = Float(isFlat ? spread : Double(place[axis]) * scale)
            }
            return point
        }
    }

    private static let initialDeviation = 1e-4
    private static let flatShare = 1e-9

    /// Evenly scattered numbers in -1..<1 without a generator: multiples of an irrational number,
    /// another for each axis (Roberts 2018).
    private static func scattered(_ index: Int, _ axis: Int) -> Double {
        let steps = [0.754_877_666_246_692_8, 0.569_840_290_998_053_2]
        let place = Double(index + 1) * steps[axis]
        return 2 * (place - place.rounded(.down)) - 1
    }
}

/// Gradient descent with momentum and a gain for each coordinate (Jacobs 1988).
private struct Descent {
    private(set) var points: [SIMD2<Float>]
    private var velocities: [SIMD2<Float>]
    private var gains: [SIMD2<Float>]
    private let settings: NeighbourMap.Settings
    private let learningRate: Float

    private static let earlyMomentum: Float = 0.5
    private static let lateMomentum: Float = 0.8
    private static let gainStep: Float = 0.2
    private static let gainFactor: Float = 0.8
    private static let gainMin: Float = 0.01
    /// Few points need larger steps than their number says.
    private static let learningRateMin: Float = 50

    init(points: [SIMD2<Float>], settings: NeighbourMap.Settings) {
        self.points = points
        self.settings = settings
        velocities = [SIMD2<Float>](repeating: .zero, count: points.count)
        gains = [SIMD2<Float>](repeating: .one, count: points.count)
        // The learning rates of the literature are for a gradient without its factor 4.
        learningRate =
            max(Self.learningRateMin, Float(points.count) / Float(settings.exaggeration)) / 4
    }

    private func isExaggerated(_ iteration: Int) -> Bool {
        iteration <= settings.exaggeratedIterations
    }

    func exaggeration(at iteration: Int) -> Float {
        isExaggerated(iteration) ? Float(settings.exaggeration) : 1
    }

    mutating func step(_ gradient: [SIMD2<Float>], iteration: Int) {
        let momentum = isExaggerated(iteration) ? Self.earlyMomentum : Self.lateMomentum
        var mean = SIMD2<Double>.zero
        for index in points.indices {
            let isAgainst = (gradient[index] .< 0) .!= (velocities[index] .< 0)
            let gain = pointwiseMax(
                (gains[index] * Self.gainFactor)
                    .replacing(with: gains[index] + Self.gainStep, where: isAgainst),
                SIMD2(repeating: Self.gainMin))
            gains[index] = gain
            velocities[index] =
                velocities[index] * momentum
                - gradient[index] * gain * learningRate
            points[index] += velocities[index]
            mean += SIMD2<Double>(points[index])
        }
        // Forces know differences only; without this the whole map would drift away.
        let centre = SIMD2<Float>(mean / Double(points.count))
        for index in points.indices { points[index] -= centre }
    }
}
