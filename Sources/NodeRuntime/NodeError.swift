/// Why a node cannot start, or cannot be set otherwise.
package struct NodeError: Error, Sendable {
    package enum Code: Sendable {
        case badConfiguration
        /// A value that a running node was asked to take over.
        case badSetting
        /// A default password on an address that others can reach.
        case unsafeLogin
        case storageFailed
        case addressUnavailable
        case keysMissing
    }

    package let code: Code
    /// What happened and what to do about it.
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
