import BundleFormat
import JSON
import Retrieval
import TestSupport
import Testing

@testable import Recommendation

/// A recommender of plain keys, to ask questions of.
private let description = RecommenderDescription(
    project: "p", modelName: "books", database: "d", itemNoun: "book", keyNoun: "ISBN",
    searchRoute: "books", inputField: "isbns",
    spellings: { value in value.stringValue.map { [$0] } }, record: { _ in [:] },
    reason: { ["isbn": .string($0.key)] }, logRow: { _, _ in [:] }, tables: [], page: [])

@Suite struct LikedItemsTests {
    private let directory: TemporaryDirectory
    private let model: RecommenderModel

    init() throws {
        directory = try TemporaryDirectory()
        var draft = SmallBundle.draft(version: 1)
        draft.catalogue.items[3].title = "The Lighthouse Keeper"
        draft.catalogue.unlearned = [
            CatalogueItem(key: "new-even", title: "Never rated", author: "EVE  EVEN."),
            CatalogueItem(key: "new-light", title: "A Lighthouse at Night", author: "Nobody Else"),
            CatalogueItem(key: "new-alone", title: "Xyzzy", author: "Nobody Else"),
        ]
        let path = directory.url.appendingPathComponent("bundle").path
        try draft.write(to: path)
        model = try RecommenderModel(ModelBundle(directory: path), for: description)
    }

    private func question(_ keys: [String], _ more: JSONObject = [:]) throws -> Question {
        var body = more
        body["isbns"] = .array(keys.map { .string($0) })
        return try Question(parsing: JSONValue.object(body).encoded(), description)
    }

    private func answer(_ keys: [String]) throws -> (LikedItems, [RankedItem]) {
        let question = try question(keys)
        let liked = try LikedItems(question, in: model, description)
        return (liked, model.answer(question, liked: liked))
    }

    @Test func `an item that was not learned is spoken for by others of its author`() throws {
        let (liked, answer) = try answer(["new-even", SmallBundle.isbn(0), SmallBundle.isbn(6)])

        let stranger = try #require(liked.strangers.first)
        #expect(stranger.likeness == .author)
        #expect(stranger.neighbours.count == 3)
        #expect(stranger.neighbours.allSatisfy { $0.place.isMultiple(of: 2) })
        #expect(answer.first?.item == stranger.neighbours.first)
        let reasons = Reasons(
            liked, try model.records(of: liked.chosen), description)
        #expect(
            answer.first.flatMap(reasons.reason)
                == Array(#"{"isbn":"new-even","by":"author"}"#.utf8))
    }

    @Test func `without others of its author a like title speaks for it`() throws {
        let (liked, _) = try answer(["new-light", SmallBundle.isbn(1), SmallBundle.isbn(5)])

        let stranger = try #require(liked.strangers.first)
        #expect(stranger.likeness == .title)
        #expect(stranger.neighbours.map(\.place) == [3])
    }

    @Test func `questions of which nothing is known get what most readers chose`() throws {
        let (liked, answer) = try answer(["new-alone", "new-alone", "new-alone"])

        #expect(liked.indices.isEmpty)
        #expect(answer.count == 10)
        let reasons = Reasons(liked, [], description)
        #expect(answer.allSatisfy { reasons.reason(of: $0) == nil })
    }

    @Test func `a key that is neither learned nor described is refused by name`() throws {
        let question = try question(["new-even", "gone", SmallBundle.isbn(0)])

        let error = #expect(throws: (any Error).self) {
            try LikedItems(question, in: model, description)
        }

        #expect("\(String(describing: error))".contains("gone"))
    }

    @Test func `surprise brings what fewer readers have`() throws {
        let keys = [0, 6, 12].map(SmallBundle.isbn)
        func readers(_ surprise: JSONValue) throws -> Int {
            let question = try question(keys, ["surprise": surprise, "limit": 3])
            let liked = try LikedItems(question, in: model, description)
            let items = model.answer(question, liked: liked).map(\.item.place)
            return items.reduce(0) { $0 + model.readerCount(of: $1) }
        }

        #expect(try readers(1) <= readers(0))
    }

    @Test(arguments: [["surprise": 2], ["surprise": "much"], ["series_max": 0]] as [JSONObject])
    func `an option out of bounds is refused`(option: JSONObject) {
        #expect(throws: (any Error).self) { try question(["a", "b", "c"], option) }
    }
}
