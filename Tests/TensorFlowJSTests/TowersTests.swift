import BundleFormat
import Foundation
import JSON
import Retrieval
import TestSupport
import Testing

@testable import TensorFlowJS

@Suite struct TowersTests {
    @Test func `a reader's rows become one`() throws {
        let folder = try TemporaryDirectory()

        let towers = try Towers(HandmadeModel().read(in: folder))

        #expect(towers.readers == [5, 7])
        #expect(towers.readerRows == [2, 2, 0.5, -1])
        #expect(towers.candidateCount == 3)
        #expect(towers.differingCount == 0)
    }

    @Test func `a second row that differs is counted`() throws {
        let folder = try TemporaryDirectory()
        var model = HandmadeModel()
        model.numbers[12] = Float(9).bitPattern

        let towers = try Towers(model.read(in: folder))

        #expect(towers.differingCount == 1)
        #expect(towers.readerRows == [2, 2, 0.5, -1])
    }

    @Test func `candidates may lie in columns`() throws {
        let folder = try TemporaryDirectory()
        var model = HandmadeModel()
        model.weights = [
            ["name": "ids", "shape": [3], "dtype": "int32"],
            ["name": "items", "shape": [2, 2], "dtype": "float32"],
            ["name": "rows", "shape": [2, 3], "dtype": "float32"],
        ]
        model.nodes = [
            ["name": "gather", "op": "GatherV2", "input": ["items", "input"]],
            ["name": "product", "op": "MatMul", "input": ["gather", "rows"]],
            ["name": "top", "op": "TopKV2", "input": ["product"]],
            ["name": "answer", "op": "GatherV2", "input": ["ids", "top:1"]],
        ]

        let towers = try Towers(model.read(in: folder))

        #expect(towers.readerRows == [-1, 0.5, 0.5, 2])
    }

    @Test(arguments: [
        ([2, 2], [3, 2], [2]), ([4, 1], [3, 2], [3]), ([2, 2], [2, 3], [3]), ([2, 2], [6], [3]),
    ])
    func `shapes that do not fit are refused`(items: [Int], rows: [Int], ids: [Int]) throws {
        let folder = try TemporaryDirectory()
        var model = HandmadeModel()
        let shape = { (extents: [Int]) in JSONValue.array(extents.map { JSONValue($0) }) }
        model.weights = [
            ["name": "ids", "shape": shape(ids), "dtype": "int32"],
            ["name": "items", "shape": shape(items), "dtype": "float32"],
            ["name": "rows", "shape": shape(rows), "dtype": "float32"],
        ]
        if ids == [2] { model.numbers.removeFirst() }
        let files = try model.read(in: folder)

        #expect(throws: TensorFlowJSError.self) { try Towers(files) }
    }

    @Test func `a graph without candidates is no two-tower model`() throws {
        let folder = try TemporaryDirectory()
        var model = HandmadeModel()
        model.nodes = [["name": "gather", "op": "GatherV2", "input": ["items", "input"]]]
        let files = try model.read(in: folder)

        let error = #expect(throws: TensorFlowJSError.self) { try Towers(files) }

        #expect(error?.code == .noTwoTower)
    }

    @Test func `a circle in the graph ends`() throws {
        let folder = try TemporaryDirectory()
        var model = HandmadeModel()
        model.nodes = [
            ["name": "a", "op": "Identity", "input": ["b"]],
            ["name": "b", "op": "Identity", "input": ["a"]],
            ["name": "gather", "op": "GatherV2", "input": ["a", "b"]],
        ]
        let files = try model.read(in: folder)

        #expect(throws: TensorFlowJSError.self) { try Towers(files) }
    }
}

/// Against what TensorFlow itself answered before its converter wrote the files.
@Suite struct ConvertedModelTests {
    @Test(arguments: [("graph", 1e-6), ("graph-float16", 2e-3), ("graph-uint8", 2e-2)])
    func `the rows are those that were trained`(name: String, tolerance: Double) throws {
        let expected = try ConvertedModel.expected()

        let towers = try Towers(ModelFiles(path: ConvertedModel.path(name)))

        #expect(towers.itemCount == 25)
        #expect(towers.readers == [0, 1, 2, 3, 4, 5])
        #expect(towers.candidateCount == expected["rows"]?.integerValue)
        #expect(towers.differingCount == 0)
        let rows = [("item_row", 3, towers.itemRows), ("reader_row", 2, towers.readerRows)]
        for (member, row, values) in rows {
            let trained = (expected[member]?.arrayValue ?? []).compactMap(\.doubleValue)
            #expect(trained.count == towers.dimensions)
            for (k, value) in trained.enumerated() {
                #expect(abs(Double(values[row * towers.dimensions + k]) - value) < tolerance)
            }
        }
    }

