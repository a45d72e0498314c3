import CSQLite
import Glibc

/// One open database.
///
/// A connection is used by one thread at a time: whoever holds it has it alone, be it a writer's
/// thread or a pool's borrower. Only ``interrupt()`` may be called from elsewhere meanwhile.
package final class SQLiteConnection: @unchecked Sendable {
    // Unchecked, because the compiler cannot see that a connection moves between threads but is
    // never shared by two: `SQLitePool` lends it to one caller, and a writer owns its own.
    // SQLite is opened in multi-thread mode, which asks for exactly this discipline.

    package enum Mode: Sendable {
        /// Creates the file if it is missing.
        case readWrite
        case readOnly
        /// The file never changes while it is open: no locks, no journal, no temporary files.
        case immutable
        case inMemory
    }

    let handle: OpaquePointer
    private var cache: [String: SQLiteStatement] = [:]
    /// Kept statements handed out since the last ``resetStatements()``.
    private var inUse: [SQLiteStatement] = []
    private var progress: Progress?
    private var authorizer: SQLiteAuthorizer?
    /// Names of the databases attached by ``attach(path:as:)``, in SQLite's spelling.
    private var attached: [String] = []
    /// What SQLite keeps a pointer to as the name of the main database.
    private var mainName: UnsafeMutablePointer<CChar>?

    /// Prepared statements that are kept for their text; a text beyond that is prepared anew.
    private static let cachedStatementsMax = 128
    private static let busyTimeoutMilliseconds: Int32 = 5_000

    /// - Throws: `.cannotOpen`, `.notADatabase` and what else opening may find.
    package init(path: String, mode: Mode) throws(SQLiteError) {
        var opened: OpaquePointer?
        let (name, flags) = Self.openArguments(path: path, mode: mode)
        let code = sqlite3_open_v2(
            name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW,
            nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(code, opened)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Self.busyTimeoutMilliseconds)
        try execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
    }

    deinit {
        forgetStatements()
        // Statements that a caller still holds keep the handle alive until they go ("v2"); what
        // belongs to this value must not be called or read by them.
        sqlite3_progress_handler(handle, 0, nil, nil)
        sqlite3_set_authorizer(handle, nil, nil)
        if let mainName {
            csqlite_name_main_database(handle, Self.mainNameDefault)
            free(mainName)
        }
        sqlite3_close_v2(handle)
    }

    private static var mainNameDefault: UnsafePointer<CChar> {
        UnsafeRawPointer(StaticString("main").utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func openArguments(path: String, mode: Mode) -> (String, Int32) {
        switch mode {
        case .readWrite: (uri(path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        case .readOnly: (uri(path), SQLITE_OPEN_READONLY)
        case .immutable: (uri(path) + "?immutable=1", SQLITE_OPEN_READONLY)
        case .inMemory: (":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY)
        }
    }

    /// The path as a `file:` URI, so that no character of it is taken for a parameter.
    package static func uri(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "."):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                uri += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return uri
    }
}

extension SQLiteConnection {
    /// Runs a script of statements whose rows nobody reads.
    package func execute(_ script: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(code, handle) }
    }

    /// The statement for this text, reset and without bindings; kept for the next time.
    ///
    /// The same text gives the same statement: finish reading one before preparing it again.
    package func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let statement = cache[sql] {
            statement.reset()
            note(statement)
            return statement
        }
        let isKept = cache.count < Self.cachedStatementsMax
        let statement = try SQLiteStatement(sql, on: self, isKept: isKept)
        if isKept {
            cache[sql] = statement
            note(statement)
        }
        return statement
    }

    /// Once for each statement, however often it is prepared: a writer never stops preparing.
    private func note(_ statement: SQLiteStatement) {
        guard !statement.isInUse else { return }
        statement.isInUse = true
        inUse.append(statement)
    }

    /// A statement of a text that is not worth keeping, such as a client's own.
    package func prepareOnce(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        try SQLiteStatement(sql, on: self, isKept: false)
    }

    /// Ends the reading of every kept statement: one that stopped at a row still holds its
    /// snapshot of the database, and the next reader would see yesterday.
    package func resetStatements() {
        for statement in inUse {
            statement.reset()
            statement.isInUse = false
        }
        inUse.removeAll(keepingCapacity: true)
    }

    /// Drops kept statements, whose locks and schema may be in the way of a change.
    package func forgetStatements() {
        inUse.removeAll()
        cache.removeAll()
    }

    /// Runs the body in a transaction that is undone if the body throws.
    package func transaction<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result, mapping map: (SQLiteError) -> Failure
    ) throws(Failure) -> Result {
        try perform("BEGIN IMMEDIATE", map)
        let result: Result
        do throws(Failure) {
            result = try body()
        } catch {
            // SQLite may have rolled back by itself, and then this has nothing to do.
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
        do throws(Failure) {
            try perform("COMMIT", map)
        } catch {
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
        return result
    }

    private func perform<Failure: Error>(
        _ sql: String, _ map: (SQLiteError) -> Failure
    ) throws(Failure) {
        do throws(SQLiteError) { try execute(sql) } catch { throw map(error) }
    }

    /// Bounds one value or row of everything that runs from now on; more is `.tooBig`.
    ///
    /// - Returns: The bound that held before.
    @discardableResult
    package func limit(valueBytes: Int) -> Int {
        Int(sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: valueBytes)))
    }

    /// Bounds the pattern of a LIKE or GLOB, whose matching nothing can interrupt.
    package func limit(patternBytes: Int) {
        sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, Int32(clamping: patternBytes))
    }

    /// Rows that the last statement inserted, updated or deleted.
    package var changes: Int { Int(sqlite3_changes64(handle)) }

    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Ends what is running with `.interrupted`; may be called from any thread.
    package func interrupt() { sqlite3_interrupt(handle) }
}

