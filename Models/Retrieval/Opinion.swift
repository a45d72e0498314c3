import Identifiers

/// One question as one rule sees it.
///
/// Made for a question and thrown away with it. A rule that holds several opinions adds up their
/// scores, so what a score means is the rule's own business.
protocol Opinion {
    /// What speaks for each item, shape (items); 0 or less where nothing does.
    func scores() -> [Float]

    /// How much each liked item speaks for each of these: shape (given items, liked items).
    func support(of items: [Int32]) -> [[Float]]
}

/// Several opinions, each with a weight.
///
/// Scores of different rules have different scales. Each opinion is divided by its largest score,
/// so that a weight says how much its favourite counts.
struct JointOpinion: Opinion {
    let parts: [(opinion: any Opinion, weight: Float)]
    private let scales: [Float]
    private let sum: [Float]

    init(_ parts: [(opinion: any Opinion, weight: Float)]) {
        self.parts = parts
        var scales: [Float] = []
        var sum: [Float] = []
        for part in parts {
            let scores = part.opinion.scores()
            let largest = scores.max() ?? 0
            let scale = largest > 0 ? part.weight / largest : 0
            scales.append(scale)
            if sum.isEmpty { sum = [Float](repeating: 0, count: scores.count) }
            for (item, score) in scores.enumerated() where score > 0 { sum[item] += scale * score }
        }
        self.scales = scales
        self.sum = sum
    }

    func scores() -> [Float] { sum }

    func support(of items: [Int32]) -> [[Float]] {
        var sums: [[Float]] = []
        for (part, scale) in zip(parts, scales) {
            let support = part.opinion.support(of: items).map { $0.map { $0 * scale } }
            sums = sums.isEmpty ? support : zip(sums, support).map { zip($0, $1).map(+) }
        }
        return sums
    }
}
