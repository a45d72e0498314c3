import BundleFormat
import Foundation
import FunctionRuntime
import JSON
import Retrieval
import Synchronization
import TableStorage
import Telemetry

/// Makes and fills the tables that HarperDB's projects keep, out of the bundle.
///
/// The recommender itself answers from the bundle and needs none of them; they are there for
/// clients that query them through the operations API.
final class RecommenderSetup: Sendable {
    private let description: RecommenderDescription
    private let context: FunctionContext
    private let isRunning = Atomic<Bool>(false)

    private static let key = "id"
    private static let statusTable = "status"
    private static let statusKey = "primary"

    init(_ description: RecommenderDescription, context: FunctionContext) {
        self.description = description
        self.context = context
    }

    /// Starts the filling unless it is done or running.
    ///
    /// - Returns: True if the tables are ready.
    func begin(
        _ model: @escaping @Sendable () throws(FunctionError) -> RecommenderModel
    ) throws(FunctionError) -> Bool {
        if try isDone() { return true }
        let isFirst = isRunning.compareExchange(
            expected: false, desired: true, ordering: .acquiringAndReleasing
        ).exchanged
        guard isFirst else { return false }
        do throws(FunctionError) {
            try storing { () throws(TableStorageError) in
                for name in [Self.statusTable, RecommendationJournal.tableName]
                    + description.tables.map(\.name)
                {
                    try context.store.makeTable(table(name), primaryKey: Self.key)
                }
                try setStatus(isDone: false)
            }
        } catch {
            isRunning.store(false, ordering: .releasing)
            throw error
        }
        Thread.detachNewThread { [self] in
            fill(model)
            isRunning.store(false, ordering: .releasing)
        }
        return false
    }

    /// Drops the project's database; fine if there is none.
    func reset() throws(FunctionError) {
        guard context.store.databaseNames.contains(description.database) else { return }
        try storing { () throws(TableStorageError) in
            try context.store.dropDatabase(description.database)
        }
    }

    private func isDone() throws(FunctionError) -> Bool {
        do throws(TableStorageError) {
            let status = try context.store.records(
                withKeys: [.string(Self.statusKey)], of: table(Self.statusTable))
            return status.first?["setup"] == true
        } catch {
            switch error.code {
            case .databaseNotFound, .tableNotFound: return false
            default: throw FunctionError(.storageFailed, error.message, cause: error)
            }
        }
    }

    private func fill(_ model: () throws(FunctionError) -> RecommenderModel) {
        do {
            let model = try model()
            for setup in description.tables {
                guard try context.store.recordCount(of: table(setup.name)) == 0 else { continue }
                try fill(setup, from: model)
                context.log.info("set-up filled a table", ["table": table(setup.name)])
            }
            try setStatus(isDone: true)
        } catch {
            context.log.error(
                "set-up did not finish; ask for it again", ["cause": "\(error)"])
        }
    }

    private func fill(_ setup: SetupTable, from model: RecommenderModel) throws {
        let catalogue = model.bundle.catalogue
        let batch = RecommenderLimits.setupBatchRows
        switch setup.source {
        case .items(let row):
            try write(setup.name, stride(from: 0, to: catalogue.itemCount, by: batch)) { from in
                let indices = Array(from..<min(from + batch, catalogue.itemCount))
                return try zip(indices, catalogue.items(at: indices))
                    .compactMap { index, item in item.map { row(index, $0) } }
            }
        case .readers(let row):
            try write(setup.name, stride(from: 0, to: catalogue.readerCount, by: batch)) { from in
                let range = from..<min(from + batch, catalogue.readerCount)
                return try zip(range, catalogue.readers(at: range)).map { row($0, $1) }
            }
        case .ratings(let row):
            let readersPerBatch = batch / 16
            let starts = stride(from: 0, to: catalogue.readerCount, by: readersPerBatch)
            try write(setup.name, starts) { from in
                let range = from..<min(from + readersPerBatch, catalogue.readerCount)
                return try ratings(of: range, model, row)
            }
        }
    }

    private func ratings(
        of range: Range<Int>, _ model: RecommenderModel,
        _ row: (String, CatalogueItem, Int) -> JSONObject
    ) throws -> [JSONObject] {
        let catalogue = model.bundle.catalogue
        return try zip(range, catalogue.readers(at: range)).flatMap { index, reader in
            let rated = model.ratedItems(ofReaderAt: index)
            let items = try catalogue.items(at: rated.map(\.item.place))
            return zip(rated, items).compactMap { rated, item in
                item.map { row(reader, $0, rated.rating) }
            }
        }
    }

    private func write(
        _ name: String, _ starts: StrideTo<Int>, _ rows: (Int) throws -> [JSONObject]
    ) throws {
        for start in starts {
            _ = try context.store.write(try rows(start), to: table(name), mode: .insert)
        }
    }

    private func setStatus(isDone: Bool) throws(TableStorageError) {
        _ = try context.store.write(
            [["id": .string(Self.statusKey), "setup": .bool(isDone)]],
            to: table(Self.statusTable), mode: .upsert)
    }

    private func table(_ name: String) -> TableName { TableName(description.database, name) }

    private func storing(_ body: () throws(TableStorageError) -> Void) throws(FunctionError) {
        do throws(TableStorageError) {
            try body()
        } catch {
            throw FunctionError(.storageFailed, error.message, cause: error)
        }
    }
}
