import BundleFormat
import FunctionRuntime
import Identifiers
import JSON

/// The liked items of a question as a model can take them.
struct LikedItems {
    /// How an item that the model has not learned got its stand-ins.
    enum Likeness: String {
        case author
        case title
    }

    /// An item that the model has not learned, and those that stand in for it.
    struct Stranger {
        let item: CatalogueItem
        let neighbours: [ItemIndex]
        let likeness: Likeness?
    }

    /// What the model is asked with, in the order of the question.
    private(set) var indices: [ItemIndex] = []
    /// The learned items that were named; they are never recommended.
    private(set) var chosen: [ItemIndex] = []
    private(set) var strangers: [Stranger] = []

    /// Stand-ins of one item: more would outvote the items that the model knows.
    private static let neighboursMax = 3
    /// Among how many of an author's titles the best known ones are looked for.
    private static let candidatesMax = 50

    /// - Throws: `.badRequest` that names the first key which is neither learned nor described.
    init(
        _ question: Question, in model: RecommenderModel, _ description: RecommenderDescription
    ) throws(FunctionError) {
        do throws(BundleError) {
            for key in question.keys { try add(key, model) }
        } catch {
            guard error.code == .inconsistent else {
                throw FunctionError(.modelUnavailable, error.message, cause: error)
            }
            throw FunctionError(
                .badRequest,
                "the model knows no \(description.itemNoun) with the \(description.keyNoun) "
                    + error.message)
        }
    }

    /// The items of a question if the model has learned all of them and they are known without
    /// a look at the disk.
    init?(known question: Question, in model: RecommenderModel) {
        for key in question.keys {
            guard let index = model.knownIndex(of: key) else { return nil }
            indices.append(index)
        }
        chosen = indices
    }

    private mutating func add(
        _ key: Question.Key, _ model: RecommenderModel
    ) throws(BundleError) {
        if let index = try model.index(of: key) {
            indices.append(index)
            chosen.append(index)
            return
        }
        let catalogue = model.bundle.catalogue
        guard let item = try catalogue.unlearnedItem(ofFirst: key.spellings) else {
            throw BundleError(.inconsistent, Question.shown(key.written))
        }
        var likeness = Likeness.author
        var found = try catalogue.items(byAuthor: item.author, limit: Self.candidatesMax)
        found = Array(model.byReaders(found).prefix(Self.neighboursMax))
        if found.isEmpty {
            likeness = .title
            found = try catalogue.items(likeTitle: item.title, limit: Self.neighboursMax)
        }
        let neighbours = found.map { ItemIndex($0) }
        indices += neighbours
        strangers.append(
            Stranger(
                item: item, neighbours: neighbours, likeness: found.isEmpty ? nil : likeness))
    }

    /// The stranger that an item stands in for, unless the item was chosen itself.
    func stranger(behind item: ItemIndex) -> Stranger? {
        guard !chosen.contains(item) else { return nil }
        return strangers.first { $0.neighbours.contains(item) }
    }
}
