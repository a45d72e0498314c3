import BundleFormat
import Foundation
import JSON
import TestSupport
import Testing
import Training

@testable import Measurement

@Suite struct MadeModelTests {
    private func model() -> MadeModel {
        var random = SplitMix64(seed: 1)
        return MadeModel(readers: 30, items: 200, dimensions: 8, using: &random)
    }

    @Test func `a made model is a bundle that opens`() throws {
        let directory = try TemporaryDirectory()

        try model().draft(version: 3).write(to: directory.file("bundle"))

        let bundle = try ModelBundle(directory: directory.file("bundle"))
        #expect(bundle.manifest.version == 3)
        #expect(bundle.catalogue.itemCount == 200)
        #expect(bundle.tensor(TwoTowerTensor.readerEmbeddings)?.shape == [30, 8])
    }

    @Test func `a reader's items are distinct and best rated first`() {
        let model = model()

        for reader in 0..<30 {
            let start = reader * MadeModel.itemsPerReader
            let items = model.readerItems[start..<start + MadeModel.itemsPerReader]
            #expect(Set(items).count == MadeModel.itemsPerReader)
        }
        let ratings = (0..<MadeModel.itemsPerReader).map(MadeModel.rating)
        #expect(ratings == ratings.sorted(by: >))
        #expect(ratings.count { $0 == 10 } >= 13)
    }

    @Test func `no two items have one title or one key`() {
        let items = model().items

        #expect(Set(items.map(\.title)).count == items.count)
        #expect(Set(items.map(\.key)).count == items.count)
    }

    @Test func `peers get the same rows`() throws {
        let directory = try TemporaryDirectory()
        let model = model()

        try model.write(to: URL(fileURLWithPath: directory.path))

        let rows = try Data(contentsOf: URL(fileURLWithPath: directory.file("readers.f32")))
        #expect(rows == model.readerRows.withUnsafeBytes { Data($0) })
        let items = try Data(contentsOf: URL(fileURLWithPath: directory.file("items.json")))
        let records = try JSONValue(parsing: [UInt8](items)).arrayValue
        #expect(records?.count == 200)
        #expect(records?[7]["isbn"] == .string(MadeModel.key(7)))
    }
}
