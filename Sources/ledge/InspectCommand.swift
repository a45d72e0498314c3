import BundleFormat
import Foundation
import JSON

/// `ledge models inspect`: what a bundle, or any safetensors file, holds.
enum InspectCommand {
    static let command = Command(
        name: "inspect", summary: "Show what a bundle or a safetensors file holds.",
        parameters: [
            Parameter(name: "bundle", help: "a bundle's directory, or a file of tensors")
        ],
        options: [
            Option("--json", "Print the manifest itself; of a file, its tensors."),
            Option("--statistics", "Also least, greatest, mean, deviation and norms of tensors."),
        ],
        discussion: """
            The tensors of a bundle are BUNDLE/weights.safetensors, which Python's safetensors
            reads as it is. Files that Python wrote are shown here if their tensors have the
            types F32, I64, I32, I8 or U8.
            """,
        run: { arguments in
            let path = arguments.parameter("bundle")
            let statistics = arguments.has("--statistics")
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            guard exists, !isDirectory.boolValue else {
                let bundle = try ModelsCommand.open(path)
                Terminal.line(
                    arguments.has("--json")
                        ? String(decoding: bundle.manifest.encoded().dropLast(), as: UTF8.self)
                        : try summary(of: bundle, directory: path, statistics: statistics))
                return .success
            }
            let file = try tensors(in: path)
            if arguments.has("--json") {
                Terminal.line(JSONValue.array(file.map { json(of: $0, statistics) }).text)
            } else {
                Terminal.line("\(path): \(file.count) tensors")
                for tensor in file { Terminal.line(line(of: tensor, statistics)) }
            }
            return .success
        })

    private typealias Tensor = (description: TensorDescription, tensor: MappedTensor)

    private static func tensors(in path: String) throws(CommandError) -> [Tensor] {
        do throws(BundleError) {
            return try SafetensorsFile(path: path).tensors
                .sorted { $0.description.name < $1.description.name }
        } catch {
            throw CommandError(error.message)
        }
    }
}

// MARK: A bundle

extension InspectCommand {
    private static func summary(
        of bundle: ModelBundle, directory: String, statistics: Bool
    ) throws(CommandError) -> String {
        let manifest = bundle.manifest
        let catalogue = bundle.catalogue
        let tensors = try tensors(in: "\(directory)/\(BundleFile.weights)")
        let parameters = tensors.filter { $0.description.elementType == .float32 }
            .reduce(0) { $0 + $1.description.shape.reduce(1, *) }
        var lines = [
            "model      \(manifest.modelName) version \(manifest.version)",
            "kind       \(manifest.kind.rawValue)",
            "created    \(manifest.created.formatted(.iso8601))",
            "digest     sha256:\(bundle.digest.hex)",
            "serves by  \(JSONValue.object(manifest.serving).text)",
            "memory     \(manifest.memoryBytes) bytes",
            "catalogue  \(catalogue.itemCount) items, \(catalogue.readerCount) readers",
            "golden     \(bundle.golden.queries.count) questions",
        ]
        lines += signature(of: manifest.kind)
        lines.append("blobs")
        for blob in manifest.blobs {
            lines.append("  \(blob.name)  \(blob.bytes) bytes  sha256:\(blob.digest.hex)")
        }
        lines.append("tensors, \(parameters) trained parameters")
        lines += tensors.map { line(of: $0, statistics) }
        for (title, object) in [
            ("metrics", manifest.metrics["test"]?.objectValue ?? [:]),
            ("provenance", manifest.provenance),
        ] {
            lines.append(title)
            for member in object.members { lines.append("  \(member.name)  \(member.value.text)") }
        }
        return lines.joined(separator: "\n")
    }

    /// What goes in and comes out, as `saved_model_cli show` writes it; -1 is any number.
    private static func signature(of kind: ModelKind) -> [String] {
        switch kind {
        case .twoTower, .itemFactors, .itemNeighbours:
            [
                "inputs", "  items  I32  [-1]", "outputs", "  items  I32  [10]",
                "  scores  F32  [10]", "  because  I32  [10]",
            ]
        case .ratingDot, .ratingMLP:
            [
                "inputs", "  readers  I32  [-1]", "  items  I32  [-1]", "outputs",
                "  ratings  F32  [-1]",
            ]
        }
    }
}

// MARK: Tensors

extension InspectCommand {
    private static func line(of tensor: Tensor, _ withStatistics: Bool) -> String {
        let description = tensor.description
        let head =
            "  \(description.name)  \(description.elementType.rawValue)  "
            + "\(description.shape)"
        guard withStatistics else { return head }
        let figures = TensorStatistics(of: tensor.tensor)
        var text =
            head
            + String(
                format: "\n      least %.6g  greatest %.6g  mean %.6g  deviation %.6g  norm %.6g",
                figures.least, figures.greatest, figures.mean, figures.deviation, figures.norm)
        if figures.notNumbers > 0 { text += "  not numbers \(figures.notNumbers)" }
        if let rows = figures.rowNorms {
            text += String(
                format: "\n      row norms: least %.6g  mean %.6g  greatest %.6g", rows.least,
                rows.mean, rows.greatest)
        }
        return text
    }

    private static func json(of tensor: Tensor, _ withStatistics: Bool) -> JSONValue {
        var json: JSONObject = [
            "name": .string(tensor.description.name),
            "dtype": .string(tensor.description.elementType.rawValue),
            "shape": .array(tensor.description.shape.map { JSONValue($0) }),
        ]
        guard withStatistics else { return .object(json) }
        let figures = TensorStatistics(of: tensor.tensor)
        json["not_numbers"] = JSONValue(figures.notNumbers)
        for (name, value) in [
            ("min", figures.least), ("max", figures.greatest), ("mean", figures.mean),
            ("std", figures.deviation), ("norm", figures.norm),
        ] { json[name] = JSONValue(value) }
        if let rows = figures.rowNorms {
            json["row_norms"] = [
                "min": JSONValue(rows.least), "mean": JSONValue(rows.mean),
                "max": JSONValue(rows.greatest),
            ]
        }
        return .object(json)
    }
}
