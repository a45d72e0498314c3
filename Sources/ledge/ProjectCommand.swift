import BundleFormat
import Foundation
import JSON
import Projection
import Report

/// `ledge models project`: an embedding as a map, and as the files of the Embedding Projector.
enum ProjectCommand {
    static let command = Command(
        name: "project",
        summary: "Draw an embedding as a map (PCA or t-SNE) and write the projector's files.",
        parameters: [Parameter(name: "bundle", help: "a bundle's directory")],
        options: [
            Option("--out", value: "DIR", "Where the four files go."),
            Option("--method", value: "NAME", "pca or tsne (tsne)."),
            Option("--tensor", value: "NAME", "The table of rows (the items')."),
            Option("--limit", value: "N", "Only the N most chosen items (all)."),
            Option("--normalise", "Scale each row to length 1 first, so that angles count."),
            Option("--columns", value: "LIST", "meta.tsv's: id,title,author,year (title)."),
            Option("--perplexity", value: "P", "Neighbours that a point feels, 1 to 1000 (30)."),
            Option("--iterations", value: "N", "Steps of t-SNE (1000)."),
            Option("--theta", value: "T", "t-SNE's accuracy, 0 exact to 1 coarse (0.5)."),
            Option("--dimensions", value: "N", "Components of pca, 2 or 3 (2)."),
        ],
        discussion: """
            vecs.tsv and meta.tsv open at https://projector.tensorflow.org with 'Load'.
            projection.json holds id, title and place of each point, map.svg draws them.
            Ctrl-C stops the work and leaves the files as they were.
            """,
        run: run)

    private static func run(_ arguments: Arguments) throws -> ExitCode {
        let out = try arguments.required("--out")
        let columns = try columns(arguments)
        let settings = try settings(arguments)
        let components = try arguments.number("--dimensions", in: 2...3) ?? 2
        let usesComponents = try usesComponents(arguments)
        let bundle = try ModelsCommand.open(arguments.parameter("bundle"))
        let embedding = try EmbeddingRows(
            bundle,
            tensor: arguments.value("--tensor") ?? EmbeddingRows.itemTable(in: bundle)
                ?? TwoTowerTensor.itemEmbeddings,
            limit: try arguments.number("--limit", in: 1...Int.max))
        let map: FinishedMap
        let rows: PointRows
        do throws(ProjectionError) {
            rows = try PointRows(embedding.values, dimensions: embedding.dimensions)
            let input = arguments.has("--normalise") ? try rows.normalised() : rows
            map =
                usesComponents
                ? try principalComponents(of: input, components)
                : try neighbourMap(of: input, settings)
        } catch {
            throw CommandError(error.message)
        }
        try write(
            [
                ("vecs.tsv", ProjectorFiles.vectors(rows)),
                (
                    "meta.tsv",
                    ProjectorFiles.labels(
                        columns: columns, rows: embedding.points.map { $0.fields(columns) })
                ),
                ("projection.json", json(map, embedding, bundle)),
                ("map.svg", drawing(map, embedding, bundle)),
            ], to: out)
        Terminal.line(map.summary)
        Terminal.line("wrote vecs.tsv, meta.tsv, projection.json and map.svg to \(out)")
        return .success
    }

    /// A map before it is written.
    private struct FinishedMap {
        /// One place for each row, with two or three coordinates.
        var places: [[Float]]
        var particulars: JSONObject
        var summary: String
    }

    private static func principalComponents(
        of rows: PointRows, _ count: Int
    ) throws(ProjectionError) -> FinishedMap {
        let components = try PrincipalComponents(of: rows, components: count)
        let shares = components.varianceShares
        let places = components.coordinates(of: rows)
            .map { $0 + Array(repeating: 0, count: max(0, 2 - $0.count)) }
        return FinishedMap(
            places: places,
            particulars: [
                "method": "pca",
                "explained_variance": .array(components.variances.map { JSONValue($0) }),
                "explained_variance_ratio": .array(shares.map { JSONValue($0) }),
            ],
            summary: "\(rows.count) points, explained variance "
                + shares.map { String(format: "%.1f %%", 100 * $0) }.joined(separator: " + "))
    }

