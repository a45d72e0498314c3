import BundleFormat
import Foundation
import Identifiers
import JSON
import Retrieval
import TestSupport
import Testing
import Training

@Suite struct TrainingPipelineTests {
    private static func recipe() throws -> Recipe {
        var object = try RecipeTests.shipped()
        object["dimensions"] = 8
        object["batch"] = 32
        object["draws_per_item"] = 1
        object["epochs"] = 4
        return try Recipe(object)
    }

    private func context(_ interactions: Interactions) -> TrainingPipeline.Context {
        TrainingPipeline.Context(
            version: 3, created: Date(timeIntervalSince1970: 1_700_000_000),
            items: interactions.items.map {
                CatalogueItem(key: $0, title: "Title of \($0)", author: "Author")
            },
            aliases: [("OTHEREDITION", ItemIndex(0))])
    }

    private func outcome() throws -> TrainingPipeline.Outcome {
        let pipeline = try TrainingPipeline(recipe: try Self.recipe(), interactions: .tastes)
        return try pipeline.run(context: context(.tastes)) { _ in true }
    }

    @Test func `the bundle opens, knows its books and passes its golden queries`() throws {
        let directory = try TemporaryDirectory()

        try outcome().draft.write(to: directory.file("bundle"))
        let bundle = try ModelBundle(directory: directory.file("bundle"))
        let recommender = try Recommender(bundle: bundle)

        #expect(bundle.manifest.version == 3)
        #expect(try bundle.catalogue.index(ofFirst: ["ITEM7"]) != nil)
        #expect(!bundle.golden.queries.isEmpty)
        for query in bundle.golden.queries {
            let answer = recommender.recommend(
                for: query.items.map { ItemIndex($0) }, limit: query.expected.count)
            #expect(bundle.golden.isMet(query, by: answer.map(\.item.place)))
        }
    }

    @Test func `a warm start begins where the former bundle ended`() throws {
        let directory = try TemporaryDirectory()
        try outcome().draft.write(to: directory.file("former"))
        let former = try ModelBundle(directory: directory.file("former"))
        let pipeline = try TrainingPipeline(recipe: try Self.recipe(), interactions: .tastes)

        let cold = try outcome()
        let warm = try pipeline.run(context: context(.tastes), warmStart: former) { _ in true }

        #expect(try #require(warm.curve.first).loss < #require(cold.curve.first).loss - 0.2)
        #expect(warm.draft.provenance["warm_start"] == .string(former.digest.hex))
    }

    private static func items(_ recipe: String, epochs: Int? = nil) throws -> TrainingPipeline {
        var object = try RecipeTests.shipped(recipe)
        if let epochs {
            object["dimensions"] = 6
            object["epochs"] = .init(epochs)
        }
        object["liked_rating_min"] = 5
        let recipe = try Recipe(object)
        return try TrainingPipeline(recipe: recipe, interactions: .tastes)
    }

    @Test func `a factorisation begins with the former bundle's items`() throws {
        let directory = try TemporaryDirectory()
        let short = try Self.items("goodbooks-factors", epochs: 1)
        let long = try Self.items("goodbooks-factors", epochs: 40)
        let trained = try long.run(context: context(.tastes)) { _ in true }
        try trained.draft.write(to: directory.file("former"))
        let former = try ModelBundle(directory: directory.file("former"))

        let cold = try short.run(context: context(.tastes)) { _ in true }
        let warm = try short.run(context: context(.tastes), warmStart: former) { _ in true }

        let end = try #require(trained.curve.last).loss
        #expect(try #require(cold.curve.first).loss > 1.2 * end)
        #expect(try #require(warm.curve.first).loss < 1.01 * end)
        #expect(warm.draft.provenance["warm_start"] == .string(former.digest.hex))
    }

    @Test(arguments: [("goodbooks", "computed anew"), ("goodbooks-factors", "of kind two-tower")])
    func `a kind that cannot begin with the former bundle says why`(
        recipe: String, reason: String
    ) throws {
        let directory = try TemporaryDirectory()
        try outcome().draft.write(to: directory.file("former"))
        let former = try ModelBundle(directory: directory.file("former"))

        let error = #expect(throws: TrainingError.self) {
            try Self.items(recipe).run(context: context(.tastes), warmStart: former) { _ in true }
        }

        #expect(error?.code == .badRecipe)
        #expect(error?.message.contains(reason) == true)
    }

    @Test func `another edition of a book leads to the book`() throws {
        let directory = try TemporaryDirectory()

        try outcome().draft.write(to: directory.file("bundle"))
        let catalogue = try ModelBundle(directory: directory.file("bundle")).catalogue

        let index = try catalogue.index(ofFirst: [Interactions.tastes.items[0]])
        #expect(index != nil)
        #expect(try catalogue.index(ofFirst: ["OTHEREDITION"]) == index)
    }

    @Test func `the same data and seed give the same bundle`() throws {
        let directory = try TemporaryDirectory()

        try outcome().draft.write(to: directory.file("one"))
        try outcome().draft.write(to: directory.file("two"))

        let one = try ModelBundle(directory: directory.file("one"))
        let two = try ModelBundle(directory: directory.file("two"))
        #expect(one.digest == two.digest)
    }

    @Test func `what serves was the best on validation and beats popularity by far`() throws {
        let outcome = try outcome()

        let served = try ServingRule(outcome.draft.serving)
        let best = outcome.candidates.map(\.ndcg).max()
        #expect(outcome.candidates.first { $0.rule == served }?.ndcg == best)
        let popularity = try #require(outcome.quality.first?.metrics)
        let quality = try #require(outcome.quality.last?.metrics)
        #expect(quality.ndcgAt10 > 2 * popularity.ndcgAt10)
        #expect(quality.ndcgAt10 > 0.4)
    }

    @Test func `readers who are held out are not in the bundle`() throws {
        let split = ReaderSplit(.tastes, rules: try Self.recipe().split)

        let draft = try outcome().draft

        #expect(draft.catalogue.readers == split.readers)
        #expect(draft.catalogue.readers.count < Interactions.tastes.readers.count)
    }

    @Test func `a bundle judged on the files of its split has the quality of its manifest`() throws
    {
        let directory = try TemporaryDirectory()
        let outcome = try outcome()
        try outcome.draft.write(to: directory.file("bundle"))
        for (name, text) in ReaderSplit(.tastes, rules: try Self.recipe().split).files() {
            try text.write(toFile: directory.file(name), atomically: true, encoding: .utf8)
        }

        let report = try Evaluation.report(
            bundle: try ModelBundle(directory: directory.file("bundle")),
            split: try SplitFiles(directory: directory.path))

        #expect(report.map(\.method) == outcome.quality.map(\.method))
        #expect(report.map(\.metrics.json) == outcome.quality.map(\.metrics.json))
    }

    @Test func `a training that is stopped leaves nothing`() throws {
        let pipeline = try TrainingPipeline(recipe: try Self.recipe(), interactions: .tastes)

        let error = #expect(throws: TrainingError.self) {
            try pipeline.run(context: context(.tastes)) { _ in false }
        }

        #expect(error?.code == .cancelled)
    }

    @Test func `too little data is refused with its counts`() throws {
        let error = #expect(throws: TrainingError.self) {
            try TrainingPipeline(
                recipe: try Self.recipe(), interactions: Interactions(rows: [("a", "x", 9)]))
        }

        #expect(error?.code == .notEnoughData)
        #expect(error?.message.contains("out of 1 rows") == true)
    }
}
