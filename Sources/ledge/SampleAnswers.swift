import BundleFormat
import Foundation
import Identifiers
import Report
import Retrieval

/// A few questions to a bundle with its answers: those of its golden queries.
enum SampleAnswers {
    private static let samples = 3
    private static let answers = 10
    /// What a reader rated best is shown so far.
    private static let ratedItems = 5

    static func of(_ bundle: ModelBundle) throws -> [TrainingReport.Sample] {
        bundle.manifest.kind.predictsRatings
            ? try predictions(of: RatingModel(bundle: bundle), bundle)
            : try recommendations(of: Recommender(bundle: bundle), bundle)
    }

    private static func recommendations(
        of recommender: Recommender, _ bundle: ModelBundle
    ) throws -> [TrainingReport.Sample] {
        try bundle.golden.queries.prefix(samples).map { query in
            let ranked = recommender.recommend(
                for: query.items.map { ItemIndex($0) }, limit: answers)
            let chosen = try items(ranked.map(\.item), in: bundle)
            let reasons = try items(ranked.map(\.because), in: bundle)
            return .init(
                question: .liked(
                    try items(query.items.map { ItemIndex($0) }, in: bundle).map(\.shownTitle)),
                answers: zip(chosen, reasons).map { item, reason in
                    (item.shownTitle, item.author, "because of \(reason.shownTitle)")
                })
        }
    }

    /// Readers who rated enough that their taste can be seen come before the others.
    private static func predictions(
        of model: RatingModel, _ bundle: ModelBundle
    ) throws -> [TrainingReport.Sample] {
        let asked = bundle.golden.queries.compactMap(\.reader).map { ReaderIndex($0) }
            .map { (reader: $0, rated: model.ratedItems(of: $0)) }
        let isTelling = { (rated: Int) in rated >= ratedItems }
        let ordered =
            asked.filter { isTelling($0.rated.count) } + asked.filter { !isTelling($0.rated.count) }
        return try ordered.prefix(samples).map { reader, rated in
            let best = rated.prefix(ratedItems)
            let top = model.topItems(for: reader, limit: answers)
            let place = reader.place
            return .init(
                question: .rated(
                    reader: try bundle.catalogue.readers(at: place..<place + 1).first ?? "",
                    items: zip(try items(best.map(\.item), in: bundle), best).map { item, row in
                        (
                            item.shownTitle, item.author,
                            String(format: "gave %g", Double(row.rating))
                        )
                    }),
                answers: zip(try items(top.map(\.item), in: bundle), top).map { item, row in
                    let rating = model.parts.scale.clamped(row.rating)
                    return (
                        item.shownTitle, item.author, "predicted \(PredictCommand.number(rating))"
                    )
                })
        }
    }

    private static func items(
        _ indices: [ItemIndex], in bundle: ModelBundle
    ) throws(BundleError) -> [CatalogueItem] {
        try bundle.catalogue.items(at: indices.map(\.place)).compactMap(\.self)
    }
}

extension CatalogueItem {
    /// The title, or the key of an item that has none.
    var shownTitle: String { title.isEmpty ? key : title }
}
