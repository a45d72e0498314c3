import JSON
import Testing
import Training

@Suite struct RatingTuningTests {
    private static func recipe(
        _ grid: JSONObject?, _ changes: JSONObject = [:]
    ) throws -> RatingRecipe {
        var source = try RatingRecipe.small("ratings-dot", changes).source
        source["grid"] = grid.map { .object($0) }
        return try #require(try RatingRecipe(source))
    }

    private static func split(_ share: Double = 0.05) -> RatingSplit {
        RatingSplit(.stars, validationShare: share)
    }

    private static func search(
        _ recipe: RatingRecipe, _ budget: Tuning.Budget = Tuning.Budget(),
        on split: RatingSplit = split()
    ) throws -> (chosen: RatingRecipe, trials: [RatingTuning.Trial]) {
        var trials: [RatingTuning.Trial] = []
        let (chosen, _) = try RatingTuning(recipe: recipe, split: split).run(
            budget, progress: { _, _ in true },
            report: { trial, _ in
                trials.append(trial)
                return true
            })
        return (chosen, trials)
    }

    @Test func `every combination is tried and the smallest error on validation is chosen`() throws
    {
        let recipe = try Self.recipe(["dimensions": [1, 4], "l2": [0.01, 1, 5]])

        let (chosen, trials) = try Self.search(recipe)

        #expect(Set(trials.map(\.choice)).count == 6)
        let best = try #require(trials.min { $0.quality.mse < $1.quality.mse })
        #expect(chosen.source["dimensions"] == best.choice["dimensions"])
        #expect(chosen.source["l2"] == best.choice["l2"])
        #expect(chosen.grid == nil && chosen.source["grid"] == nil)
        #expect(Set(trials.map(\.quality.mse)).count > 1)
    }

    @Test(arguments: [0, 2]) func `a trial is judged by the epoch that its training ends with`(
        patience: Int
    ) throws {
        let recipe = try Self.recipe(["l2": [0.02]], ["patience": JSONValue(patience)])

        let trial = try #require(try Self.search(recipe).trials.first)

        let same = try Self.recipe(nil, ["patience": JSONValue(patience), "l2": 0.02])
        let outcome = try RatingPipeline(recipe: same, interactions: .stars)
            .run(context: .stars) { _ in true }
        #expect(trial.epoch == outcome.bestEpoch)
        let validation = try #require(outcome.epochs[outcome.bestEpoch - 1].validation)
        #expect(abs(trial.quality.mse - validation) < 1e-6)
    }

    /// The choice may not depend on what it is judged by in the end.
    @Test func `test rows make no difference`() throws {
        let recipe = try Self.recipe(["l2": [0.01, 1]])
        var other = Interactions.stars
        let test = RatingSplit(.stars, validationShare: 0.05).test
        let tested = Set((0..<test.count).map { [test.readers[$0], test.items[$0]] })
        for row in other.rowRatings.indices
        where tested.contains([other.rowReaders[row].rawValue, other.rowItems[row].rawValue]) {
            other.rowRatings[row] = 5.5 - other.rowRatings[row]
        }

        let trials = try Self.search(recipe).trials
        let others = try Self.search(
            recipe, on: RatingSplit(other, validationShare: 0.05)
        ).trials

        #expect(trials.map(\.quality) == others.map(\.quality))
    }

    @Test func `the pipeline goes on with what was found, and the bundle tells`() throws {
        var pipeline = try RatingPipeline(
            recipe: Self.recipe(["l2": [5, 0.01]]), interactions: .stars)

        try pipeline.tune(
            Tuning.Budget(), progress: { _, _ in true }, report: { _, _ in true })
        let draft = try pipeline.run(context: .stars) { _ in true }.draft

        #expect(pipeline.recipe.settings.l2 == 0.01)
        let tuning = try #require(draft.provenance["tuning"])
        #expect(tuning["chosen"] == ["l2": 0.01])
        #expect(tuning["trials"] == 2)
        #expect(draft.provenance["recipe"]?["l2"] == 0.01)
    }

    @Test func `a budget of runs is kept`() throws {
        let recipe = try Self.recipe(["l2": [0, 0.1, 0.2, 0.3], "dimensions": [1, 2]])

        let trials = try Self.search(recipe, Tuning.Budget(runsMax: 3)).trials

        #expect(trials.count == 3)
    }

    @Test func `a combination that diverges loses, and does not end the search`() throws {
        var source = try Self.recipe(["learning_rate": [10, 0.01]]).source
        source["optimiser"] = "sgd"
        for name in ["beta1", "beta2", "epsilon"] { source[name] = nil }
        let recipe = try #require(try RatingRecipe(source))

        let (chosen, trials) = try Self.search(recipe)

        #expect(trials.count == 1)
        #expect(chosen.settings.learningRate == 0.01)
    }

    private static let impossible: [JSONObject] = [
        ["hidden": [[3]]], ["serving.damping": [1]], ["dimensions": [0]], ["dimensions": []],
        ["validation_share": [0.1]], ["refit": [true]], ["kind": ["rating-mlp"]],
        ["expected_mse_max": [1]],
    ]

    @Test(arguments: impossible)
    func `an axis that no recipe could have is refused before the first training`(
        grid: JSONObject
    ) {
        let error = #expect(throws: TrainingError.self) {
            _ = try RatingTuning(recipe: Self.recipe(grid), split: Self.split())
        }

        #expect(error?.code == .badRecipe)
    }

    @Test func `without validation rows, or without a grid, there is nothing to search`() throws {
        let grid: JSONObject = ["l2": [0, 1]]

        #expect(throws: TrainingError.self) {
            try RatingTuning(recipe: Self.recipe(grid), split: Self.split(0))
        }
        #expect(throws: TrainingError.self) {
            try RatingTuning(recipe: Self.recipe(nil), split: Self.split())
        }
    }

    @Test(arguments: [true, false])
    func `a search that is told to stop stops, within a training or after it`(
        within: Bool
    ) throws {
        let tuning = try RatingTuning(
            recipe: Self.recipe(["l2": [0, 1]]), split: Self.split())

        let error = #expect(throws: TrainingError.self) {
            try tuning.run(
                Tuning.Budget(), progress: { _, _ in !within }, report: { _, _ in false })
        }

        #expect(error?.code == .cancelled)
    }

    @Test(arguments: ["ratings-dot", "ratings-mlp"])
    func `the grids that come with the program are possible`(name: String) throws {
        let recipe = try #require(try RatingRecipe(try RatingRecipe.shipped(name)))

        #expect(throws: Never.self) {
            try RatingTuning(recipe: recipe, split: Self.split())
        }
    }
}
