import BundleFormat
import Foundation
import Identifiers
import JSON
import Retrieval
import TestSupport
import Testing
import Training

@Suite struct RatingPipelineTests {
    private static let recipeNames = ["ratings-dot", "ratings-mlp"]

    private static func outcome(
        _ recipe: RatingRecipe, warmStart: ModelBundle? = nil, checkpoint: String? = nil,
        stopAfter: Int = .max
    ) throws -> RatingPipeline.Outcome {
        var reports = 0
        return try RatingPipeline(recipe: recipe, interactions: .stars).run(
            context: .stars, warmStart: warmStart, checkpointPath: checkpoint
        ) { _ in
            reports += 1
            return reports <= stopAfter
        }
    }

    @Test(arguments: recipeNames)
    func `tastes are learned, far better than means know them`(name: String) throws {
        let outcome = try Self.outcome(try RatingRecipe.small(name, ["epochs": 60, "patience": 0]))

        let means = try #require(outcome.quality.dropLast().last?.mse)
        let model = try #require(outcome.quality.last?.mse)
        #expect(model < 0.4 * means)
        #expect(outcome.epochs.allSatisfy { $0.validation != nil })
        #expect(
            outcome.epochs.min { ($0.validation ?? 9) < ($1.validation ?? 9) }?.epoch
                == outcome.bestEpoch)
    }

    @Test(arguments: recipeNames)
    func `the bundle opens, predicts as it was judged and passes its golden queries`(
        name: String
    ) throws {
        let directory = try TemporaryDirectory()
        let outcome = try Self.outcome(try RatingRecipe.small(name))

        try outcome.draft.write(to: directory.file("bundle"))
        let bundle = try ModelBundle(directory: directory.file("bundle"))
        let model = try RatingModel(bundle: bundle)

        let test = RatingSplit(.stars, validationShare: 0.05).test
        let errors = (0..<test.count).map { row in
            let prediction = model.predict(
                reader: ReaderIndex(rawValue: test.readers[row]),
                item: ItemIndex(rawValue: test.items[row]))
            return Double(prediction - test.ratings[row]) * Double(prediction - test.ratings[row])
        }
        let mse = errors.reduce(0, +) / Double(errors.count)
        #expect(abs(mse - (outcome.quality.last?.mse ?? 0)) < 1e-4)
        #expect(!bundle.golden.queries.isEmpty)
        for query in bundle.golden.queries {
            let reader = ReaderIndex(try #require(query.reader))
            let answer = model.topItems(for: reader, limit: query.expected.count)
            #expect(bundle.golden.isMet(query, by: answer.map(\.item.place)))
        }
    }

    @Test func `a reader's own ratings come back in half stars, and none of them is recommended`()
        throws
    {
        let directory = try TemporaryDirectory()
        try Self.outcome(try RatingRecipe.small("ratings-dot")).draft.write(
            to: directory.file("bundle"))
        let bundle = try ModelBundle(directory: directory.file("bundle"))
        let model = try RatingModel(bundle: bundle)
        let reader = ReaderIndex(try #require(try bundle.catalogue.reader(withKey: "reader 7")))

        let rated = model.ratedItems(of: reader)
        let top = model.topItems(for: reader, limit: 30)

        let known = RatingSplit(.stars, validationShare: 0).known
        let expected = (0..<known.count).filter { known.readers[$0] == reader.rawValue }
        #expect(
            Dictionary(uniqueKeysWithValues: rated.map { ($0.item.rawValue, $0.rating) })
                == Dictionary(
                    uniqueKeysWithValues: expected.map { (known.items[$0], known.ratings[$0]) }))
        #expect(rated.map(\.rating) == rated.map(\.rating).sorted(by: >))
        #expect(Set(top.map(\.item)).isDisjoint(with: rated.map(\.item)))
        #expect(top.count == 30 - rated.count)
        #expect(try bundle.catalogue.reader(withKey: "nobody") == nil)
    }

    @Test(arguments: recipeNames)
    func `the same rows, recipe and seed give the same bundle`(name: String) throws {
        let directory = try TemporaryDirectory()

        for copy in ["one", "two"] {
            try Self.outcome(try RatingRecipe.small(name)).draft.write(to: directory.file(copy))
        }
        try Self.outcome(try RatingRecipe.small(name, ["seed": 43])).draft.write(
            to: directory.file("other"))

        let digests = try ["one", "two", "other"].map {
            try ModelBundle(directory: directory.file($0)).manifest
                .blob(named: BundleFile.weights)?.digest
        }
        #expect(digests[0] == digests[1])
        #expect(digests[0] != digests[2])
    }

    /// A small run reports once an epoch: stopped in the first training, or in the
    /// second of them that learns from the validation rows too.
    @Test(arguments: recipeNames, [1, 3, 7])
    func `a training that was stopped goes on and ends with the same bytes`(
        name: String, reports: Int
    ) throws {
        let directory = try TemporaryDirectory()
        // Slow enough that the last epochs are the best, so that the second training is long.
        let recipe = try RatingRecipe.small(name, ["patience": 0, "learning_rate": 0.001])
        let checkpoint = directory.file("state")

        let error = #expect(throws: TrainingError.self) {
            try Self.outcome(recipe, checkpoint: checkpoint, stopAfter: reports)
        }
        let resumed = try Self.outcome(recipe, checkpoint: checkpoint)
        try resumed.draft.write(to: directory.file("resumed"))
        let whole = try Self.outcome(recipe)
        try whole.draft.write(to: directory.file("whole"))

        #expect(error?.code == .cancelled)
        #expect(resumed.epochs == whole.epochs)
        #expect(
            try ModelBundle(directory: directory.file("resumed")).digest
                == ModelBundle(directory: directory.file("whole")).digest)
    }

    @Test func `a checkpoint of another recipe is refused`() throws {
        let directory = try TemporaryDirectory()
        let checkpoint = directory.file("state")
        _ = try Self.outcome(try RatingRecipe.small("ratings-dot"), checkpoint: checkpoint)

        let error = #expect(throws: TrainingError.self) {
            try Self.outcome(
                try RatingRecipe.small("ratings-dot", ["seed": 1]), checkpoint: checkpoint)
        }

        #expect(error?.code == .badCheckpoint)
    }

    @Test(arguments: recipeNames)
    func `a warm start begins where the former bundle ended`(name: String) throws {
        let directory = try TemporaryDirectory()
        let once: JSONObject = ["epochs": 1, "patience": 0, "refit": false]
        let former = try Self.outcome(try RatingRecipe.small(name, ["epochs": 40]))
        try former.draft.write(to: directory.file("former"))
        let bundle = try ModelBundle(directory: directory.file("former"))

        let cold = try Self.outcome(try RatingRecipe.small(name, once))
        let warm = try Self.outcome(try RatingRecipe.small(name, once), warmStart: bundle)

        #expect(warm.epochs[0].training < 0.5 * cold.epochs[0].training)
        #expect(warm.draft.provenance["warm_start"] == .string(bundle.digest.hex))
    }

    /// The network of the seeds' first document, whose output is rectified.
    @Test func `a rectified output learns, and is rectified again when the bundle is opened`()
        throws
    {
        let directory = try TemporaryDirectory()
        let recipe = try RatingRecipe.small(
            "ratings-relu-seed", ["hidden": [20], "epochs": 60, "validation_share": 0.05])

        let outcome = try Self.outcome(recipe)
        try outcome.draft.write(to: directory.file("bundle"))
        let model = try RatingModel(bundle: ModelBundle(directory: directory.file("bundle")))

        let quality = try #require(outcome.quality.last)
        let means = try #require(outcome.quality.dropLast().last)
        #expect(quality.mse < 0.4 * means.mse)
        #expect(model.parts.layers.map(\.isRectified) == [true, true])
        let split = RatingSplit(.stars, validationShare: 0)
        let report = try RatingEvaluation.report(
            bundle: ModelBundle(directory: directory.file("bundle")),
            split: RatingSplitFiles(split, of: .stars))
        #expect(abs((report.quality.last?.mse ?? 0) - quality.mse) < 1e-4)
    }

    @Test func `ratings that are all the same are refused`() throws {
        var same = Interactions.stars
        same.rowRatings = same.rowRatings.map { _ in 1 }

        let error = #expect(throws: TrainingError.self) {
            try RatingPipeline(recipe: RatingRecipe.small("ratings-dot"), interactions: same)
        }

        #expect(error?.code == .notEnoughData)
        #expect(error?.message.contains("the same") == true)
    }

    @Test func `a warm start of another shape is refused`() throws {
        let directory = try TemporaryDirectory()
        try Self.outcome(try RatingRecipe.small("ratings-dot")).draft.write(
            to: directory.file("former"))
        let bundle = try ModelBundle(directory: directory.file("former"))

        let error = #expect(throws: TrainingError.self) {
            try Self.outcome(try RatingRecipe.small("ratings-mlp"), warmStart: bundle)
        }

        #expect(error?.code == .badRecipe)
    }

    @Test func `patience ends a training that no longer gets better`() throws {
        let outcome = try Self.outcome(
            try RatingRecipe.small(
                "ratings-dot", ["epochs": 500, "patience": 3, "learning_rate": 0.1]))

        #expect(outcome.epochs.count < 500)
        #expect(outcome.epochs.count == outcome.bestEpoch + 3)
    }

    @Test func `a training that diverges says so`() throws {
        var object = try RatingRecipe.small("ratings-dot").source
        object["optimiser"] = "sgd"
        object["learning_rate"] = 10
        for name in ["beta1", "beta2", "epsilon"] { object[name] = nil }
        let recipe = try #require(try RatingRecipe(object))

        let error = #expect(throws: TrainingError.self) { try Self.outcome(recipe) }

        #expect(error?.code == .diverged)
    }

    @Test(
        arguments: recipeNames + ["ratings-dot-seed", "ratings-mlp-seed", "ratings-relu-seed"])
    func `the shipped recipes are read`(name: String) throws {
        let recipe = try #require(try RatingRecipe(try RatingRecipe.shipped(name)))

        #expect(recipe.model == name)
    }

    private static let outOfBounds: [(String, String, JSONValue?)] = [
        ("ratings-dot", "dimensions", 0), ("ratings-dot", "batch", 0),
        ("ratings-dot", "optimiser", "adamw"), ("ratings-dot", "beta1", 1),
        ("ratings-dot", "beta2", 0.5), ("ratings-dot", "hidden", [3]),
        ("ratings-dot", "biases", nil), ("ratings-dot", "l2", -1),
        ("ratings-dot", "validation_share", 0), ("ratings-dot", "validation_share", 0.6),
        ("ratings-mlp", "hidden", [0]), ("ratings-mlp", "hidden", 128),
        ("ratings-mlp", "output_relu", nil), ("ratings-mlp", "biases", true),
        ("ratings-mlp", "expected_mse_max", nil),
    ]

    @Test(arguments: outOfBounds)
    func `a member out of bounds is refused by name`(
        recipe: String, name: String, value: JSONValue?
    ) throws {
        var object = try RatingRecipe.shipped(recipe)
        object[name] = value

        let error = #expect(throws: TrainingError.self) { try RatingRecipe(object) }

        #expect(error?.code == .badRecipe)
        #expect(error?.message.contains(name == "beta2" ? "beta1" : name) == true)
    }

    @Test func `too little data is refused with its counts`() throws {
        let error = #expect(throws: TrainingError.self) {
            try RatingPipeline(
                recipe: try RatingRecipe.small("ratings-dot"),
                interactions: Interactions(rows: [("a", "x", 5)]))
        }

        #expect(error?.code == .notEnoughData)
    }
}
