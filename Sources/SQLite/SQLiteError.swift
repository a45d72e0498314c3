import CSQLite
import Glibc

/// A failure that SQLite reports, matchable precisely or by family.
///
/// Messages hold SQLite's own words and never a bound value.
package struct SQLiteError: Error, Sendable, Hashable {
    /// The result codes that callers tell apart; the rest is `.other`.
    package enum Code: Sendable, Hashable {
        case busy, constraint, corrupt, full, interrupted, inputOutput, notADatabase, readOnly
        case notAuthorized, tooBig, cannotOpen, misuse
        case other
    }

    package let code: Code
    /// The extended result code, as SQLite's manual lists it.
    package let extendedCode: Int32
    package let message: String

    package init(code: Code, extendedCode: Int32, message: String) {
        self.code = code
        self.extendedCode = extendedCode
        self.message = message
    }

    init(_ extendedCode: Int32, _ handle: OpaquePointer?) {
        let words = handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(extendedCode)
        // Some files of SQLite's, such as the index of the log, report a full disk as a failed
        // write; the system's own number tells the two apart.
        let isFull =
            extendedCode & 0xFF == SQLITE_IOERR && handle.map(sqlite3_system_errno) == ENOSPC
        self.init(
            code: isFull ? .full : Code(primary: extendedCode & 0xFF), extendedCode: extendedCode,
            message: words.map { String(cString: $0) } ?? "unknown")
    }
}

extension SQLiteError.Code {
    init(primary: Int32) {
        switch primary {
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_CORRUPT: self = .corrupt
        case SQLITE_FULL: self = .full
        case SQLITE_INTERRUPT: self = .interrupted
        case SQLITE_IOERR: self = .inputOutput
        case SQLITE_NOTADB: self = .notADatabase
        case SQLITE_READONLY: self = .readOnly
        case SQLITE_AUTH: self = .notAuthorized
        case SQLITE_TOOBIG: self = .tooBig
        case SQLITE_CANTOPEN: self = .cannotOpen
        case SQLITE_MISUSE: self = .misuse
        default: self = .other
        }
    }
}

extension SQLiteError: CustomStringConvertible {
    package var description: String { "SQLite: \(message) (\(extendedCode))" }
}
