/// What an archive would put into a project, checked before a single file is written.
///
/// Invariants:
/// 1. Every path lies in the project; no file is named twice; nothing lies beneath a file or a
///    link, so that no entry can be written through an earlier one.
/// 2. A symbolic link goes up only at the front of its target and never above the project.
/// 3. A hard link is the content of an earlier file.
struct ArchivePlan {
    enum Item: Sendable, Hashable {
        case folder
        /// The place of the content in the archive.
        case file(Range<Int>, isExecutable: Bool)
        case link(target: String)
    }

    /// In the archive's order; folders that it does not name come before what lies in them.
    private(set) var items: [(path: ProjectPath, item: Item)] = []

    private var known: [ProjectPath: Item] = [:]
    private let limits: ComponentLimits
    private var contentBytes = 0

    /// The folder that npm puts around every package.
    private static let liftedFolder = "package"

    init(of archive: [UInt8], limits: ComponentLimits) throws(ComponentError) {
        self.limits = limits
        guard archive.count <= limits.archiveBytes else {
            throw .limit(archive.count, "bytes of an archive", limits.archiveBytes)
        }
        var reader = TarReader(archive, limits: limits)
        while let entry = try reader.next() { try add(entry) }
        guard !items.isEmpty else { throw .archive("it holds nothing") }
        lift()
        try checkLinks()
    }

    private mutating func add(_ entry: TarEntry) throws(ComponentError) {
        let path: ProjectPath
        do throws(ComponentError) {
            path = try ProjectPath(folderOrTop: entry.name, limits: limits)
        } catch  where error.code == .invalidPath {
            throw .archive("a name leads out of the project")
        }
        guard !path.parts.isEmpty else {
            // `./`, the project's own folder.
            guard entry.kind == .folder else { throw .archive("a file has no name") }
            return
        }
        try putFolders(above: path)
        try put(path, item(entry.kind))
    }

    /// A folder that is known has known folders above it, so that the way up ends there.
    private mutating func putFolders(above path: ProjectPath) throws(ComponentError) {
        var missing: [ProjectPath] = []
        var folder = path.folder
        while !folder.parts.isEmpty, known[folder] != .folder {
            missing.append(folder)
            folder = folder.folder
        }
        for folder in missing.reversed() { try put(folder, .folder) }
    }

    private mutating func put(_ path: ProjectPath, _ item: Item) throws(ComponentError) {
        if let present = known[path] {
            guard present == .folder, item == .folder else {
                throw .archive("it holds \(path) twice")
            }
            return
        }
        guard items.count < limits.entries else {
            throw .limit(items.count + 1, "files and folders of an archive", limits.entries)
        }
        known[path] = item
        items.append((path, item))
    }

    private mutating func item(_ kind: TarEntry.Kind) throws(ComponentError) -> Item {
        switch kind {
        case .folder: return .folder
        case .symbolicLink(let target): return .link(target: target)
        case .file(let content, let isExecutable):
            return try file(content, isExecutable: isExecutable)
        case .hardLink(let target):
            guard let path = try? ProjectPath(target, limits: limits),
                case .file(let content, let isExecutable) = known[path]
            else { throw .archive("a hard link names no earlier file of the archive") }
            return try file(content, isExecutable: isExecutable)
        }
    }

    /// Hard links multiply content that the archive holds once, so what is written has the limit
    /// of an archive of its own.
    private mutating func file(
        _ content: Range<Int>, isExecutable: Bool
    ) throws(ComponentError) -> Item {
        guard content.count <= limits.fileBytes else {
            throw .limit(content.count, "bytes of a file", limits.fileBytes)
        }
        contentBytes += content.count
        guard contentBytes <= limits.archiveBytes else {
            throw .limit(contentBytes, "bytes of all files", limits.archiveBytes)
        }
        return .file(content, isExecutable: isExecutable)
    }

    private mutating func lift() {
        let isWrapped =
            items.count > 1 && items.allSatisfy { $0.path.parts.first == Self.liftedFolder }
            && items.first?.item == .folder
        guard isWrapped else { return }
        items = items.dropFirst().map { ($0.path.droppingFirst(), $0.item) }
    }

    private func checkLinks() throws(ComponentError) {
        for (path, item) in items {
            if case .link(let target) = item, !Self.stays(target, in: path.folder) {
                throw .archive("the link \(path) leads out of the project")
            }
        }
    }

    /// Whether a link stays in the project, whatever other links its target goes through.
    ///
    /// `..` is counted only at the front, where it starts from a real folder: after another link
    /// it would go up from wherever that one leads.
    static func stays(_ target: String, in folder: ProjectPath) -> Bool {
        let bytes = target.utf8
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "/"), !bytes.contains(0) else {
            return false
        }
        let parts = bytes.split(separator: UInt8(ascii: "/")).map { String($0) ?? ".." }
            .filter { $0 != "." }
        let ups = parts.prefix { $0 == ".." }.count
        return ups <= folder.parts.count && !parts.dropFirst(ups).contains("..")
    }
}
