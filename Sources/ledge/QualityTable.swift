import Foundation
import Training

/// The figures of an evaluation as people compare them.
enum QualityTable {
    private static let methodWidth = 28

    static func text(_ rows: [(method: String, metrics: RankingMetrics)]) -> String {
        let title = "held-out readers".padding(
            toLength: methodWidth, withPad: " ", startingAt: 0)
        var lines = ["\(title)  NDCG@10  +-95%   Recall@10  Hit@10  Coverage@10"]
        for row in rows {
            let method = row.method.padding(toLength: methodWidth, withPad: " ", startingAt: 0)
            let metrics = row.metrics
            lines.append(
                method
                    + String(
                        format: "  %7.4f  %6.4f  %9.4f  %6.4f  %11.4f", metrics.ndcgAt10,
                        metrics.ndcgConfidence, metrics.recallAt10, metrics.hitRateAt10,
                        metrics.coverageAt10))
        }
        if let first = rows.first?.metrics {
            lines.append("\(first.readerCount) readers, \(first.queryCount) questions of three")
        }
        return lines.joined(separator: "\n")
    }
}
