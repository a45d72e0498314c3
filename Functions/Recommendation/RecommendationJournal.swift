import BundleFormat
import FunctionRuntime
import JSON
import Synchronization
import TableStorage
import Telemetry

/// Writes a row of the table `recommendations` for each answered question.
///
/// An answer is never lost because its row could not be written: a full disk is counted and told.
final class RecommendationJournal: Sendable {
    private let description: RecommenderDescription
    private let context: FunctionContext
    private let table: TableName
    private let isReady = Atomic<Bool>(false)
    private let failures: Counter

    static let tableName = "recommendations"
    static let key = "id"

    init(_ description: RecommenderDescription, context: FunctionContext) {
        self.description = description
        self.context = context
        table = TableName(description.database, Self.tableName)
        failures = context.metrics.counter("recommendations_not_recorded_total")
    }

    /// After a reset the table has to be made again.
    func forgetTable() { isReady.store(false, ordering: .releasing) }

    func note(liked: [CatalogueItem], answer: [CatalogueItem]) {
        let row = description.logRow(liked, answer)
        do throws(TableStorageError) {
            if !isReady.load(ordering: .acquiring) {
                try context.store.makeTable(table, primaryKey: Self.key)
                isReady.store(true, ordering: .releasing)
            }
            _ = try context.store.write([row], to: table, mode: .insert)
        } catch {
            isReady.store(false, ordering: .releasing)
            failures.add()
            context.log.warning(
                "a recommendation was answered but not recorded", ["cause": error.message])
        }
    }
}

extension TableStore {
    /// Makes a table and its database unless they are there; several may do so at once.
    func makeTable(_ table: TableName, primaryKey: String) throws(TableStorageError) {
        if !databaseNames.contains(table.database) {
            try unlessThere { () throws(TableStorageError) in
                try createDatabase(table.database)
            }
        }
        try unlessThere { () throws(TableStorageError) in
            try createTable(table, primaryKey: primaryKey)
        }
    }

    private func unlessThere(
        _ make: () throws(TableStorageError) -> Void
    ) throws(TableStorageError) {
        do throws(TableStorageError) {
            try make()
        } catch {
            guard error.code == .alreadyExists else { throw error }
        }
    }
}
