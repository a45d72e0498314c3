import BundleFormat
import Foundation
import Identifiers
import TestSupport
import Testing
import Training

@Suite struct RatingQualityTests {
    /// Errors of 1, -1, 2 and 0: squares 1, 1, 4, 0 and sizes 1, 1, 2, 0.
    @Test func `errors, their means and their intervals are those of the definition`() {
        let quality = RatingQuality(
            method: "m", predictions: [2, 1, 5, 3], ratings: [1, 2, 3, 3])

        #expect(quality.mse == 1.5)
        #expect(quality.mae == 1)
        #expect(quality.rmse == 1.5.squareRoot())
        #expect(abs(quality.mseConfidence - 1.96 * (3.0 / 4).squareRoot()) < 1e-12)
        #expect(abs(quality.maeConfidence - 1.96 * (2.0 / 3 / 4).squareRoot()) < 1e-12)
        #expect(abs(quality.rmseConfidence - quality.mseConfidence / 2 / quality.rmse) < 1e-12)
    }

    @Test func `without rows, or with one, there is no interval`() {
        let none = RatingQuality(method: "m", predictions: [], ratings: [])
        let one = RatingQuality(method: "m", predictions: [1], ratings: [3])

        #expect(none.mse == 0 && none.rmseConfidence == 0)
        #expect(one.mse == 4 && one.mseConfidence == 0)
    }
}

@Suite struct RatingEvaluationTests {
    private static func trained(_ name: String = "ratings-dot") throws -> (
        bundle: ModelBundle, pipeline: RatingPipeline, quality: [RatingQuality]
    ) {
        let directory = try TemporaryDirectory()
        let pipeline = try RatingPipeline(recipe: .small(name), interactions: .stars)
        let outcome = try pipeline.run(context: .stars) { _ in true }
        try outcome.draft.write(to: directory.file("bundle"))
        return (
            try ModelBundle(directory: directory.file("bundle")), pipeline, outcome.quality
        )
    }

    private static func write(
        _ files: RatingSplitFiles, except left: String = "", to directory: TemporaryDirectory
    ) throws {
        for file in files.files() where left.isEmpty || !file.name.contains(left) {
            try file.text.write(
                toFile: directory.file(file.name), atomically: true, encoding: .utf8)
        }
    }

    private func expect(_ found: [RatingQuality], _ expected: [RatingQuality]) {
        #expect(found.map(\.method) == expected.map(\.method))
        for (one, other) in zip(found, expected) {
            #expect(abs(one.mse - other.mse) < 1e-4)
            #expect(abs(one.mseConfidence - other.mseConfidence) < 1e-4)
            #expect(abs(one.mae - other.mae) < 1e-4)
        }
    }

    @Test(arguments: ["ratings-dot", "ratings-mlp"])
    func `a bundle is judged as its training judged it`(name: String) throws {
        let (bundle, pipeline, quality) = try Self.trained(name)

        let report = try RatingEvaluation.report(bundle: bundle, split: pipeline.files)

        expect(report.quality, quality)
        #expect(report.rowCount == pipeline.split.test.count)
        #expect(report.unknownRows == 0)
    }

    @Test(arguments: ["", "readers.tsv"])
    func `the files of a split judge the same, with and without their names`(left: String) throws {
        let directory = try TemporaryDirectory()
        let (bundle, pipeline, quality) = try Self.trained()
        try Self.write(pipeline.files, except: left, to: directory)

        let files = try RatingSplitFiles(directory: directory.path)
        let report = try RatingEvaluation.report(bundle: bundle, split: files)

        #expect((files.names == nil) == !left.isEmpty)
        expect(report.quality, quality)
    }

    @Test func `readers and items travel by name, and who is unknown gets the mean`() throws {
        let (bundle, _, _) = try Self.trained()
        var turned = Interactions.stars
        turned.readers[0] = "somebody else"
        turned.items.reverse()
        turned.rowItems = turned.rowItems.map { ItemIndex(turned.items.count - 1 - $0.place) }
        let split = RatingSplit(turned, validationShare: 0.05)

        let report = try RatingEvaluation.report(
            bundle: bundle, split: RatingSplitFiles(split, of: turned))

        let unknown = (0..<split.test.count).count { split.test.readers[$0] == 0 }
        #expect(report.unknownRows == unknown && unknown > 0)
        let means = try #require(report.quality.dropLast().last?.mse)
        let served = try #require(report.quality.last?.mse)
        #expect(served < means)
    }

    @Test func `a split of more readers than the bundle has is refused where names are missing`()
        throws
    {
        let directory = try TemporaryDirectory()
        let (bundle, _, _) = try Self.trained()
        try "0\t0\t5\n90\t1\t4\n".write(
            toFile: directory.file("rating.train.tsv"), atomically: true, encoding: .utf8)
        try "1\t2\t3\n".write(
            toFile: directory.file("rating.test.tsv"), atomically: true, encoding: .utf8)
        let files = try RatingSplitFiles(directory: directory.path)

        let error = #expect(throws: TrainingError.self) {
            try RatingEvaluation.report(bundle: bundle, split: files)
        }

        #expect(error?.code == .badSplit)
        #expect(error?.message.contains("91 readers") == true)
    }

    @Test func `a bundle that predicts no ratings is refused`() throws {
        let directory = try TemporaryDirectory()
        try SmallBundle.draft(version: 1).write(to: directory.file("bundle"))
        let bundle = try ModelBundle(directory: directory.file("bundle"))
        let files = RatingSplitFiles(RatingSplit(.stars, validationShare: 0), of: .stars)

        let error = #expect(throws: TrainingError.self) {
            try RatingEvaluation.report(bundle: bundle, split: files)
        }

        #expect(error?.code == .badSplit)
        #expect(error?.message.contains("two-tower") == true)
    }

    @Test(arguments: [
        ("rating.train.tsv", "0\t0\n"), ("rating.train.tsv", "-1\t0\t5\n"),
        ("rating.train.tsv", "0\t2147483647\t5\n"), ("rating.test.tsv", "0\t0\tnan\n"),
        ("rating.test.tsv", "0\tx\t5\n"), ("rating.readers.tsv", "1\ta\n"),
        ("rating.items.tsv", "0\ta\n"),
    ])
    func `a file that belongs to no split is refused by name`(name: String, text: String) throws {
        let directory = try TemporaryDirectory()
        let split = RatingSplit(.stars, validationShare: 0)
        try Self.write(RatingSplitFiles(split, of: .stars), to: directory)
        try text.write(toFile: directory.file(name), atomically: true, encoding: .utf8)

        let error = #expect(throws: TrainingError.self) {
            try RatingSplitFiles(directory: directory.path)
        }

        #expect(error?.code == .badSplit)
    }

    @Test func `nothing to judge by is said`() throws {
        let directory = try TemporaryDirectory()
        let (bundle, pipeline, _) = try Self.trained()
        try Self.write(pipeline.files, to: directory)
        try "".write(
            toFile: directory.file("rating.test.tsv"), atomically: true, encoding: .utf8)
        let files = try RatingSplitFiles(directory: directory.path)

        let error = #expect(throws: TrainingError.self) {
            try RatingEvaluation.report(bundle: bundle, split: files)
        }

        #expect(error?.code == .notEnoughData)
    }
}
