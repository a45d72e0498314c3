import CSQLite

/// What an authorizer says to an action.
package enum SQLiteDecision: Sendable, Hashable {
    case allow
    /// The whole statement is refused.
    case deny
    /// Of a read: the column reads as NULL.
    case ignore
}

/// What a statement is about to do, as SQLite tells an authorizer.
package struct SQLiteAction: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case select, read, function, recursive, transaction
        case other
    }

    package let kind: Kind
    /// Of a read: the table. Of a function: nothing.
    package let first: String?
    /// Of a read: the column, or nothing if only the table's rows matter. Of a function: its name.
    package let second: String?
    /// The schema name of the database: `main`, `temp` or an attached one.
    package let database: String?

    init(code: Int32, first: String?, second: String?, database: String?) {
        kind =
            switch code {
            case SQLITE_SELECT: .select
            case SQLITE_READ: .read
            case SQLITE_FUNCTION: .function
            case SQLITE_RECURSIVE: .recursive
            case SQLITE_TRANSACTION: .transaction
            default: .other
            }
        self.first = first
        self.second = second
        self.database = database
    }
}

/// Carries an authorizer's closure through C.
final class SQLiteAuthorizer {
    private let decide: (SQLiteAction) -> SQLiteDecision

    init(_ decide: @escaping (SQLiteAction) -> SQLiteDecision) { self.decide = decide }

    /// What SQLite calls; its context is the box.
    static let callback:
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?, UnsafePointer<CChar>?
        ) -> Int32 = { context, code, first, second, database, _ in
            guard let context else { return SQLITE_DENY }
            let box = Unmanaged<SQLiteAuthorizer>.fromOpaque(context).takeUnretainedValue()
            let action = SQLiteAction(
                code: code, first: first.map { String(cString: $0) },
                second: second.map { String(cString: $0) },
                database: database.map { String(cString: $0) })
            return switch box.decide(action) {
            case .allow: SQLITE_OK
            case .deny: SQLITE_DENY
            case .ignore: SQLITE_IGNORE
            }
        }
}
