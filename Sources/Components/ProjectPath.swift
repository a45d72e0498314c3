/// A place inside a project: never absolute, never upward, whoever wrote it.
package struct ProjectPath: Sendable, Hashable, CustomStringConvertible {
    package let parts: [String]

    /// - Throws: `.invalidPath` if the path could lead out of the project or names nothing,
    ///   `.limitExceeded`.
    package init(_ text: String, limits: ComponentLimits = ComponentLimits()) throws(ComponentError)
    {
        let path = try Self(folderOrTop: text, limits: limits)
        guard !path.parts.isEmpty else { throw ComponentError(.invalidPath, "Invalid file path") }
        self = path
    }

    /// A path that may also name the project's own folder, as archives do with `./`.
    init(folderOrTop text: String, limits: ComponentLimits) throws(ComponentError) {
        let bytes = text.utf8
        guard bytes.count <= limits.pathBytes else {
            throw .limit(bytes.count, "bytes of a path", limits.pathBytes)
        }
        let parts = bytes.split(separator: UInt8(ascii: "/")).map { String($0) ?? ".." }
            .filter { $0 != "." }
        guard bytes.first != UInt8(ascii: "/"), !bytes.contains(0), !parts.contains("..") else {
            throw ComponentError(.invalidPath, "Invalid file path")
        }
        guard parts.count <= limits.pathDepth else {
            throw .limit(parts.count, "parts of a path", limits.pathDepth)
        }
        if let long = parts.first(where: { $0.utf8.count > limits.partBytes }) {
            throw .limit(long.utf8.count, "bytes of a file's name", limits.partBytes)
        }
        self.parts = parts
    }

    private init(parts: [String]) { self.parts = parts }

    package var description: String { parts.joined(separator: "/") }

    /// The folder that the path lies in; the project itself for a path of one part.
    var folder: Self { Self(parts: parts.dropLast()) }

    func droppingFirst() -> Self { Self(parts: Array(parts.dropFirst())) }
}

/// The name of a project, which is the name of its folder and the first part of its URLs.
package struct ProjectName: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// - Throws: `.invalidName` with HarperDB's sentence, `.limitExceeded`.
    package init(_ name: String, limits: ComponentLimits = ComponentLimits()) throws(ComponentError)
    {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.allows) else {
            throw ComponentError(
                .invalidName,
                "Project name can only contain alphanumeric, dash and underscores characters")
        }
        guard name.utf8.count <= limits.projectNameBytes else {
            throw .limit(name.utf8.count, "bytes of a project's name", limits.projectNameBytes)
        }
        description = name
    }

    /// Letters, digits, dash and underscore.
    package static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
