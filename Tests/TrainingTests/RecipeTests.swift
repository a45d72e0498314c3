import Foundation
import JSON
import Retrieval
import Testing
import Training

@Suite struct RecipeTests {
    static func shipped(_ name: String = "books") throws -> JSONObject {
        let file = Places.repository.appendingPathComponent("Models/Recipes/\(name).json")
        let value = try JSONValue(parsing: [UInt8](try Data(contentsOf: file)))
        return try #require(value.objectValue)
    }

    private func recipe(_ name: String, _ value: JSONValue?) throws -> Recipe {
        var object = try Self.shipped()
        object[name] = value
        return try Recipe(object)
    }

    @Test func `the shipped recipe is read with all that it says`() throws {
        let recipe = try recipe("model", "books")

        #expect(recipe.model == "books")
        var settings = TwoTowerSettings()
        settings.epochs = 1
        #expect(recipe.settings == .twoTower(settings))
        #expect(recipe.bundleBytesMax == 30_000_000)
        #expect(recipe.split == ReaderSplit.Rules(likedRatingMin: 5, draws: 2))
        #expect(recipe.candidates.contains(.nearestReader))
        #expect(recipe.source["seed"] == 42)
    }

    @Test func `the protocol's recipe differs in the data that it takes and in what it expects`()
        throws
    {
        let file = Places.repository.appendingPathComponent("Models/Recipes/books-protocol.json")
        let value = try JSONValue(parsing: [UInt8](try Data(contentsOf: file)))
        let recipe = try Recipe(try #require(value.objectValue))
        let books = try self.recipe("model", "books")

        #expect(!recipe.mergesEditions && !recipe.requiresTitles)
        #expect(recipe.settings == books.settings)
        #expect(recipe.candidates == books.candidates)
    }

    private static let outOfBounds: [(String, JSONValue)] = [
        ("dimensions", 0), ("dimensions", 257), ("batch", 1), ("batch", 65_537), ("epochs", 0),
        ("draws_per_item", 0), ("query_items", 17), ("learning_rate", 0), ("learning_rate", 11),
        ("seed", -1), ("liked_rating_min", -1), ("evaluation_draws", 0), ("merge_editions", 1),
        ("require_titles", "yes"), ("expected_ndcg_min", 1.5), ("serving", []),
        ("serving", ["nearest-reader"]), ("serving", [["rule": "oracle"]]), ("kind", "oracle"),
        ("model", ""), ("dimensions", 2.5), ("batch", "1024"),
    ]

    @Test(arguments: outOfBounds)
    func `a member out of bounds is refused by name`(name: String, value: JSONValue) {
        let error = #expect(throws: TrainingError.self) { try recipe(name, value) }

        #expect(error?.code == .badRecipe)
        #expect(error?.message.contains(name) == true)
    }

    private static let itemKinds: [(kind: JSONValue, members: JSONObject)] = [
        (
            "item-factors",
            [
                "epochs": 3, "dimensions": 8, "regularisation": 0.01, "unobserved": 0.5,
                "scaling": 1, "grade": 0, "disliked": 0, "unrated": 0, "seed": 1,
            ]
        ),
        (
            "item-neighbours",
            [
                "neighbours": 50, "activity": 0.5, "source": 0.5, "target": 0.5, "shrink": 10,
                "grade": 1, "disliked": 0.5, "unrated": 0.5,
            ]
        ),
    ]

    private func recipe(kind: JSONValue, _ members: JSONObject) throws -> Recipe {
        var object: JSONObject = [
            "model": "books", "kind": kind, "liked_rating_min": 5, "merge_editions": false,
            "require_titles": false, "evaluation_draws": 1, "expected_ndcg_min": 0,
            "serving": [["rule": "popularity"]],
        ]
        for member in members.members { object[member.name] = member.value }
        return try Recipe(object)
    }

    @Test(arguments: itemKinds)
    func `each kind has its own members, all of them needed`(
        kind: JSONValue, members: JSONObject
    ) throws {
        #expect(try recipe(kind: kind, members).settings.kind.rawValue == kind.stringValue)
        for name in members.names {
            var fewer = members
            fewer[name] = nil
            #expect(throws: TrainingError.self) { try recipe(kind: kind, fewer) }
        }
    }

    @Test func `a member of another kind is unknown`() {
        var members = Self.itemKinds[0].members
        members["shrink"] = 1

        let error = #expect(throws: TrainingError.self) {
            try recipe(kind: "item-factors", members)
        }

        #expect(error?.message.contains("unknown member \"shrink\"") == true)
    }

    @Test func `the size limit and the grid may be said`() throws {
        var members = Self.itemKinds[1].members
        members["bundle_bytes_max"] = 1_000
        members["grid"] = ["shrink": [0, 10, 100], "serving.damping": [0, 0.1]]

        let recipe = try recipe(kind: "item-neighbours", members)

        #expect(recipe.bundleBytesMax == 1_000)
        #expect(recipe.grid?.count == 6)
    }

    private static let bounds: [(String, JSONValue)] = [
        ("dimensions", 1), ("dimensions", 256), ("batch", 2), ("batch", 65_536), ("seed", 0),
        ("liked_rating_min", 0), ("liked_rating_min", 4.5), ("expected_ndcg_min", 0),
        ("expected_ndcg_min", 1),
    ]

    @Test(arguments: bounds)
    func `a member at its bound is accepted`(name: String, value: JSONValue) throws {
        #expect(try recipe(name, value).source[name] == value)
    }

    @Test(arguments: try shipped().names)
    func `a missing member is refused by name`(name: String) {
        let error = #expect(throws: TrainingError.self) { try recipe(name, nil) }

        #expect(error?.message.contains(name) == true)
    }

    @Test func `an unknown member is refused by name`() {
        let error = #expect(throws: TrainingError.self) { try recipe("learing_rate", 0.1) }

        #expect(error?.message.contains("learing_rate") == true)
    }

    @Test(arguments: ["", "[]", "{", "{\"model\": \"a\", \"model\": \"b\"}"])
    func `a text that is no JSON object is refused`(text: String) {
        let error = #expect(throws: TrainingError.self) { try AnyRecipe(parsing: Array(text.utf8)) }

        #expect(error?.code == .badRecipe)
    }
}
