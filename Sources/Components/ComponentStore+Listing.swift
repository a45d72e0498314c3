import Foundation

/// What the store holds, in the shapes that HarperDB's clients read.
extension ComponentStore {
    /// A file or folder of a project.
    package indirect enum Listing: Sendable, Hashable {
        case folder(name: String, [Listing])
        case file(name: String, size: Int, changed: Date)

        package var name: String {
            switch self {
            case .folder(let name, _), .file(let name, _, _): name
            }
        }
    }

    /// A project by the three folders that custom functions have.
    package struct Functions: Sendable, Hashable {
        package let project: ProjectName
        /// Files of `routes` and `helpers`, without `.js`.
        package let routes: [String]
        package let helpers: [String]
        /// How many files lie in `static` and beneath.
        package let staticCount: Int
    }

    static let staticFolder = "static"

    /// Every project as a tree; what begins with a dot, `node_modules` and links are left out.
    ///
    /// - Throws: `.limitExceeded` if an operator's own folders are too many or too deep.
    package func tree() throws(ComponentError) -> [Listing] {
        let names = try names()
        var count = 0
        var projects: [Listing] = []
        for name in names {
            guard
                let entries = try present({ () throws(ComponentError) in
                    try looking(at: name) { folder throws(ComponentError) in
                        try list(folder, depth: 1, &count)
                    }
                })
            else { continue }
            projects.append(.folder(name: name.description, entries))
        }
        return projects
    }

    /// Nil for a project that was dropped after its name was listed.
    private func present<Answer>(
        _ body: () throws(ComponentError) -> Answer
    ) throws(ComponentError) -> Answer? {
        do throws(ComponentError) {
            return try body()
        } catch  where error.code == .projectNotFound {
            return nil
        }
    }

    private func list(
        _ folder: borrowing OpenFolder, depth: Int, _ count: inout Int
    ) throws(ComponentError) -> [Listing] {
        guard depth <= limits.pathDepth else {
            throw .limit(depth, "parts of a path", limits.pathDepth)
        }
        var entries: [Listing] = []
        for item in try folder.items() where !Self.isHidden(item.name) {
            count += 1
            guard count <= limits.entries else {
                throw .limit(count, "files and folders of all projects", limits.entries)
            }
            switch item.kind {
            case .folder:
                let inner = try list(folder.folder(item.name), depth: depth + 1, &count)
                entries.append(.folder(name: item.name, inner))
            case .file:
                let changed = Date(timeIntervalSince1970: TimeInterval(item.changed))
                entries.append(.file(name: item.name, size: item.size, changed: changed))
            case .link, .other: break
            }
        }
        return entries
    }

    private static func isHidden(_ name: String) -> Bool {
        name.hasPrefix(".") || name == nodeModules
    }

    package func functions() throws(ComponentError) -> [Functions] {
        let names = try names()
        var projects: [Functions] = []
        for name in names {
            let functions = try present { () throws(ComponentError) in
                try looking(at: name) { folder throws(ComponentError) in
                    var count = 0
                    return Functions(
                        project: name, routes: try scripts("routes", in: folder),
                        helpers: try scripts("helpers", in: folder),
                        staticCount: try Self.fileCount(
                            listed(Self.staticFolder, in: folder, &count)))
                }
            }
            if let functions { projects.append(functions) }
        }
        return projects
    }

    private static let scriptSuffix = ".js"

    private func scripts(
        _ name: String, in project: borrowing OpenFolder
    ) throws(ComponentError) -> [String] {
        guard try project.item(name)?.kind == .folder else { return [] }
        return try project.folder(name).items()
            .filter { $0.kind == .file && $0.name.hasSuffix(Self.scriptSuffix) }
            .map { String($0.name.dropLast(Self.scriptSuffix.count)) }
    }

    private func listed(
        _ name: String, in project: borrowing OpenFolder, _ count: inout Int
    ) throws(ComponentError) -> [Listing] {
        guard try project.item(name)?.kind == .folder else { return [] }
        return try list(project.folder(name), depth: 1, &count)
    }

    private static func fileCount(_ entries: [Listing]) -> Int {
        entries.reduce(0) { sum, entry in
            switch entry {
            case .file: sum + 1
            case .folder(_, let inner): sum + fileCount(inner)
            }
        }
    }
}
