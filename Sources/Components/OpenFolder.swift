import Foundation

/// A folder held open: everything in it is reached from here, one part of a path at a time, and
/// never through a symbolic link.
///
/// What was opened stays what it is, whoever renames or links the path meanwhile.
struct OpenFolder: ~Copyable {
    /// What lies in a folder.
    struct Item: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case file, folder, link, other
        }

        let name: String
        let kind: Kind
        let size: Int
        let isExecutable: Bool
        /// Seconds since 1970.
        let changed: Int
    }

    private let descriptor: Int32

    static let folderMode: mode_t = 0o755
    static let fileMode: mode_t = 0o644
    private static let programMode: mode_t = 0o755

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Opens a folder by its path; links in the path are the operator's and are followed.
    static func opened(at path: String) throws(ComponentError) -> OpenFolder {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed("opening", path) }
        return OpenFolder(descriptor: descriptor)
    }

    func folder(_ name: String) throws(ComponentError) -> OpenFolder {
        let found = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard found >= 0 else { throw Self.failed("opening", name) }
        return OpenFolder(descriptor: found)
    }

    /// A folder in this one, made if it is missing.
    func madeFolder(_ name: String) throws(ComponentError) -> OpenFolder {
        if mkdirat(descriptor, name, Self.folderMode) != 0, errno != EEXIST {
            throw Self.failed("making", name)
        }
        return try folder(name)
    }

    /// The folder at the end of a path in this one.
    func folder(at path: ProjectPath) throws(ComponentError) -> OpenFolder {
        var current = try folder(".")
        for part in path.parts { current = try current.folder(part) }
        return current
    }

    /// The folder at the end of a path in this one; what is missing is made and flushed.
    func madeFolder(at path: ProjectPath) throws(ComponentError) -> OpenFolder {
        var current = try folder(".")
        for part in path.parts {
            let made = try current.madeFolder(part)
            try current.sync()
            current = made
        }
        return current
    }

    /// Flushes the names in the folder to the disk.
    func sync() throws(ComponentError) {
        guard fsync(descriptor) == 0 else { throw Self.failed("syncing", "a folder") }
    }

    /// - Returns: Nil if there is nothing of that name.
    func item(_ name: String) throws(ComponentError) -> Item? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.failed("looking at", name)
        }
        return Self.item(name, status)
    }

    /// What lies in the folder, by name.
    func items() throws(ComponentError) -> [Item] {
        let names = try names()
        var items: [Item] = []
        for name in names.sorted() {
            if let item = try item(name) { items.append(item) }
        }
        return items
    }

    private func names() throws(ComponentError) -> [String] {
        // A descriptor of its own: reading a folder moves the place in it.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw Self.failed("opening", "a folder") }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw Self.failed("reading", "a folder")
        }
        defer { closedir(stream) }
        guard let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        var names: [String] = []
        while let entry = readdir(stream) {
            // The entry is as long as its name: it must not be copied as a whole dirent.
            let bytes = (UnsafeRawPointer(entry) + nameOffset)
                .assumingMemoryBound(to: CChar.self)
            // A name that is no text cannot be asked for, so it cannot be shown either.
            guard let name = String(validatingCString: bytes) else { continue }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func item(_ name: String, _ status: stat) -> Item {
        let kind: Item.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        return Item(
            name: name, kind: kind, size: Int(status.st_size),
            isExecutable: status.st_mode & S_IXUSR != 0, changed: status.st_mtim.tv_sec)
    }
}

// MARK: Files

extension OpenFolder {
    /// - Throws: `.fileNotFound`, `.invalidPath` if it is a link or no file.
    func file(_ name: String) throws(ComponentError) -> OpenFile {
        // Without waiting: opening a pipe for reading would wait for a writer.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw Self.failed("opening", name) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw ComponentError(.invalidPath, "\(name) is no file")
        }
        return OpenFile(descriptor: file, status: status)
    }

    /// Creates a file that must not be there yet, and flushes it to the disk.
    func create(
        _ name: String, _ bytes: ArraySlice<UInt8>, isExecutable: Bool = false
    ) throws(ComponentError) {
        let mode = isExecutable ? Self.programMode : Self.fileMode
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(descriptor, name, flags, mode)
        guard file >= 0 else { throw Self.failed("creating", name) }
        defer { close(file) }
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failed("writing", name) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw Self.failed("syncing", name) }
    }

    func link(_ name: String, to target: String) throws(ComponentError) {
        guard symlinkat(target, descriptor, name) == 0 else { throw Self.failed("linking", name) }
    }

    /// Where a link leads; nil if it is none, or leads further than a path may.
    func target(of name: String, bytesMax: Int) -> String? {
        var bytes = [CChar](repeating: 0, count: bytesMax + 1)
        let count = readlinkat(descriptor, name, &bytes, bytes.count)
        guard (0...bytesMax).contains(count) else { return nil }
        return String(validating: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Renames within one file system; a file that has the name is replaced, a folder is not.
    func rename(
        _ name: String, to target: borrowing OpenFolder, as other: String
    ) throws(ComponentError) {
        guard renameat(descriptor, name, target.descriptor, other) == 0 else {
            throw Self.failed("renaming", name)
        }
    }

    /// Removes a file, a link or a folder with all that is in it; nothing there is no failure.
    func remove(_ name: String) throws(ComponentError) {
        guard unlinkat(descriptor, name, 0) != 0, errno != ENOENT else { return }
        // Linux says EISDIR for a folder; POSIX would say EPERM.
        guard errno == EISDIR || errno == EPERM else { throw Self.failed("removing", name) }
        try empty(name)
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw Self.failed("removing", name)
        }
    }

    private func empty(_ name: String) throws(ComponentError) {
        let folder = try folder(name)
        for name in try folder.names() { try folder.remove(name) }
    }

    private static func failed(_ doing: String, _ name: String) -> ComponentError {
        let number = errno
        let message = "\(doing) \(name) failed: \(String(cString: strerror(number)))"
        switch number {
        case ENOENT: return ComponentError(.fileNotFound, "File does not exist")
        case ELOOP, ENOTDIR, EISDIR, ENXIO:
            return ComponentError(.invalidPath, "\(name) is a link or no folder or file")
        case ENAMETOOLONG: return ComponentError(.limitExceeded, message)
        case ENOSPC, EDQUOT: return ComponentError(.diskFull, message)
        default: return ComponentError(.storageFailed, message)
        }
    }
}
