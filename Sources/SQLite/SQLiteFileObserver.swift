import CSQLite
import Glibc
import Synchronization

/// Somebody who looks on while SQLite writes files, on the thread that writes.
///
/// For those who want to know what a disk does to a database: a test that cuts the power, a
/// measurement on a slower disk.
package protocol SQLiteFileObserver: Sendable {
    func willWrite(_ bytes: UnsafeRawBufferPointer, at offset: Int, of path: String)
    func willTruncate(_ path: String, to size: Int)
    func willSync(_ path: String)
    func didSync(_ path: String)
    func willRemove(_ path: String)
}

/// Puts observers between SQLite and the system's files, as SQLite wants it done (a "VFS shim").
///
/// Files below an observed directory report to its observer; all others are what they would be
/// without it.
package enum SQLiteFileObservation {
    private static let observers = Mutex<[(root: String, observer: any SQLiteFileObserver)]>([])

    /// Files that are opened from now on below a directory, given without links, report.
    package static func begin(_ root: String, _ observer: some SQLiteFileObserver) {
        precondition(isRegistered, "SQLite took no other file system")
        observers.withLock { $0.append((root, observer)) }
    }

    fileprivate static func observer(of path: String) -> (any SQLiteFileObserver)? {
        observers.withLock { $0.first { path.hasPrefix($0.root + "/") }?.observer }
    }

    private static let isRegistered: Bool = {
        guard let system = sqlite3_vfs_find(nil) else { return false }
        // SQLite keeps it for as long as the process lives.
        let shim = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        shim.initialize(to: system.pointee)
        shim.pointee.pNext = nil
        shim.pointee.zName = UnsafePointer(strdup("observed"))
        shim.pointee.pAppData = UnsafeMutableRawPointer(system)
        shim.pointee.szOsFile = Int32(ObservedFile.headerBytes) + system.pointee.szOsFile
        shim.pointee.xOpen = { shim, name, file, flags, outFlags in
            SQLiteFileObservation.open(shim, name, file, flags, outFlags)
        }
        shim.pointee.xDelete = { shim, name, syncsDirectory in
            guard let shim, let system = SQLiteFileObservation.system(of: shim) else {
                return SQLITE_IOERR
            }
            if let name {
                let path = String(cString: name)
                SQLiteFileObservation.observer(of: path)?.willRemove(path)
            }
            return system.pointee.xDelete(system, name, syncsDirectory)
        }
        return sqlite3_vfs_register(shim, 1) == SQLITE_OK
    }()

    private static func system(
        of shim: UnsafeMutablePointer<sqlite3_vfs>
    ) -> UnsafeMutablePointer<sqlite3_vfs>? {
        shim.pointee.pAppData?.assumingMemoryBound(to: sqlite3_vfs.self)
    }

    private static func open(
        _ shim: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?,
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let shim, let file, let system = system(of: shim) else { return SQLITE_CANTOPEN }
        guard let name, let observer = observer(of: String(cString: name)) else {
            return system.pointee.xOpen(system, name, file, flags, outFlags)
        }
        let inner = ObservedFile.inner(file)
        let code = system.pointee.xOpen(system, name, inner, flags, outFlags)
        file.pointee.pMethods = nil
        guard code == SQLITE_OK else { return code }
        ObservedFile(observer, path: String(cString: name)).attach(to: file)
        return code
    }
}

/// One open file that is observed: what SQLite takes for the file is a header with this value
/// behind it, then the system's own file.
private final class ObservedFile {
    /// The methods, a pointer to this value; keeps the system's file aligned.
    static let headerBytes = 16

    private let observer: any SQLiteFileObserver
    private let path: String

    init(_ observer: any SQLiteFileObserver, path: String) {
        self.observer = observer
        self.path = path
    }

    func attach(to file: UnsafeMutablePointer<sqlite3_file>) {
        Self.slot(file).pointee = Unmanaged.passRetained(self)
        file.pointee.pMethods = UnsafePointer(Self.methods)
    }

