import BundleFormat
import Foundation
import JSON
import TestSupport

@testable import TensorFlowJS

/// The models that `Tests/Peers/tfjs_model.py 24 6 4` wrote with the real converter.
enum ConvertedModel {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    static func path(_ name: String) -> String {
        folder.appendingPathComponent("\(name)/model.json").path
    }

    static func expected() throws -> JSONValue {
        try JSONValue(
            parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("expected.json"))))
    }

    /// The tables of the fixture: 24 items, and each reader's items with the ratings that the
    /// generator gives them.
    static func particulars() throws -> ImportedModel.Particulars {
        var particulars = ImportedModel.Particulars()
        particulars.items = (0..<24).map { item in
            (item, CatalogueItem(key: "key-\(item)", title: "Book \(item)", author: "A"))
        }
        particulars.readers = [0: "anna", 1: "bert"]
        let lines = try String(
            contentsOf: folder.appendingPathComponent("ratings.csv"), encoding: .utf8
        ).split(separator: "\n").dropFirst()
        let isbns = try String(
            contentsOf: folder.appendingPathComponent("isbn_idxs.csv"), encoding: .utf8
        ).split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," } }
        particulars.ratings = lines.compactMap { line in
            let fields = line.split(separator: ",")
            guard let reader = Int(fields[0]), let item = isbns.firstIndex(of: fields[1]),
                let rating = Double(fields[2])
            else { return nil }
            return .init(reader: reader - 1_000, item: item, value: rating)
        }
        return particulars
    }
}

/// A model of a few numbers whose files a test spoils.
struct HandmadeModel {
    var weights: JSONValue = [
        ["name": "ids", "shape": [3], "dtype": "int32"],
        ["name": "items", "shape": [2, 2], "dtype": "float32"],
        ["name": "rows", "shape": [3, 2], "dtype": "float32"],
    ]
    var paths: JSONValue = ["a.bin", "b.bin"]
    var numbers: [UInt32] =
        [7, 5, 7] + ([1, 2, 3, 4, 0.5, -1, 2, 2, 0.5, -1] as [Float]).map(\.bitPattern)
    /// Bytes of the first of the two files.
    var cut = 13
    var nodes: JSONValue = [
        ["name": "input", "op": "Placeholder"],
        ["name": "gather", "op": "GatherV2", "input": ["items", "input"]],
        [
            "name": "product", "op": "MatMul", "input": ["gather", "rows"],
            "attr": ["transpose_b": ["b": true]],
        ],
        ["name": "top", "op": "TopKV2", "input": ["product"]],
        ["name": "answer", "op": "GatherV2", "input": ["ids", "top:1", "^gather"]],
    ]

    var bytes: [UInt8] {
        numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
    }

    /// Writes the model into a folder and reads it.
    func read(
        in folder: TemporaryDirectory, shards: [[UInt8]]? = nil
    ) throws(TensorFlowJSError) -> ModelFiles {
        let description: JSONValue = [
            "format": "graph-model", "modelTopology": ["node": nodes],
            "weightsManifest": [["paths": paths, "weights": weights]],
        ]
        let pieces = shards ?? [Array(bytes.prefix(cut)), Array(bytes.dropFirst(cut))]
        do {
            try Data(description.encoded())
                .write(to: URL(fileURLWithPath: "\(folder.path)/model.json"))
            for (name, piece) in zip(["a.bin", "b.bin"], pieces) {
                try Data(piece).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
            }
        } catch {
            throw TensorFlowJSError(.unreadable, "the fixture cannot be written: \(error)")
        }
        return try ModelFiles(path: "\(folder.path)/model.json")
    }
}
