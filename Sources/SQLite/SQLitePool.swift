import Synchronization

/// Connections to one file, lent to one caller at a time.
///
/// A caller that finds none idle opens another one, so nobody waits for anybody; at most
/// `idleMax` stay open afterwards. How many callers there are at once is their own limit.
package final class SQLitePool: Sendable {
    private let path: String
    private let mode: SQLiteConnection.Mode
    private let idle = Mutex<[SQLiteConnection]>([])

    /// As many as a small machine has threads at work.
    private static let idleMax = 8

    package init(path: String, mode: SQLiteConnection.Mode) {
        self.path = path
        self.mode = mode
    }

    /// Runs the body with a connection of its own.
    ///
    /// A body may leave rows unread, but keeps no statement: all are reset when it ends.
    package func read<Result>(
        _ body: (SQLiteConnection) throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        let connection: SQLiteConnection
        if let waiting = idle.withLock({ $0.popLast() }) {
            connection = waiting
        } else {
            connection = try SQLiteConnection(path: path, mode: mode)
        }
        defer { giveBack(connection) }
        return try body(connection)
    }

    private func giveBack(_ connection: SQLiteConnection) {
        connection.resetStatements()
        idle.withLock { idle in
            if idle.count < Self.idleMax { idle.append(connection) }
        }
    }

    /// Closes what nobody uses, before the file is removed.
    package func closeIdle() { idle.withLock { $0.removeAll() } }
}
