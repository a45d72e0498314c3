import Foundation
import Synchronization

/// The projects of a node on its disk, as HarperDB's clients know them.
///
/// Files are kept and handed out; nothing is ever executed. Calls block on the disk: make them
/// from worker threads.
///
/// Invariants:
/// 1. A project is the folder of its name beneath the root; what begins with a dot is the store's.
/// 2. Whatever appears in the root was complete and flushed before: it is made in the staging
///    folder and renamed into its place.
/// 3. Two renames exchange a project. Between them the earlier one lies in the staging folder under
///    a name that ``recover()`` knows, and no reader looks.
/// 4. No path is followed through a symbolic link.
package final class ComponentStore: Sendable {
    /// The stages of a deployment, for tests that take the power away between them.
    package enum DeployStep: Sendable, Hashable, CaseIterable {
        case unpacked, setAside, inPlace, retired
    }

    /// Turns gzip (RFC 1952) into at most so many bytes.
    package typealias Inflate =
        @Sendable (_ gzip: [UInt8], _ bytesMax: Int) throws(ComponentError) -> [UInt8]

    package let root: String
    let limits: ComponentLimits
    let inflate: Inflate
    let onStep: @Sendable (DeployStep) -> Void
    /// Held by whoever looks at the root or changes it; unpacking happens outside.
    private let visible = Mutex<Void>(())

    private static let stagingName = ".staging"
    /// Before the name of the project that a deployment has moved out of the way.
    private static let asidePrefix = "aside."

    /// Opens the store in a directory, making it if it is missing, and ends what an earlier life
    /// of the process had begun.
    ///
    /// - Parameter inflate: Without it, gzipped archives are refused.
    /// - Throws: `.storageFailed`, `.diskFull`.
    package init(
        root: String, limits: ComponentLimits = ComponentLimits(),
        inflate: @escaping Inflate = { _, _ throws(ComponentError) in
            throw .archive("it is gzipped, which this node does not read")
        },
        onStep: @escaping @Sendable (DeployStep) -> Void = { _ in }
    ) throws(ComponentError) {
        self.root = root
        self.limits = limits
        self.inflate = inflate
        self.onStep = onStep
        do {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(Self.stagingName)", withIntermediateDirectories: true)
        } catch {
            throw ComponentError(.storageFailed, "the directory \(root) cannot be made")
        }
        try recover()
    }

    /// Puts back a project whose exchange was cut off, and clears the staging folder.
    private func recover() throws(ComponentError) {
        let root = try opened()
        let staging = try root.folder(Self.stagingName)
        for item in try staging.items() {
            if item.name.hasPrefix(Self.asidePrefix) {
                let project = String(item.name.dropFirst(Self.asidePrefix.count))
                if try root.item(project) == nil {
                    try staging.rename(item.name, to: root, as: project)
                    continue
                }
            }
            try staging.remove(item.name)
        }
        try root.sync()
        try staging.sync()
    }

    private func opened() throws(ComponentError) -> OpenFolder { try OpenFolder.opened(at: root) }

    /// Runs what reads or changes the projects that clients see, one at a time.
    func looking<Answer>(
        _ body: (borrowing OpenFolder) throws(ComponentError) -> Answer
    ) throws(ComponentError) -> Answer {
        try visible.withLock { _ throws(ComponentError) in
            let root = try opened()
            return try body(root)
        }
    }

    /// Runs what reads or changes one project.
    func looking<Answer>(
        at project: ProjectName, _ body: (borrowing OpenFolder) throws(ComponentError) -> Answer
    ) throws(ComponentError) -> Answer {
        try looking { root throws(ComponentError) in
            try Self.check(project, isIn: root)
            let folder = try root.folder(project.description)
            return try body(folder)
        }
    }

    private static func check(
        _ project: ProjectName, isIn root: borrowing OpenFolder
    ) throws(ComponentError) {
        guard try root.item(project.description) != nil else {
            throw ComponentError(
                .projectNotFound,
                "Project does not exist. Create one using 'add_custom_function_project'")
        }
    }

    /// Makes something in the staging folder; whatever is left of it afterwards is removed.
    func staging<Answer>(
        _ body: (borrowing OpenFolder, String) throws(ComponentError) -> Answer
    ) throws(ComponentError) -> Answer {
        let root = try opened()
        let staging = try root.folder(Self.stagingName)
        let name = UUID().uuidString
        do throws(ComponentError) {
            let answer = try body(staging, name)
            try staging.remove(name)
            return answer
        } catch {
            // The first failure is the one to tell; the next start clears what is left.
            try? staging.remove(name)
            throw error
        }
    }
}

