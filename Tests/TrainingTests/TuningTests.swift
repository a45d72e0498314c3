import JSON
import Retrieval
import Testing
import Training

@Suite struct TuningTests {
    private let split = ReaderSplit(.tastes, rules: .init(likedRatingMin: 5, draws: 2))

    private func recipe(
        grid: JSONObject?, _ change: (inout JSONObject) -> Void = { _ in }
    ) throws -> Recipe {
        var object: JSONObject = [
            "model": "books", "kind": "item-neighbours", "liked_rating_min": 5,
            "merge_editions": false, "require_titles": false, "evaluation_draws": 2,
            "expected_ndcg_min": 0, "neighbours": 20, "activity": 0.5, "source": 0.5,
            "target": 0.5, "shrink": 1, "grade": 0, "disliked": 0, "unrated": 0,
            "serving": [
                ["rule": "item-sum", "locality": 1, "damping": 0], ["rule": "popularity"],
            ],
        ]
        object["grid"] = grid.map { .object($0) }
        change(&object)
        return try Recipe(object)
    }

    private func trials(
        _ recipe: Recipe, _ budget: Tuning.Budget = Tuning.Budget(), bytes: Int = 0
    ) throws -> (chosen: Recipe, trials: [Tuning.Trial]) {
        var trials: [Tuning.Trial] = []
        let (chosen, _) = try Tuning(recipe: recipe, split: split)
            .run(budget, catalogueBytes: bytes) { trial, _ in
                trials.append(trial)
                return true
            }
        return (chosen, trials)
    }

    @Test func `every combination is tried and the best on validation is chosen`() throws {
        let recipe = try recipe(grid: ["neighbours": [1, 20], "serving.damping": [0, 4, 0.5]])

        let (chosen, trials) = try trials(recipe)

        #expect(trials.count == 6)
        #expect(Set(trials.map(\.choice)).count == 6)
        let best = try #require(trials.max { $0.metrics.ndcgAt10 < $1.metrics.ndcgAt10 })
        let first = try #require(trials.first { $0.metrics.ndcgAt10 == best.metrics.ndcgAt10 })
        #expect(chosen.candidates == [first.rule])
        #expect(chosen.source["neighbours"] == first.choice["neighbours"])
        #expect(chosen.grid == nil)
    }

    @Test func `the trial of a combination is judged as a training of its recipe is`() throws {
        let recipe = try recipe(grid: ["shrink": [50]])

        let trial = try #require(try trials(recipe).trials.first)

        let same = try self.recipe(grid: nil) { $0["shrink"] = 50 }
        let model = try RankingTraining(split, same.settings) { _ in true }.model
        let metrics = same.candidates.compactMap { rule in
            (try? Recommender(model: model, rule: rule)).map {
                Evaluation.metrics(of: $0, on: split.validation, itemCount: split.items.count)
            }
        }
        #expect(trial.metrics.ndcgAt10 == metrics.map(\.ndcgAt10).max())
    }

    @Test func `a budget of runs draws that many trainings by its seed`() throws {
        let recipe = try recipe(grid: ["shrink": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]])

        func drawn(_ seed: UInt64) throws -> [JSONObject] {
            try trials(recipe, Tuning.Budget(runsMax: 3, seed: seed)).trials.map(\.choice)
        }

        #expect(try drawn(1).count == 3)
        #expect(try drawn(1) == drawn(1))
        #expect(try drawn(1) != drawn(2))
    }

    @Test func `no training begins after the time is over, but one always runs`() throws {
        let recipe = try recipe(grid: ["shrink": [0, 1, 2]])

        #expect(try trials(recipe, Tuning.Budget(secondsMax: 0)).trials.count == 1)
    }

    @Test func `what is larger than the limit cannot win`() throws {
        let recipe = try recipe(grid: ["neighbours": [1, 20]]) { $0["bundle_bytes_max"] = 10_000 }
        let (_, sizes) = try trials(try self.recipe(grid: ["neighbours": [1, 20]]))
        let (small, large) = (sizes[0].tensorBytes, sizes[1].tensorBytes)
        #expect(small < large)

        let (chosen, trials) = try trials(recipe, bytes: 10_000 - small)

        #expect(trials.map(\.fits) == [true, false])
        #expect(chosen.source["neighbours"] == 1)
        let error = #expect(throws: TrainingError.self) {
            try self.trials(recipe, bytes: 10_001 - small)
        }
        #expect(error?.message.contains("10000") == true)
    }

    private static let impossible: [JSONObject] = [
        ["learning_rate": [0.1]], ["serving.sharpness": [1]], ["shrink": [-1]], ["shrink": []],
        ["shrink": 3], ["kind": ["item-factors"]], ["liked_rating_min": [1]],
    ]

    @Test(arguments: impossible)
    func `an axis that no recipe could have is refused before the first training`(
        grid: JSONObject
    ) throws {
        let error = #expect(throws: TrainingError.self) {
            _ = try Tuning(recipe: try recipe(grid: grid), split: split)
        }

        #expect(error?.code == .badRecipe)
    }

    @Test func `settings within a blend are varied too`() throws {
        let recipe = try recipe(grid: ["serving.damping": [0.25]]) {
            $0["serving"] = [
                [
                    "rule": "blend",
                    "parts": [["rule": "item-sum", "weight": 1, "locality": 1, "damping": 0]],
                ]
            ]
        }

        let rule = try #require(try trials(recipe).trials.first).rule

        #expect(
            rule == .blend([BlendPart(weight: 1, rule: .itemSum(ItemSum(damping: 0.25)))]))
    }

    @Test func `a recipe without a grid is refused`() throws {
        #expect(throws: TrainingError.self) {
            try Tuning(recipe: try recipe(grid: nil), split: split)
        }
    }

    @Test func `a search that is told to stop stops at once`() throws {
        let tuning = try Tuning(recipe: try recipe(grid: ["shrink": [0, 1]]), split: split)

        let error = #expect(throws: TrainingError.self) {
            try tuning.run(Tuning.Budget(), catalogueBytes: 0) { _, _ in false }
        }

        #expect(error?.code == .cancelled)
    }
}
