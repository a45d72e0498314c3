import Foundation

/// Single files of a project.
extension ComponentStore {
    /// A file as it is on the disk.
    package struct File: Sendable, Hashable {
        package let bytes: [UInt8]
        /// When its content was last changed.
        package let changed: Date
    }

    /// - Throws: `.projectNotFound`, `.fileNotFound`, `.invalidPath` if it is a link or a folder,
    ///   `.limitExceeded`.
    package func file(_ path: ProjectPath, of project: ProjectName) throws(ComponentError) -> File {
        let file = try opened(path, of: project)
        return File(bytes: try file.bytes(max: limits.fileBytes), changed: file.changed)
    }

    /// A file to be read piece by piece, of any size.
    ///
    /// - Throws: `.projectNotFound`, `.fileNotFound`, `.invalidPath`.
    package func opened(
        _ path: ProjectPath, of project: ProjectName
    ) throws(ComponentError) -> OpenFile {
        try looking(at: project) { folder throws(ComponentError) in
            try folder.folder(at: path.folder).file(path.parts.last ?? "")
        }
    }

    /// Replaces a file or makes it, and the folders above it: readers see the earlier bytes or
    /// the new ones.
    ///
    /// - Throws: `.projectNotFound`, `.invalidPath` if a folder or a link is in the way.
    package func write(
        _ bytes: [UInt8], to path: ProjectPath, of project: ProjectName
    ) throws(ComponentError) {
        guard bytes.count <= limits.fileBytes else {
            throw .limit(bytes.count, "bytes of a file", limits.fileBytes)
        }
        let name = path.parts.last ?? ""
        try staging { staging, temporary throws(ComponentError) in
            try staging.create(temporary, bytes[...])
            try looking(at: project) { folder throws(ComponentError) in
                let place = try folder.madeFolder(at: path.folder)
                if let present = try place.item(name), present.kind != .file {
                    throw ComponentError(.invalidPath, "\(path) is no file")
                }
                try staging.rename(temporary, to: place, as: name)
                try place.sync()
            }
        }
    }

    /// Makes a folder and what is missing above it.
    package func makeFolder(
        _ path: ProjectPath, of project: ProjectName
    ) throws(ComponentError) {
        try looking(at: project) { folder throws(ComponentError) in
            _ = try folder.madeFolder(at: path)
        }
    }

    /// Removes a file, or a folder with all that is in it.
    ///
    /// - Throws: `.projectNotFound`, `.fileNotFound`.
    package func remove(_ path: ProjectPath, of project: ProjectName) throws(ComponentError) {
        let name = path.parts.last ?? ""
        try staging { staging, temporary throws(ComponentError) in
            try looking(at: project) { folder throws(ComponentError) in
                let place = try folder.folder(at: path.folder)
                try place.rename(name, to: staging, as: temporary)
                try place.sync()
            }
        }
    }
}
