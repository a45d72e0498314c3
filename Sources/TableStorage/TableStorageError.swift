/// Why the store did not do what it was asked.
///
/// Messages are HarperDB's where it has one, because its clients compare them.
package struct TableStorageError: Error, Sendable {
    package enum Code: Sendable {
        case databaseNotFound, tableNotFound, attributeNotFound
        case alreadyExists
        /// A name, a record or a search that is not allowed.
        case invalidName, invalidRecord, invalidSearch
        case limitExceeded
        /// The system's own tables, keys and time attributes.
        case protected
        case invalidSQL
        /// An SQL statement names a table without its database.
        case databaseNotNamed
        /// A role lacks rights; the cause is the `SQLDenial` that lists them.
        case denied
        /// A query ran longer or found more than it may.
        case queryTooLong
        /// A long load was ended because the node stops.
        case cancelled
        case diskFull
        case storageFailed
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension TableStorageError {
    /// What is answered to everybody who would change the database `system`.
    package static let systemIsProtected = TableStorageError(
        .protected,
        "The 'system' database, tables and records are used internally by HarperDB and cannot be "
            + "updated or removed.")
}
