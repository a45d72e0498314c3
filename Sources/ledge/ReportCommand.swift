import BundleFormat
import Foundation
import JSON
import Projection
import Report

/// `ledge models report`: what a bundle's manifest knows, as one page.
enum ReportCommand {
    static let command = Command(
        name: "report",
        summary: "Write a bundle's report as one HTML page: quality, samples, curves, map.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option("--out", value: "FILE", "The page to write (report.html)."),
            Option("--curves", value: "FILE", "Also write the training curve as an SVG."),
            Option("--map", value: "NAME", "tsne, pca or none (tsne)."),
            Option("--limit", value: "N", "How many of the most chosen items to map (2000)."),
        ],
        discussion: """
            Everything comes from the bundle itself: metrics, recipe and provenance from its
            manifest, questions from its golden queries. The page loads nothing.
            """,
        run: run)

    private static let mappedItems = 2_000
    private static let labelledItems = 30

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let out = arguments.value("--out") ?? "report.html"
        let method = arguments.value("--map") ?? "tsne"
        guard ["tsne", "pca", "none"].contains(method) else {
            throw CommandError("'--map' is tsne, pca or none", exitCode: .usage)
        }
        let limit = try arguments.number("--limit", in: 1...Int.max) ?? mappedItems
        let bundle = try ModelsCommand.open(arguments.parameter("bundle"))
        var report = described(bundle)
        report.samples = try SampleAnswers.of(bundle)
        if method != "none" { report.map = try mapped(bundle, usesTSNE: method == "tsne", limit) }
        try write(report.html, to: out)
        if let path = arguments.value("--curves") {
            guard let curve = report.curves.first else {
                throw CommandError("the manifest holds no curve of the training")
            }
            try write(curve.svg, to: path)
        }
        Terminal.line("wrote \(out)")
        return .success
    }

    private static func write(_ text: String, to path: String) throws(CommandError) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandError("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}

// MARK: From the manifest

extension ReportCommand {
    static func described(_ bundle: ModelBundle) -> TrainingReport {
        let manifest = bundle.manifest
        var report = TrainingReport(title: "\(manifest.modelName), version \(manifest.version)")
        report.summary = [
            "A \(manifest.kind.rawValue) model for \(bundle.catalogue.itemCount) items, "
                + "made \(manifest.created.formatted(.iso8601)); \(manifest.blobBytes) bytes; "
                + "it answers by \(JSONValue.object(manifest.serving).text)."
        ]
        report.quality = quality(manifest.metrics, kind: manifest.kind)
        report.curves = curves(manifest.metrics)
        report.recipe = manifest.provenance["recipe"]?.objectValue ?? [:]
        report.provenance = JSONObject(
            manifest.provenance.members.filter { $0.name != "recipe" }
                .map { ($0.name, $0.value) })
        return report
    }

    private static let confidencePrefix = "ci95_"

    private static func quality(
        _ metrics: JSONObject, kind: ModelKind
    ) -> TrainingReport.Quality? {
        guard let test = metrics["test"]?.objectValue, let first = test.members.first?.value else {
            return nil
        }
        let measures = (first.objectValue?.members ?? []).filter {
            $0.value.doubleValue != nil && !$0.name.hasPrefix(confidencePrefix)
        }.map(\.name)
        return .init(
            measuredBy: metrics["protocol"]?.stringValue ?? "On rows that training never saw",
            measures: measures,
            methods: test.members.map { method in
                .init(
                    name: method.name.replacing(" (serves)", with: ""),
                    isServed: method.name.hasSuffix("(serves)") || method.name == kind.rawValue
                        || test.count == 1,
                    figures: measures.map { measure in
                        (
                            method.value[measure]?.doubleValue ?? .nan,
                            method.value[confidencePrefix + measure]?.doubleValue
                        )
                    })
            })
    }

    /// A list of points that share a step or an epoch; each other number is a curve.
    private static func curves(_ metrics: JSONObject) -> [LineChart] {
        metrics.members.compactMap { member in
            let points = member.value.arrayValue ?? []
            guard let first = points.first?.objectValue,
                let x = ["epoch", "step"].first(where: { first[$0] != nil })
            else { return nil }
            let series = first.names.filter { $0 != x }.map { name in
                LineChart.Series(
                    name: name,
                    points: points.compactMap { point in
                        guard let place = point[x]?.doubleValue,
                            let value = point[name]?.doubleValue
                        else { return nil }
                        return (place, value)
                    })
            }
            return LineChart(
                title: member.name.replacing("_", with: " "), xTitle: x,
                yTitle: series.contains { $0.name.hasSuffix("mse") } ? "squared error" : "loss",
                series: series)
        }
    }
}

// MARK: From the model

extension ReportCommand {
    static func mapped(
        _ bundle: ModelBundle, usesTSNE: Bool, _ limit: Int
    ) throws(CommandError) -> PointMap? {
        guard let table = EmbeddingRows.itemTable(in: bundle) else { return nil }
        let rows = try EmbeddingRows(bundle, tensor: table, limit: limit)
        let interruption = Interruption.shared
        let places: [SIMD2<Float>]
        let title: String
        do throws(ProjectionError) {
            let points = try PointRows(rows.values, dimensions: rows.dimensions)
            if usesTSNE {
                let map = try NeighbourMap(of: points) { _ in !interruption.hasHappened }
                places = map.points
                title = "t-SNE, KL divergence " + String(format: "%.3f", map.divergence)
            } else {
                let components = try PrincipalComponents(of: points)
                places = components.coordinates(of: points)
                    .map { SIMD2($0[0], $0.count > 1 ? $0[1] : 0) }
                title = "First two principal components"
            }
        } catch {
            throw CommandError(error.message)
        }
        return PointMap(
            title: title,
            points: zip(rows.points, places).map { point, place in
                .init(x: Double(place.x), y: Double(place.y), title: point.caption)
            }, labelled: Array(rows.points.indices.prefix(labelledItems)))
    }
}
