/// Where the records of an import go.
package struct ImportTarget {
    let store: TableStore
    let table: TableName
    let mode: WriteMode
    /// Who asked, for the audit log of a table that keeps one.
    let user: String

    package init(store: TableStore, table: TableName, mode: WriteMode, user: String = "") {
        self.store = store
        self.table = table
        self.mode = mode
        self.user = user
    }
}

/// Records in one of the forms in which files bring them.
package protocol BulkImport {
    init(into target: ImportTarget)

    /// Reads all records and writes them in batches, each of them all or nothing.
    ///
    /// - Parameters:
    ///   - isAllowed: Asked with the attributes' names before anything is written.
    ///   - isCancelled: Asked after each batch.
    /// - Returns: The message of a finished job.
    func run(
        _ bytes: [UInt8], isAllowed: ([String]) throws(TableStorageError) -> Void,
        isCancelled: () -> Bool
    ) throws(TableStorageError) -> String
}

extension BulkImport {
    /// Runs an import that nobody restricts.
    package func run(
        _ bytes: [UInt8], isCancelled: () -> Bool = { false }
    ) throws(TableStorageError) -> String {
        try run(bytes, isAllowed: { _ in }, isCancelled: isCancelled)
    }
}

extension TableStorageError {
    static func cancelled(written: Int) -> TableStorageError {
        TableStorageError(
            .cancelled, "the node stopped during this load; \(written) records were written")
    }
}
