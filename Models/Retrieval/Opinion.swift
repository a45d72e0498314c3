import Identifiers

/// One question as one rule sees it.
///
/// Made for a question and thrown away with it. A rule that holds several opinions adds up their
/// scores, so what a score means is the rule's own business.
protocol Opinion {
    /// Adds what speaks for each item to empty sums.
    func score(into scores: inout ItemScores)

    /// How much each liked item speaks for each of these: shape (given items, liked items).
    ///
    /// - Parameter places: All -1, and so again afterwards.
    func support(of items: [Int32], places: inout [Int32]) -> [[Float]]
}

/// Several opinions, each with a weight.
///
/// Scores of different rules have different scales. Each opinion is divided by its largest score,
/// so that a weight says how much its favourite counts.
struct JointOpinion: Opinion {
    private var parts: [(opinion: any Opinion, scale: Float)] = []
    private var scores: [(item: Int32, score: Float)] = []

    /// - Parameter sums: Empty, and so again afterwards.
    init(
        _ opinions: [(opinion: any Opinion, weight: Float)], part sums: inout ItemScores
    ) {
        for (opinion, weight) in opinions {
            opinion.score(into: &sums)
            let largest = sums.largest
            let scale = largest > 0 ? weight / largest : 0
            scores += sums.touched.map { ($0, scale * sums.sums[Int($0)]) }
            sums.clear()
            parts.append((opinion, scale))
        }
    }

    func score(into sums: inout ItemScores) {
        for (item, score) in scores { sums.add(score, to: item) }
    }

    func support(of items: [Int32], places: inout [Int32]) -> [[Float]] {
        var sums: [[Float]] = []
        for (opinion, scale) in parts {
            let support = opinion.support(of: items, places: &places).map {
                $0.map { $0 * scale }
            }
            sums = sums.isEmpty ? support : zip(sums, support).map { zip($0, $1).map(+) }
        }
        return sums
    }
}
