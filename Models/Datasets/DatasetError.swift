/// Why a data set cannot be read at all; single bad rows are counted instead.
package struct DatasetError: Error, Sendable {
    package enum Code: Sendable {
        case fileNotFound
        case unreadable
        case missingColumn
        case empty
        case limitExceeded
    }

    package let code: Code
    /// What happened and what would help.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