    static func inner(
        _ file: UnsafeMutablePointer<sqlite3_file>
    ) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + headerBytes).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func slot(
        _ file: UnsafeMutablePointer<sqlite3_file>
    ) -> UnsafeMutablePointer<Unmanaged<ObservedFile>> {
        (UnsafeMutableRawPointer(file) + MemoryLayout<sqlite3_file>.size)
            .assumingMemoryBound(to: Unmanaged<ObservedFile>.self)
    }

    private static func of(_ file: UnsafeMutablePointer<sqlite3_file>) -> ObservedFile {
        slot(file).pointee.takeUnretainedValue()
    }

    /// Calls the system's method, with what the observer learns before or after it.
    private static func pass(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (sqlite3_io_methods, UnsafeMutablePointer<sqlite3_file>, ObservedFile) -> Int32
    ) -> Int32 {
        guard let file, let methods = inner(file).pointee.pMethods else { return SQLITE_IOERR }
        return body(methods.pointee, inner(file), of(file))
    }

    nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        // Written once before the first file is opened, only read after that.
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        methods.pointee.iVersion = 2
        addContent(to: &methods.pointee)
        addLocks(to: &methods.pointee)
        addSharedMemory(to: &methods.pointee)
        return methods
    }()

    private static func addContent(to methods: inout sqlite3_io_methods) {
        methods.xClose = { file in
            ObservedFile.pass(file) { methods, inner, own in
                defer { Unmanaged.passUnretained(own).release() }
                return methods.xClose(inner)
            }
        }
        methods.xRead = { file, buffer, count, offset in
            ObservedFile.pass(file) { methods, inner, _ in
                methods.xRead(inner, buffer, count, offset)
            }
        }
        methods.xWrite = { file, buffer, count, offset in
            ObservedFile.pass(file) { methods, inner, own in
                let bytes = UnsafeRawBufferPointer(start: buffer, count: Int(count))
                own.observer.willWrite(bytes, at: Int(offset), of: own.path)
                return methods.xWrite(inner, buffer, count, offset)
            }
        }
        methods.xTruncate = { file, size in
            ObservedFile.pass(file) { methods, inner, own in
                own.observer.willTruncate(own.path, to: Int(size))
                return methods.xTruncate(inner, size)
            }
        }
        methods.xSync = { file, flags in
            ObservedFile.pass(file) { methods, inner, own in
                own.observer.willSync(own.path)
                let code = methods.xSync(inner, flags)
                if code == SQLITE_OK { own.observer.didSync(own.path) }
                return code
            }
        }
        methods.xFileSize = { file, size in
            ObservedFile.pass(file) { methods, inner, _ in methods.xFileSize(inner, size) }
        }
    }

    private static func addLocks(to methods: inout sqlite3_io_methods) {
        methods.xLock = { file, level in
            ObservedFile.pass(file) { methods, inner, _ in methods.xLock(inner, level) }
        }
        methods.xUnlock = { file, level in
            ObservedFile.pass(file) { methods, inner, _ in methods.xUnlock(inner, level) }
        }
        methods.xCheckReservedLock = { file, answer in
            ObservedFile.pass(file) { methods, inner, _ in
                methods.xCheckReservedLock(inner, answer)
            }
        }
        methods.xFileControl = { file, operation, argument in
            // What goes past xWrite would not be seen.
            if operation == SQLITE_FCNTL_MMAP_SIZE { return SQLITE_NOTFOUND }
            return ObservedFile.pass(file) { methods, inner, _ in
                methods.xFileControl(inner, operation, argument)
            }
        }
        methods.xSectorSize = { file in
            ObservedFile.pass(file) { methods, inner, _ in methods.xSectorSize(inner) }
        }
        methods.xDeviceCharacteristics = { file in
            ObservedFile.pass(file) { methods, inner, _ in methods.xDeviceCharacteristics(inner) }
        }
    }

    /// The index of the log is memory that dies with the power anyway.
    private static func addSharedMemory(to methods: inout sqlite3_io_methods) {
        methods.xShmMap = { file, page, size, extends, address in
            ObservedFile.pass(file) { methods, inner, _ in
                methods.xShmMap(inner, page, size, extends, address)
            }
        }
        methods.xShmLock = { file, offset, count, flags in
            ObservedFile.pass(file) { methods, inner, _ in
                methods.xShmLock(inner, offset, count, flags)
            }
        }
        methods.xShmBarrier = { file in
            guard let file else { return }
            let inner = ObservedFile.inner(file)
            inner.pointee.pMethods?.pointee.xShmBarrier(inner)
        }
        methods.xShmUnmap = { file, deletes in
            ObservedFile.pass(file) { methods, inner, _ in methods.xShmUnmap(inner, deletes) }
        }
    }
}
