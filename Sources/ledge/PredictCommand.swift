import BundleFormat
import Foundation
import Identifiers
import Retrieval

/// `ledge predict`: what a reader would give the books, beside what the reader gave.
enum PredictCommand {
    static let command = Command(
        name: "predict",
        summary: "Predict a reader's ratings with a bundle of kind rating-dot or rating-mlp.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option("--reader", value: "ID", "The reader, by the id of the data set."),
            Option("--limit", value: "N", "How many items to show, 10 if not said."),
            Option("--item", value: "KEY", "Predict this item only, by its id or ISBN."),
        ],
        discussion: """
            Shows what the reader rated in training, best rated first, and the unrated items with
            the largest predictions. Predictions are held within the scale of the data set.
            """,
        run: run)

    private static let limitDefault = 10
    private static let limitMax = 10_000

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let bundle = try ModelsCommand.open(arguments.parameter("bundle"))
        let limit = try arguments.number("--limit", in: 1...limitMax) ?? limitDefault
        let key = try arguments.required("--reader")
        let model: RatingModel
        do throws(RetrievalError) {
            model = try RatingModel(bundle: bundle)
        } catch {
            throw CommandError(error.message)
        }
        guard let place = try bundle.catalogue.reader(withKey: key) else {
            throw CommandError(
                "the bundle knows no reader \"\(key)\"; it predicts for those only "
                    + "whom it was trained with")
        }
        let reader = ReaderIndex(place)
        if let key = arguments.value("--item") {
            try showItem(key, for: reader, model, bundle.catalogue)
        } else {
            try showLists(for: reader, limit, model, bundle.catalogue)
        }
        return .success
    }

    private static func showItem(
        _ key: String, for reader: ReaderIndex, _ model: RatingModel, _ catalogue: Catalogue
    ) throws {
        guard let place = try catalogue.index(ofFirst: BookKey.spellings(of: key)) else {
            throw CommandError("the bundle knows no item \"\(key)\"")
        }
        let item = ItemIndex(place)
        let prediction = model.parts.scale.clamped(model.predict(reader: reader, item: item))
        let given = model.ratedItems(of: reader).first { $0.item == item }
        try show([(item, prediction)], catalogue)
        if let given { Terminal.line("the reader gave it \(number(given.rating))") }
    }

    private static func showLists(
        for reader: ReaderIndex, _ limit: Int, _ model: RatingModel, _ catalogue: Catalogue
    ) throws {
        let rated = model.ratedItems(of: reader)
        Terminal.line("rated by the reader: \(rated.count)")
        try show(Array(rated.prefix(limit)), catalogue)
        Terminal.line("\nlargest predictions")
        let scale = model.parts.scale
        try show(
            model.topItems(for: reader, limit: limit)
                .map { ($0.item, scale.clamped($0.rating)) }, catalogue)
    }

    private static func show(
        _ rows: [(item: ItemIndex, rating: Float)], _ catalogue: Catalogue
    ) throws {
        let items = try catalogue.items(at: rows.map(\.item.place))
        for (row, item) in zip(rows, items) {
            let title = item?.shownTitle ?? ""
            let author = item.map { $0.author.isEmpty ? "" : ", \($0.author)" } ?? ""
            Terminal.line("  \(number(row.rating))  \(item?.key ?? "")  \(title)\(author)")
        }
    }

    static func number(_ rating: Float) -> String {
        String(format: "%.2f", Double(rating))
    }
}
