/// Why something was not published.
package struct PublisherError: Error, Sendable {
    package enum Code: Sendable {
        /// The keys are missing, or there already.
        case keys
        /// What was sent is no sound bundle, or not the one that was announced.
        case badBundle
        /// Another publication came first, or the version does not grow.
        case conflict
        /// What was asked for is not there.
        case notFound
        case limitExceeded
        case diskFailed
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
