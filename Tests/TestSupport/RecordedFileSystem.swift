import CSQLite
import Foundation
import Synchronization

/// SQLite's file system with somebody who looks on: files below a recorded directory report each
/// write and each sync; all others are what they would be without it.
///
/// It is SQLite's way to put something between itself and the system (a "VFS shim"), so the store
/// under test is the one that ships, down to its SQLite.
package enum RecordedFileSystem {
    private static let recorders = Mutex<[(root: String, recorder: PowerCutRecorder)]>([])

    /// Records what SQLite does below a directory, from now on.
    ///
    /// - Parameter beforeSync: Called on the thread that syncs, with all its writes recorded.
    package static func record(
        _ root: String, beforeSync: @escaping @Sendable (PowerCutRecorder) -> Void
    ) {
        precondition(isRegistered, "SQLite took no other file system")
        let recorder = PowerCutRecorder(beforeSync: beforeSync)
        recorders.withLock { $0.append((root, recorder)) }
    }

    fileprivate static func recorder(of path: String) -> PowerCutRecorder? {
        recorders.withLock { $0.first { path.hasPrefix($0.root + "/") }?.recorder }
    }

    private static let isRegistered: Bool = {
        guard let system = sqlite3_vfs_find(nil) else { return false }
        // SQLite keeps it for as long as the process lives.
        let shim = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        shim.initialize(to: system.pointee)
        shim.pointee.pNext = nil
        shim.pointee.zName = UnsafePointer(strdup("recorded"))
        shim.pointee.pAppData = UnsafeMutableRawPointer(system)
        shim.pointee.szOsFile = Int32(RecordedFile.headerBytes) + system.pointee.szOsFile
        shim.pointee.xOpen = { shim, name, file, flags, outFlags in
            RecordedFileSystem.open(shim, name, file, flags, outFlags)
        }
        shim.pointee.xDelete = { shim, name, syncsDirectory in
            guard let shim, let system = RecordedFileSystem.system(of: shim) else {
                return SQLITE_IOERR
            }
            if let name {
                let path = String(cString: name)
                RecordedFileSystem.recorder(of: path)?.remove(path)
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
        guard let name, let recorder = recorder(of: String(cString: name)) else {
            return system.pointee.xOpen(system, name, file, flags, outFlags)
        }
        let inner = RecordedFile.inner(file)
        let code = system.pointee.xOpen(system, name, inner, flags, outFlags)
        file.pointee.pMethods = nil
        guard code == SQLITE_OK else { return code }
        RecordedFile(recorder, path: String(cString: name)).attach(to: file)
        return code
    }
}

/// One open file that is recorded: what SQLite takes for the file is a header with this value
/// behind it, then the system's own file.
private final class RecordedFile {
    /// The methods, a pointer to this value; keeps the system's file aligned.
    static let headerBytes = 16

    private let recorder: PowerCutRecorder
    private let path: String

    init(_ recorder: PowerCutRecorder, path: String) {
        self.recorder = recorder
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
    ) -> UnsafeMutablePointer<Unmanaged<RecordedFile>> {
        (UnsafeMutableRawPointer(file) + MemoryLayout<sqlite3_file>.size)
            .assumingMemoryBound(to: Unmanaged<RecordedFile>.self)
    }

    private static func of(_ file: UnsafeMutablePointer<sqlite3_file>) -> RecordedFile {
        slot(file).pointee.takeUnretainedValue()
    }

    /// Calls the system's method, with what the recorder learns before or after it.
    private static func pass(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (sqlite3_io_methods, UnsafeMutablePointer<sqlite3_file>, RecordedFile) -> Int32
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
            RecordedFile.pass(file) { methods, inner, own in
                defer { Unmanaged.passUnretained(own).release() }
                return methods.xClose(inner)
            }
        }
        methods.xRead = { file, buffer, count, offset in
            RecordedFile.pass(file) { methods, inner, _ in
                methods.xRead(inner, buffer, count, offset)
            }
        }
        methods.xWrite = { file, buffer, count, offset in
            RecordedFile.pass(file) { methods, inner, own in
                let bytes = UnsafeRawBufferPointer(start: buffer, count: Int(count))
                own.recorder.write(Array(bytes), at: Int(offset), of: own.path)
                return methods.xWrite(inner, buffer, count, offset)
            }
        }
        methods.xTruncate = { file, size in
            RecordedFile.pass(file) { methods, inner, own in
                own.recorder.truncate(own.path, to: Int(size))
                return methods.xTruncate(inner, size)
            }
        }
        methods.xSync = { file, flags in
            RecordedFile.pass(file) { methods, inner, own in
                own.recorder.willSync()
                let code = methods.xSync(inner, flags)
                if code == SQLITE_OK { own.recorder.sync(own.path) }
                return code
            }
        }
        methods.xFileSize = { file, size in
            RecordedFile.pass(file) { methods, inner, _ in methods.xFileSize(inner, size) }
        }
    }

    private static func addLocks(to methods: inout sqlite3_io_methods) {
        methods.xLock = { file, level in
            RecordedFile.pass(file) { methods, inner, _ in methods.xLock(inner, level) }
        }
        methods.xUnlock = { file, level in
            RecordedFile.pass(file) { methods, inner, _ in methods.xUnlock(inner, level) }
        }
        methods.xCheckReservedLock = { file, answer in
            RecordedFile.pass(file) { methods, inner, _ in
                methods.xCheckReservedLock(inner, answer)
            }
        }
        methods.xFileControl = { file, operation, argument in
            // What goes past xWrite would not be seen.
            if operation == SQLITE_FCNTL_MMAP_SIZE { return SQLITE_NOTFOUND }
            return RecordedFile.pass(file) { methods, inner, _ in
                methods.xFileControl(inner, operation, argument)
            }
        }
        methods.xSectorSize = { file in
            RecordedFile.pass(file) { methods, inner, _ in methods.xSectorSize(inner) }
        }
        methods.xDeviceCharacteristics = { file in
            RecordedFile.pass(file) { methods, inner, _ in methods.xDeviceCharacteristics(inner) }
        }
    }

    /// The index of the log is memory that dies with the power anyway.
    private static func addSharedMemory(to methods: inout sqlite3_io_methods) {
        methods.xShmMap = { file, page, size, extends, address in
            RecordedFile.pass(file) { methods, inner, _ in
                methods.xShmMap(inner, page, size, extends, address)
            }
        }
        methods.xShmLock = { file, offset, count, flags in
            RecordedFile.pass(file) { methods, inner, _ in
                methods.xShmLock(inner, offset, count, flags)
            }
        }
        methods.xShmBarrier = { file in
            guard let file else { return }
            let inner = RecordedFile.inner(file)
            inner.pointee.pMethods?.pointee.xShmBarrier(inner)
        }
        methods.xShmUnmap = { file, deletes in
            RecordedFile.pass(file) { methods, inner, _ in methods.xShmUnmap(inner, deletes) }
        }
    }
}