// MARK: Whole projects

extension ComponentStore {
    package func names() throws(ComponentError) -> [ProjectName] {
        try looking { root throws(ComponentError) in try names(in: root) }
    }

    private func names(in root: borrowing OpenFolder) throws(ComponentError) -> [ProjectName] {
        try root.items().filter { $0.kind == .folder }
            .compactMap { try? ProjectName($0.name, limits: limits) }
    }

    package func contains(_ project: ProjectName) throws(ComponentError) -> Bool {
        try looking { root throws(ComponentError) in
            try root.item(project.description) != nil
        }
    }

    /// Makes a project of the template's files.
    ///
    /// - Throws: `.projectExists`, `.limitExceeded`.
    package func add(_ project: ProjectName) throws(ComponentError) {
        try staging { staging, name throws(ComponentError) in
            try ProjectTemplate.write(in: staging.madeFolder(name), project: project)
            try looking { root throws(ComponentError) in
                guard try root.item(project.description) == nil else {
                    throw ComponentError(.projectExists, "Project already exists")
                }
                try checkCount(in: root)
                try staging.rename(name, to: root, as: project.description)
                try root.sync()
            }
        }
    }

    /// Makes a project without files, unless it is there.
    ///
    /// - Throws: `.limitExceeded`.
    package func addEmpty(_ project: ProjectName) throws(ComponentError) {
        try looking { root throws(ComponentError) in
            guard try root.item(project.description) == nil else { return }
            try checkCount(in: root)
            _ = try root.madeFolder(project.description)
            try root.sync()
        }
    }

    /// Removes a project with all its files.
    ///
    /// - Throws: `.projectNotFound`.
    package func drop(_ project: ProjectName) throws(ComponentError) {
        try staging { staging, name throws(ComponentError) in
            try looking { root throws(ComponentError) in
                try Self.check(project, isIn: root)
                try root.rename(project.description, to: staging, as: name)
                try root.sync()
            }
        }
    }

    /// Puts the folder `name` of the staging folder in the place of a project.
    ///
    /// Afterwards the earlier project, if there was one, has the name in the staging folder.
    func exchange(
        _ project: ProjectName, _ staging: borrowing OpenFolder, _ name: String
    ) throws(ComponentError) {
        try looking { root throws(ComponentError) in
            guard try root.item(project.description) != nil else {
                try checkCount(in: root)
                try staging.rename(name, to: root, as: project.description)
                try root.sync()
                return onStep(.inPlace)
            }
            let aside = Self.asidePrefix + project.description
            try root.rename(project.description, to: staging, as: aside)
            onStep(.setAside)
            do throws(ComponentError) {
                try staging.rename(name, to: root, as: project.description)
            } catch {
                try staging.rename(aside, to: root, as: project.description)
                throw error
            }
            try root.sync()
            try staging.sync()
            onStep(.inPlace)
            try staging.rename(aside, to: staging, as: name)
        }
    }

    private func checkCount(in root: borrowing OpenFolder) throws(ComponentError) {
        let count = try names(in: root).count
        guard count < limits.projects else {
            throw .limit(count + 1, "projects", limits.projects)
        }
    }
}
