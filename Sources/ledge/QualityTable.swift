import Foundation
import Training

/// The figures of an evaluation as people compare them.
enum QualityTable {
    private static let methodWidth = 28

    static func text(_ rows: [(method: String, metrics: RankingMetrics)]) -> String {
        var lines = [cell("held-out readers") + "  NDCG@10  +-95%   Recall@10  Hit@10  Coverage@10"]
        for row in rows {
            let metrics = row.metrics
            lines.append(
                cell(row.method)
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

    static func text(_ rows: [RatingQuality]) -> String {
        var lines = [cell("test rows") + "     MSE  +-95%      MAE  +-95%     RMSE  +-95%"]
        for row in rows {
            lines.append(
                cell(row.method)
                    + String(
                        format: "  %6.4f  %6.4f  %6.4f  %6.4f  %6.4f  %6.4f", row.mse,
                        row.mseConfidence, row.mae, row.maeConfidence, row.rmse,
                        row.rmseConfidence))
        }
        return lines.joined(separator: "\n")
    }

    private static func cell(_ method: String) -> String {
        method.padding(toLength: methodWidth, withPad: " ", startingAt: 0)
    }
}
