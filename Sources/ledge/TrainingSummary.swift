import BundleFormat
import Datasets
import Foundation
import Identifiers
import Report
import Retrieval

/// What `ledge train` shows at its end: a few answers on the terminal, and a page that explains
/// the bundle.
enum TrainingSummary {
    private static let mappedItems = 2_000
    private static let answersShown = 5

    /// - Parameters:
    ///   - rows: What was read; nil for a split that somebody else made.
    ///   - page: The file of the page, or nil for none.
    static func show(bundle path: String, rows: TrainingReport.Rows?, page: String?) throws {
        let bundle = try ModelsCommand.open(path)
        let samples = try SampleAnswers.of(bundle)
        for sample in samples { show(sample) }
        guard let page else { return }
        var report = ReportCommand.described(bundle)
        report.rows = rows
        report.samples = samples
        report.map = try ReportCommand.mapped(bundle, usesTSNE: true, mappedItems)
        do {
            try Data(report.html.utf8).write(to: URL(fileURLWithPath: page), options: .atomic)
        } catch {
            throw CommandError("\(page) cannot be written: \(error)")
        }
        Terminal.line("\nwrote \(page)")
    }

    private static func show(_ sample: TrainingReport.Sample) {
        switch sample.question {
        case .liked(let titles): Terminal.line("\n\(titles.joined(separator: ", ")):")
        case .rated(let reader, let items):
            Terminal.line("\nreader \(reader) rated best:")
            for item in items { Terminal.line(line(item.title, item.author, item.rating)) }
            Terminal.line("the largest predictions for the reader:")
        }
        for answer in sample.answers.prefix(answersShown) {
            Terminal.line(line(answer.title, answer.author, answer.reason))
        }
    }

    private static func line(_ title: String, _ author: String, _ note: String) -> String {
        "  \(title)\(author.isEmpty ? "" : " by \(author)"), \(note)"
    }
}

extension TrainingReport.Rows {
    /// What was read of a data set, and why some of it was not kept as it is.
    init(_ dataset: Dataset) {
        let report = dataset.report
        self.init(
            read: report.ratingRowsRead, kept: report.ratingRowsKept,
            readers: dataset.readers.count, items: dataset.items.count,
            refused: DatasetReport.Reason.allCases.compactMap { reason in
                report.counts[reason].map {
                    (reason.rawValue, $0, report.examples[reason] ?? "")
                }
            })
    }
}
