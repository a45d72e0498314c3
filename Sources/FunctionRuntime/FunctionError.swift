import HTTPCore

/// Why a function cannot answer.
package struct FunctionError: Error, Sendable {
    package enum Code: Sendable {
        /// The question is not one that this function understands.
        case badRequest
        /// What was asked for is not there.
        case notFound
        /// No bundle has arrived yet, or none could be loaded.
        case modelUnavailable
        /// A bundle failed its golden queries or does not suit the function.
        case modelRefused
        /// The table store refused.
        case storageFailed
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

extension HTTPError {
    /// After how many seconds a client may ask again for a model that has not arrived.
    private static let modelRetrySeconds = 5

    /// The one place where a function's error becomes a status.
    package init(_ error: FunctionError) {
        switch error.code {
        case .badRequest: self.init(.badRequest, error.message, cause: error.cause)
        case .notFound: self.init(.notFound, error.message, cause: error.cause)
        case .modelUnavailable:
            self.init(
                .unavailable, error.message,
                fields: ["Retry-After": "\(Self.modelRetrySeconds)"], cause: error.cause)
        case .modelRefused, .storageFailed:
            self.init(.internalError, error.message, cause: error.cause)
        }
    }
}