    @Test func `each question has TensorFlow's nearest reader and score`() throws {
        let questions = try ConvertedModel.expected()["questions"]?.arrayValue ?? []
        let model = try ModelFiles(path: ConvertedModel.path("graph"))
        let imported = try ImportedModel(Towers(model), from: model, ConvertedModel.particulars())
        let folder = try TemporaryDirectory()
        try imported.draft.write(to: "\(folder.path)/bundle")
        let served = try TwoTowerModel(bundle: ModelBundle(directory: "\(folder.path)/bundle"))

        #expect(questions.count == 6)
        for question in questions {
            let books = (question["books"]?.arrayValue ?? []).compactMap(\.integerValue)
            let nearest = served.nearestReaders(
                to: served.query(of: books.map { .init($0) }), limit: 1)
            #expect(nearest.first?.reader.place == question["reader"]?.integerValue)
            let score = question["score"]?.doubleValue ?? .nan
            #expect(abs(Double(nearest.first?.score ?? 0) - score) < 1e-4)
        }
    }

    @Test func `the bundle serves its readers' books`() throws {
        let model = try ModelFiles(path: ConvertedModel.path("graph"))
        let imported = try ImportedModel(Towers(model), from: model, ConvertedModel.particulars())
        let folder = try TemporaryDirectory()
        try imported.draft.write(to: "\(folder.path)/bundle")
        let bundle = try ModelBundle(directory: "\(folder.path)/bundle")

        let recommender = try Recommender(bundle: bundle)

        #expect(bundle.catalogue.itemCount == 24)
        #expect(try bundle.catalogue.readers(at: 0..<3) == ["anna", "bert", "2"])
        #expect(bundle.golden.queries.count == 6)
        for query in bundle.golden.queries {
            let answer = recommender.recommend(for: query.items.map { .init($0) }, limit: 10)
            #expect(bundle.golden.isMet(query, by: answer.map(\.item.place)))
            // Readers of even books like even books only; there are nine more of a kind at most.
            let first = answer.prefix(3)
            #expect(first.allSatisfy { ($0.item.place - query.items[0]).isMultiple(of: 2) })
            #expect(answer.count == 10)
        }
    }

    @Test func `a layers model is read when its tables are named`() throws {
        let model = try ModelFiles(path: ConvertedModel.path("layers"))
        let names = TowerNames(
            items: "embedding/embeddings", candidates: "embedding_1/embeddings")

        let towers = try Towers(model, names: names)
        let graph = try Towers(ModelFiles(path: ConvertedModel.path("graph")))

        #expect(towers.itemRows == graph.itemRows)
        // The last row is the padding that `Embedding(n + 1)` adds.
        #expect(Array(towers.readerRows.dropLast(4)) == graph.readerRows)
    }

    @Test func `a layers model without names says which tables there are`() throws {
        let model = try ModelFiles(path: ConvertedModel.path("layers"))

        let error = #expect(throws: TensorFlowJSError.self) { try Towers(model) }

        #expect(error?.message.contains("embedding_1/embeddings") == true)
    }
}

@Suite struct ImportedModelTests {
    private static func imported(
        _ change: (inout ImportedModel.Particulars) -> Void
    ) throws -> ImportedModel {
        let model = try ModelFiles(path: ConvertedModel.path("graph"))
        var particulars = try ConvertedModel.particulars()
        change(&particulars)
        return try ImportedModel(Towers(model), from: model, particulars)
    }

    @Test func `an item beyond the table is refused with both numbers`() throws {
        let error = #expect(throws: TensorFlowJSError.self) {
            try Self.imported { $0.items[3].row = 25 }
        }

        #expect(error?.message.contains("index 25") == true)
        #expect(error?.message.contains("25 items") == true)
    }

    @Test func `a second key of a row is an alias`() throws {
        let imported = try Self.imported {
            $0.items.append((0, CatalogueItem(key: "other", title: "T", author: "")))
        }

        #expect(imported.itemCount == 24)
        #expect(imported.draft.catalogue.aliases.map(\.key) == ["other"])
    }

    @Test func `ratings of strangers are passed over and counted`() throws {
        let imported = try Self.imported {
            $0.ratings.append(.init(reader: 99, item: 0, value: 5))
            $0.ratings.append(.init(reader: 0, item: 24, value: 5))
            $0.ratings.append(.init(reader: 0, item: 0, value: .nan))
        }

        #expect(imported.ratingsPassedOver == 3)
        #expect(imported.pairCount == 36)
    }

    @Test func `tables of another model are refused`() throws {
        let error = #expect(throws: TensorFlowJSError.self) {
            try Self.imported { particulars in
                for row in particulars.ratings.indices { particulars.ratings[row].reader += 50 }
            }
        }

        #expect(error?.code == .inconsistent)
    }

    @Test func `play counts of at most 1 are brought to the scale of ratings`() throws {
        let imported = try Self.imported {
            $0.ratings = [
                .init(reader: 0, item: 0, value: 1), .init(reader: 0, item: 2, value: 0.31),
                .init(reader: 0, item: 4, value: 0.001),
            ]
        }

        let tensor = imported.draft.tensors.first { $0.name == ReadershipTensor.readerRatings }
        guard case .uint8(let ratings) = tensor?.values else {
            Issue.record("the ratings are no bytes")
            return
        }
        #expect(ratings == [10, 3, 1])
    }
}