    private static func neighbourMap(
        of rows: PointRows, _ settings: NeighbourMap.Settings
    ) throws(ProjectionError) -> FinishedMap {
        let interruption = Interruption.shared
        let start = ContinuousClock.now
        var bar = ProgressBar()
        defer { bar.close() }
        let map = try NeighbourMap(of: rows, settings: settings) { progress in
            let share = Double(progress.iteration) / Double(progress.iterationCount)
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            bar.show(
                share: share,
                text: String(
                    format: "step %d  KL divergence %.4f  ", progress.iteration,
                    progress.divergence)
                    + "\(ProgressBar.clock(seconds: elapsed * (1 / share - 1))) left")
            return !interruption.hasHappened
        }
        return FinishedMap(
            places: map.points.map { [$0.x, $0.y] },
            particulars: [
                "method": "tsne", "kl_divergence": JSONValue(map.divergence),
                "perplexity": JSONValue(map.perplexity),
                "iterations": JSONValue(settings.iterations), "theta": JSONValue(settings.theta),
            ],
            summary: String(
                format: "%d points, KL divergence %.4f after %d steps at perplexity %g",
                rows.count, map.divergence, settings.iterations, map.perplexity))
    }
}

// MARK: What goes in

extension ProjectCommand {
    private static let columnNames = ["id", "title", "author", "year"]

    private static func columns(_ arguments: Arguments) throws(CommandError) -> [String] {
        let columns = (arguments.value("--columns") ?? "title")
            .split(separator: ",").map(String.init)
        guard !columns.isEmpty, columns.allSatisfy(columnNames.contains) else {
            throw CommandError(
                "'--columns' is a list of \(columnNames.joined(separator: ", "))",
                exitCode: .usage)
        }
        return columns
    }

    private static func usesComponents(_ arguments: Arguments) throws(CommandError) -> Bool {
        switch arguments.value("--method") ?? "tsne" {
        case "pca": return true
        case "tsne": return false
        default: throw CommandError("'--method' is pca or tsne", exitCode: .usage)
        }
    }

    private static func settings(
        _ arguments: Arguments
    ) throws(CommandError) -> NeighbourMap.Settings {
        typealias Settings = NeighbourMap.Settings
        var settings = Settings()
        if let perplexity = try arguments.decimal("--perplexity", in: Settings.perplexityRange) {
            settings.perplexity = perplexity
        }
        if let theta = try arguments.decimal("--theta", in: Settings.thetaRange) {
            settings.theta = theta
        }
        if let count = try arguments.number("--iterations", in: Settings.iterationsRange) {
            settings.iterations = count
            // A short run keeps the usual quarter for its clusters to form.
            settings.exaggeratedIterations = min(settings.exaggeratedIterations, count / 4)
        }
        return settings
    }
}

// MARK: What comes out

extension ProjectCommand {
    private static let labelledMax = 40

    private static func json(
        _ map: FinishedMap, _ embedding: EmbeddingRows, _ bundle: ModelBundle
    ) -> String {
        var json = map.particulars
        json["model"] = .string(bundle.manifest.modelName)
        json["version"] = JSONValue(bundle.manifest.version)
        json["tensor"] = .string(embedding.tensor)
        json["points"] = .array(
            zip(embedding.points, map.places).map { point, place in
                var row: JSONObject = ["id": .string(point.id), "title": .string(point.title)]
                for (axis, value) in zip(["x", "y", "z"], place) {
                    row[axis] = JSONValue(Double(value.description) ?? Double(value))
                }
                return .object(row)
            })
        return JSONValue.object(json).text + "\n"
    }

    private static func drawing(
        _ map: FinishedMap, _ embedding: EmbeddingRows, _ bundle: ModelBundle
    ) -> String {
        PointMap(
            title: "\(bundle.manifest.modelName) \(bundle.manifest.version), "
                + "\(embedding.tensor): \(map.summary)",
            points: zip(embedding.points, map.places).map { point, place in
                PointMap.Point(x: Double(place[0]), y: Double(place[1]), title: point.caption)
            }, labelled: Array(embedding.points.indices.prefix(labelledMax))
        ).svg
    }

    /// Writes each file as a whole or not at all.
    private static func write(
        _ files: [(name: String, text: String)], to directory: String
    ) throws(CommandError) {
        let folder = URL(fileURLWithPath: directory)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for file in files {
                try Data(file.text.utf8)
                    .write(to: folder.appendingPathComponent(file.name), options: .atomic)
            }
        } catch {
            throw CommandError(
                "nothing can be written to \(directory): \(error.localizedDescription)")
        }
    }
}