// MARK: Other databases

extension SQLiteConnection {
    /// Gives the main database a name of its own, by which statements may then call it.
    package func nameMain(_ name: String) throws(SQLiteError) {
        // SQLite copies neither this name nor the old one, so both stay until the end.
        guard mainName == nil, let copy = strdup(name) else {
            throw SQLiteError(
                code: .misuse, extendedCode: SQLITE_MISUSE, message: "the main database is named")
        }
        mainName = copy
        let code = csqlite_name_main_database(handle, copy)
        guard code == SQLITE_OK else { throw SQLiteError(code, handle) }
    }

    /// Makes another file readable under a name, until ``detachAll()``; once for each name.
    package func attach(readOnly path: String, as name: String) throws(SQLiteError) {
        guard !attached.contains(name) else { return }
        try prepareOnce("ATTACH ? AS ?").run([.text(Self.uri(path) + "?mode=ro"), .text(name)])
        attached.append(name)
    }

    /// Lets go of what was attached; only outside of transactions, which hold it fast.
    package func detachAll() {
        for name in attached {
            do throws(SQLiteError) {
                try prepareOnce("DETACH ?").run([.text(name)])
                attached.removeAll { $0 == name }
            } catch {
                // It is still being read, which is harmless; the next round tries again.
            }
        }
    }
}

// MARK: Hooks

extension SQLiteConnection {
    private final class Progress {
        let shouldStop: () -> Bool
        init(_ shouldStop: @escaping () -> Bool) { self.shouldStop = shouldStop }
    }

    /// Asks every `instructions` steps of the virtual machine whether to stop; nil asks no more.
    package func onProgress(every instructions: Int32, _ shouldStop: (() -> Bool)?) {
        guard let shouldStop else {
            sqlite3_progress_handler(handle, 0, nil, nil)
            progress = nil
            return
        }
        let box = Progress(shouldStop)
        progress = box
        sqlite3_progress_handler(
            handle, instructions,
            { context in
                guard let context else { return 0 }
                let box = Unmanaged<Progress>.fromOpaque(context).takeUnretainedValue()
                return box.shouldStop() ? 1 : 0
            }, Unmanaged.passUnretained(box).toOpaque())
    }

    /// Asks before each action of statements prepared from now on; nil allows everything again.
    package func authorize(_ decide: ((SQLiteAction) -> SQLiteDecision)?) {
        guard let decide else {
            sqlite3_set_authorizer(handle, nil, nil)
            authorizer = nil
            return
        }
        let box = SQLiteAuthorizer(decide)
        authorizer = box
        sqlite3_set_authorizer(
            handle, SQLiteAuthorizer.callback, Unmanaged.passUnretained(box).toOpaque())
    }
}
