/// Packing and deploying whole projects.
extension ComponentStore {
    /// What to leave out of an archive.
    package struct PackingOptions: Sendable, Hashable {
        package var skipsNodeModules = false
        package var skipsLinks = false

        package init(skipsNodeModules: Bool = false, skipsLinks: Bool = false) {
            self.skipsNodeModules = skipsNodeModules
            self.skipsLinks = skipsLinks
        }
    }

    static let nodeModules = "node_modules"

    private static let gzipMagic: [UInt8] = [0x1F, 0x8B]

    /// Replaces a whole project, or makes it, with the files of a tar archive, plain or gzipped.
    ///
    /// A node that is killed in the middle has the earlier project or the new one. Nothing is
    /// written before the whole archive was checked.
    ///
    /// - Throws: `.badArchive`, `.limitExceeded`, `.diskFull`; then nothing has changed.
    package func deploy(_ project: ProjectName, archive: [UInt8]) throws(ComponentError) {
        var archive = archive
        if archive.starts(with: Self.gzipMagic) {
            archive = try inflate(archive, limits.archiveBytes)
        }
        let plan = try ArchivePlan(of: archive, limits: limits)
        try staging { staging, name throws(ComponentError) in
            try Self.unpack(plan, of: archive, into: staging.madeFolder(name))
            try staging.sync()
            onStep(.unpacked)
            try exchange(project, staging, name)
            onStep(.retired)
        }
    }

    private static func unpack(
        _ plan: ArchivePlan, of archive: [UInt8], into folder: consuming OpenFolder
    ) throws(ComponentError) {
        for (path, item) in plan.items {
            guard let name = path.parts.last else { continue }
            let place = try folder.folder(at: path.folder)
            switch item {
            case .folder: _ = try place.madeFolder(name)
            case .file(let content, let isExecutable):
                try place.create(name, archive[content], isExecutable: isExecutable)
            case .link(let target): try place.link(name, to: target)
            }
        }
        // The names last: a folder is flushed once, with everything in it.
        for (path, item) in plan.items where item == .folder { try folder.folder(at: path).sync() }
        try folder.sync()
    }

    /// The project as a tar archive.
    ///
    /// - Throws: `.projectNotFound`; `.limitExceeded` if an operator put more into the folder than
    ///   an archive may hold.
    package func packed(
        _ project: ProjectName, _ options: PackingOptions = PackingOptions()
    ) throws(ComponentError) -> [UInt8] {
        try looking(at: project) { folder throws(ComponentError) in
            var packing = Packing(limits: limits, options: options)
            try packing.add(folder, at: "", depth: 1)
            return packing.writer.finished()
        }
    }

    private struct Packing {
        let limits: ComponentLimits
        let options: PackingOptions
        var writer = TarWriter()
        var entries = 0

        mutating func add(
            _ folder: borrowing OpenFolder, at prefix: String, depth: Int
        ) throws(ComponentError) {
            guard depth <= limits.pathDepth else {
                throw .limit(depth, "parts of a path", limits.pathDepth)
            }
            for item in try folder.items() {
                if options.skipsNodeModules, item.name == ComponentStore.nodeModules { continue }
                entries += 1
                guard entries <= limits.entries else {
                    throw .limit(entries, "files and folders of a project", limits.entries)
                }
                try add(item, of: folder, as: prefix + item.name, depth: depth)
                guard writer.bytes.count <= limits.archiveBytes else {
                    throw .limit(writer.bytes.count, "bytes of an archive", limits.archiveBytes)
                }
            }
        }

        private mutating func add(
            _ item: OpenFolder.Item, of folder: borrowing OpenFolder, as path: String, depth: Int
        ) throws(ComponentError) {
            switch item.kind {
            case .folder:
                writer.addFolder(path, changed: item.changed)
                try add(folder.folder(item.name), at: path + "/", depth: depth + 1)
            case .file:
                let content = try folder.file(item.name).bytes(max: limits.fileBytes)
                writer.addFile(
                    path, content, isExecutable: item.isExecutable, changed: item.changed)
            case .link:
                guard !options.skipsLinks,
                    let target = folder.target(of: item.name, bytesMax: limits.pathBytes)
                else { return }
                writer.addLink(path, to: target, changed: item.changed)
            // Sockets and pipes are no part of a project.
            case .other: return
            }
        }
    }
}
