/// Why a project was not stored, changed or read.
package struct ComponentError: Error, Sendable {
    package enum Code: Sendable, Hashable {
        /// A project's name, a path or an encoded text that is not allowed.
        case invalidName, invalidPath, invalidText
        case projectNotFound, fileNotFound
        case projectExists
        /// The bytes are no archive, or one that asks for what a node does not do.
        case badArchive
        case limitExceeded
        case diskFull
        case storageFailed
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ComponentError {
    /// HarperDB's sentence for whatever is wrong with an archive, and the reason behind it.
    static func archive(_ reason: String) -> Self {
        Self(
            .badArchive,
            "Packaged project must be base64-encoded tar file of project directory: \(reason)")
    }

    static func limit(_ found: Int, _ things: String, _ max: Int) -> Self {
        Self(.limitExceeded, "\(things): \(found), the limit is \(max)")
    }
}
