import HTTPCore
import JSON
import Synchronization
import TableStorage

/// Copies of whole databases.
struct BackupOperations: Sendable {
    let store: TableStore
    private let running = BackupCount()

    init(store: TableStore) { self.store = store }

    fileprivate static let backupsMax = 2

    var all: [Operation] {
        [
            Operation(
                "get_backup", optional: [.database], access: .superUser(name: "getBackup"),
                stream: backup)
        ]
    }

    /// A stream of the database's file as it is now.
    private func backup(_ request: OperationRequest) throws(HTTPError) -> HTTPResponse {
        let name = try request.databaseName()
        let place = try running.take()
        let copy = try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.copy(of: name)
        }
        let pieces = HTTPPieces { () throws(HTTPError) in
            // The place is free again when the last piece is sent, or nobody takes them any more.
            try withExtendedLifetime(place) { () throws(HTTPError) in
                try storing(missing: .notFound) { () throws(TableStorageError) in
                    try copy.nextPiece()
                }
            }
        }
        return HTTPResponse(
            fields: ["Content-Type": "application/octet-stream"], body: .pieces(pieces))
    }
}

/// How many backups are being made or sent: each takes the disk space of a whole database.
private final class BackupCount: Sendable {
    private let count = Mutex(0)

    final class Place: Sendable {
        private let count: BackupCount

        init(_ count: BackupCount) { self.count = count }

        deinit { count.count.withLock { $0 -= 1 } }
    }

    /// - Throws: 429 when there are as many as there may be.
    func take() throws(HTTPError) -> Place {
        let isFree = count.withLock { count in
            guard count < BackupOperations.backupsMax else { return false }
            count += 1
            return true
        }
        guard isFree else {
            throw HTTPError(
                .tooManyRequests,
                "\(BackupOperations.backupsMax) backups are being made, which is the limit; "
                    + "try again later")
        }
        return Place(self)
    }
}
